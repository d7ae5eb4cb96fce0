"""Finds postal addresses, postcodes and the towns that go with them."""

import re
from collections.abc import Collection, Sequence

from services.entities.candidates import Candidate
from services.entities.lexicon import is_common, lexicon
from services.entities.numbers import Numbers
from services.entities.tokens import Token, words
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
_STOPS = words(
    "et je j c ce que qui il elle on nous vous est a mais donc pour avec dans ou , . ; : ? ! code "
    "ville merci voila depuis appartement batiment etage s y ne n pas oui non alors euh"
) | {"\n"}
_LIVE = words(
    "habite habitons habitez vis reside residons domicilie domiciliee adresse loge installe "
    "demenage demenagement livrer livraison live lives living address based reside moved "
    "deliver ville town city commune cp postal postcode zip"
)
_UK_POSTCODE = re.compile(r"\b(?:[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}|[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2})\b")
_US_ZIP = re.compile(r"\b[A-Z]{2} (\d{5}(?:-\d{4})?)\b")
_POSTCODE_WORDS = frozenset({"postal", "postcode", "zip", "postale", "cp"})
_BETWEEN = frozenset(
    {",", "a", "\n", "in", "le", "c", "'", "est", "code", "postal", "-", "dans", "au"}
)
_STREET_MONTHS = words("fevrier mars avril mai juin juillet aout septembre novembre decembre")
_REACH = 8


def places(
    text: str, tokens: Sequence[Token], numbers: Numbers, taken: Collection[int]
) -> list[Candidate]:
    """Return addresses, postcodes and, beside them or where somebody lives, towns."""
    reader = _PlaceReader(text, tokens, numbers, taken)
    found: list[Candidate] = []
    at = 0
    while at < len(tokens):
        hit = None if at in taken else reader.place(at)
        if hit is None:
            at += 1
            continue
        candidates, at = hit
        found.extend(candidates)
    if text.upper() != text:
        found += [
            Candidate("postcode", match.group(), *match.span(), 3)
            for match in _UK_POSTCODE.finditer(text)
        ]
        found += [
            Candidate("postcode", match.group(1), *match.span(1), 3)
            for match in _US_ZIP.finditer(text)
        ]
    return found


class _PlaceReader(TownReader):
    def __init__(
        self, text: str, tokens: Sequence[Token], numbers: Numbers, taken: Collection[int]
    ) -> None:
        super().__init__(tokens, numbers, taken)
        self._text = text

    def place(self, at: int) -> tuple[list[Candidate], int] | None:
        """Return what begins at ``at`` with what follows it, and the place behind."""
        street = self._french_address(at) or self._english_address(at)
        if street is not None:
            return self._with_town([self._candidate("address", at, street, 3)], street)
        postcode = self._postcode(at)
        if postcode is not None:
            value, last = postcode
            code = Candidate("postcode", value, self._start(at), self._end(last), 2)
            return self._with_town([code], last)
        town = self._town(at)
        if town is None:
            return None
        city = self._candidate("city", at, town)
        here = town + (self._norm(town) in (",", "(", "le"))
        postcode = self._postcode(here, after_address=True)
        if postcode is not None:
            value, last = postcode
            return [city, Candidate("postcode", value, self._start(here), self._end(last), 2)], last
        if self._lives(at):
            return [city], town
        return None

    def _with_town(self, found: list[Candidate], at: int) -> tuple[list[Candidate], int]:
        """Add the postcode and the town that follow within a few link words."""
        here = at
        for _ in range(4):
            if here >= len(self._tokens):
                break
            postcode = self._postcode(here, after_address=True)
            if postcode is not None and not any(one.kind == "postcode" for one in found):
                value, last = postcode
                found.append(Candidate("postcode", value, self._start(here), self._end(last), 2))
                at = here = last
                continue
            town = self._town(here)
            if town is not None:
                found.append(self._candidate("city", here, town))
                at = here = town
                continue
            if self._norm(here) not in _BETWEEN:
                break
            here += 1
        return found, at

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
        if kind not in _FR_STREETS or (number is not None and number.value > 9999):
            return None
        if number is None and not (kind in _SURE_STREETS and self._lives(at)):
            return None
        first = self._norm(here + 1)
        if number is None and first not in _PARTICLES and is_common(first):
            return None  # "résidence secondaire"
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
            if not token.is_word or (
                is_common(token.norm) and not token.is_capital and here > number.last + 1
            ):
                return None
        return None

    def _postcode(self, at: int, *, after_address: bool = False) -> tuple[str, int] | None:
        """Read five digits that the words around make a postcode: "75011 Paris"."""
        if at >= len(self._tokens) or at in self._taken:
            return None
        code, last = self._five_digits(at)
        if code is None or not "00" < code[:2] <= "98":
            return None
        if after_address:
            return code, last
        here = last + (self._norm(last) in (",", "a", "-"))
        if self._town(here) is not None:
            return code, last
        window = [token.norm for token in self._tokens[max(0, at - _REACH) : at]]
        after = [token.norm for token in self._tokens[last : last + 6]]
        if any(norm in _POSTCODE_WORDS for norm in (*window, *after)):
            return code, last
        if window[-2:] == ["dans", "le"]:
            return code, last
        if any(norm in _LIVE for norm in window) and window[-1:] in (
            ["le"],
            ["au"],
            ["dans"],
            ["a"],
        ):
            return code, last
        return None

    def _five_digits(self, at: int) -> tuple[str | None, int]:
        """Read a postcode said as one number, or as "soixante-quinze zéro onze"."""
        number = self._number(at)
        if number is None or self._inside_number(at):
            return None, at
        if not number.spoken:
            if len(number.digits) == 5:
                return number.digits, number.last
            if len(number.digits) != 2:
                return None, at
        if number.spoken and 1000 <= number.value <= 98999 and len(number.digits) > 3:
            return f"{number.value:05d}", number.last
        digits, here = "", at
        while len(digits) < 5:
            group = self._number(here)
            if group is None or here in self._taken:
                return None, at
            digits += group.digits
            here = group.last
            if self._norm(here) in ("euh", "heu", "um", "uh") and len(digits) < 5:
                here += 1
        following = self._number(here)
        return (digits, here) if len(digits) == 5 and following is None else (None, at)

    def _inside_number(self, at: int) -> bool:
        if at == 0:
            return False
        if self._tokens[at - 1].text == "-" and self._tokens[at - 1].glued:
            return True
        return self._number(at - 1) is not None

    def _lives(self, at: int) -> bool:
        window = [token.norm for token in self._tokens[max(0, at - _REACH) : at]]
        if window[-2:-1] in (["ville"], ["commune"], ["city"]):
            return False  # "la ville de Paris" is nobody's address
        return any(norm in _LIVE for norm in window)

    def _candidate(self, kind: str, first: int, last: int, strength: int = 2) -> Candidate:
        start, end = self._start(first), self._end(last)
        return Candidate(kind, " ".join(self._text[start:end].split()), start, end, strength)

    def _start(self, at: int) -> int:
        return self._tokens[at].start

    def _end(self, last: int) -> int:
        return self._tokens[last - 1].end
