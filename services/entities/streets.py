"""Reads the street part of a postal address: "12 bis rue des Lilas, bâtiment C"."""

from itertools import pairwise

from services.entities.lexicon import is_common, lexicon
from services.entities.tokens import words
from services.entities.towns import TownReader

_FR_STREETS = words(
    "rue avenue av boulevard bd bld place chemin allee allees impasse cours quai route square "
    "passage faubourg sentier residence lotissement hameau villa cite esplanade promenade "
    "venelle ruelle montee clos domaine traverse rond corniche"
)
_SURE_STREETS = words(
    "rue avenue boulevard bd impasse chemin allee quai residence lotissement hameau route square"
)
_COUNTED_STREETS = words("rue avenue boulevard bd impasse chemin allee quai route")
_EN_STREETS = words(
    "street st road rd avenue ave lane ln drive dr close court ct way place crescent terrace "
    "boulevard blvd gardens grove square row walk parkway highway mews rise"
)
_PARTICLES = words(
    "de du des la le les l d ' ’ - saint sainte st ste general marechal docteur dr president "
    "colonel capitaine abbe jean sous sur aux au en notre"
)
_LIGHT = words("de du des la le les l d ' ’ sous sur aux au en")
_BIS = frozenset({"bis", "ter", "quater"})
COMPLEMENTS = words(
    "batiment bat appartement appt apt escalier porte etage hall entree apartment flat unit "
    "suite floor"
)
"""What says more of where in a street somebody lives, and is followed by a number or a letter."""
_STOREYS = words("etage floor")
PLACES = _SURE_STREETS | COMPLEMENTS | {"lieu", "lieudit"}
"""Words that an address without a number may begin with."""
_STOPS = words(
    "et je j c ce que qui il elle on nous vous est a mais donc pour avec dans ou , . ; : ? ! code "
    "ville merci voila depuis appartement batiment etage s y ne n pas oui non alors euh"
) | {"\n"}
LIVE = words(
    "habite habitons habitez vis reside residons domicilie domiciliee adresse loge installe "
    "demenage demenagement livrer livraison live lives living address based reside moved "
    "deliver ville town city commune cp postal postcode zip nee naissance originaire natif native"
)
_STREET_MONTHS = words("fevrier mars avril mai juin juillet aout septembre novembre decembre")
_HERE = frozenset({"habite", "habitons", "live", "domicilie", "domiciliee"})
_LIVES_AHEAD = 12
REACH = 8


class StreetReader(TownReader):
    """Reads streets in tokens that are not ``taken`` by something else."""

    def _complements(self, at: int) -> int:
        """Return the place behind "bâtiment C, appartement 14" where it begins at ``at``."""
        last = at
        while True:
            here = self._skip(last, (",", "et", "puis", "au"))
            after = self._complement(here)
            if after is None:
                return last
            last = after

    def _complement(self, at: int) -> int | None:
        """Return the place behind one "bâtiment C" or "troisième étage"."""
        norm = self._norm(at)
        if self._norm(at + 1) in _STOREYS and (
            norm.endswith("ieme") or norm in ("premier", "first", "second", "third", "fourth")
        ):
            return at + 2
        number = self._number(at)
        if number is not None and self._norm(number.last) in ("e", "eme", "ieme", "er"):
            return number.last + 2 if self._norm(number.last + 1) in _STOREYS else None
        if norm not in COMPLEMENTS:
            return None
        number = self._number(at + 1)
        if number is not None:
            return number.last
        return at + 2 if len(self._norm(at + 1)) == 1 and self._tokens[at + 1].is_word else None

    def _french_address(self, at: int) -> int | None:
        """Read "12 bis rue des Lilas", and where somebody lives also "rue Monge"."""
        number = self._number(at)
        here = at
        if number is not None:
            here = number.last
            if self._norm(here) in _BIS or (
                len(self._norm(here)) == 1 and self._norm(here) in "bct"
            ):
                here += 1
            while self._norm(here) in (",", "de", "la"):
                here += 1
        kind = self._norm(here)
        hamlet = self._hamlet(at)
        if hamlet is not None:
            return self._street_name(hamlet)
        if kind not in _FR_STREETS or (number is not None and number.value > 9999):
            return None
        numbered = self._number_behind(here) if number is None and kind in _SURE_STREETS else None
        if number is None and not (
            kind in _SURE_STREETS
            and (numbered or self._lives(at) or _HERE & set(self._norms(here, _LIVES_AHEAD)))
        ):
            return None
        first = self._norm(here + 1)
        if number is None and first not in _PARTICLES and is_common(first):
            return None  # "résidence secondaire"
        if numbered is not None:
            return numbered
        last = self._street_name(here + 1)
        if last is None:
            return None
        if number is not None and number.value <= 2 and number.spoken:
            # "une place de parking", "un hameau isolé"; but "un chemin des écoliers".
            said = self._norm(at)
            named = first in _PARTICLES or self._tokens[here + 1].is_capital
            if said == "une" or kind not in _COUNTED_STREETS or not named:
                return None
        return last

    def _number_behind(self, at: int) -> int | None:
        """Return the place behind "chemin des Vignes, numéro 24", whose first word is at ``at``."""
        last = self._street_name(at + 1)
        if last is None:
            return None
        here = self._skip(last, (",", "au"))
        number = self._number(here + 1) if self._norm(here) == "numero" else None
        return None if number is None else number.last

    def _hamlet(self, at: int) -> int | None:
        """Return the place behind "lieu-dit"."""
        if self._norm(at) == "lieudit":
            return at + 1
        dit = self._skip(at + 1, ("-",)) if self._norm(at) == "lieu" else at
        return dit + 1 if dit > at and self._norm(dit) == "dit" else None

    def _street_name(self, at: int) -> int | None:
        here, contents, light = at, 0, True
        while here < len(self._tokens) and here - at < 9:
            token = self._tokens[here]
            norm = token.norm
            if norm in _PARTICLES:
                if norm in _LIGHT and contents and self._norm(here + 1) in _STOPS:
                    break
                light = True
                here += 1
                continue
            dated = self._dated(here)
            if dated is not None:  # "rue du 8 mai 1945"
                return dated
            if norm in _STOPS or not (token.is_word or token.is_digits) or here in self._taken:
                break
            if token.is_digits and len(norm) >= 3:
                break
            named = token.is_capital or norm in lexicon().given or norm in lexicon().family
            if not light and not (named or not is_common(norm)):
                break
            if not light and contents and self._town(here) is not None and not token.is_capital:
                break
            contents += 1
            light = False
            here += 1
        while here > at and self._norm(here - 1) in _LIGHT:
            here -= 1
        return here if contents else None

    def _dated(self, at: int) -> int | None:
        """Return the place behind a day, its month and perhaps its year."""
        day = self._number(at)
        if day is None or self._norm(day.last) not in _STREET_MONTHS:
            return None
        year = self._number(day.last + 1)
        return year.last if year is not None and year.value > 1000 else day.last + 1

    def _english_address(self, at: int) -> int | None:
        if self._language != "en":
            return None
        number = self._number(at)
        if number is None or number.value > 99999:
            return None
        if number.spoken and number.value == 1 and is_common(self._norm(number.last)):
            return None  # "no one at your place"
        for here in range(number.last, min(number.last + 5, len(self._tokens))):
            token = self._tokens[here]
            if token.norm in _EN_STREETS and here > number.last:
                return here + 1
            if here > number.last and (token.text in "'’" or self._norm(here - 1) in "'’"):
                continue  # "Queen's Road"
            if not token.is_word or (
                is_common(token.norm) and not token.is_capital and here > number.last + 1
            ):
                return None
        return None

    def _lives(self, at: int) -> bool:
        window = [token.norm for token in self._tokens[max(0, at - REACH) : at]]
        if window[-2:-1] in (["ville"], ["commune"], ["city"]):
            return False  # "la ville de Paris" is nobody's address
        if self._norm(at - 1) == "a" and any(
            token.text in ("né", "Né") for token in self._tokens[max(0, at - 2 * REACH) : at]
        ):
            return True
        at_home = any(pair in (("chez", "nous"), ("chez", "moi")) for pair in pairwise(window))
        return at_home or any(norm in LIVE for norm in window)
