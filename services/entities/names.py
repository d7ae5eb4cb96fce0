"""Finds names of persons: after a title or an introduction, by word lists, and spelled aloud."""

from collections.abc import Collection, Sequence
from itertools import chain

from services.entities.candidates import Candidate
from services.entities.dictation import Run
from services.entities.introductions import (
    AFTERWARDS,
    INTRODUCTIONS,
    LEADS,
    LINKS,
    NAMING,
    NEVER,
    PARTICLES,
    PRESENTING,
    SAYING,
    TITLES,
    TRADES,
)
from services.entities.lexicon import is_common
from services.entities.name_words import NameWords
from services.entities.numbers import Numbers
from services.entities.tokens import Token, words

_ADJECTIVES = frozenset({"marié", "aimé", "désiré"})
"""Words that only their accent tells from a given name."""
_DETERMINERS = frozenset({"mon", "son", "votre", "le", "un", "ce", "de", "du", "au", "quel"})
_ARTICLES = frozenset({"la", "le", "les", "du", "se", "me", "te"})
_NO_SPELLING = frozenset({"YAT", "IBM", "SMS", "RIB", "SAV", "CB"})
"""What recognisers write letter by letter and is no name: "y a t il"."""
_SAINTS = frozenset({"saint", "sainte", "st", "ste"})
_SURE, _NAMED = 2, 1
_SHORT = 3
_SHORTEST_SPELLING = 3
_SPELLING_REACH = 9
"""Tokens before the letters among which the word may stand that they spell."""
_OPENERS = words("oui alors bonjour bonsoir c ' est , . euh heu moi ici yes hi hello it s um uh so")
_NAME_SIGNS = frozenset("-'’.")
_MOST_NAME_WORDS = 4
_GOODS = words(
    "chaise chaises canape table fauteuil lit lampe robe sac gamme modele collection ligne "
    "tapis armoire commode veste manteau rose parfum station ile ville pack offre forfait "
    "formule model range line chair sofa dress bag station plan"
)
"""Things that bear given names: "la chaise Victoria"."""


def names(
    text: str,
    tokens: Sequence[Token],
    runs: Sequence[Run],
    numbers: Numbers,
    taken: Collection[int],
    starts: Collection[int],
) -> list[Candidate]:
    """Return names of persons; titles are not part of them.

    ``starts`` are the tokens where one may begin.
    """
    reader = _NameReader(text, tokens, numbers, taken)
    found: list[Candidate] = []
    at = 0
    while at < len(tokens):
        last = reader.name(at) if at in starts and at not in taken else None
        if last is None:
            at += 1
            continue
        start, end = tokens[at].start, tokens[last - 1].end
        found.append(Candidate("person", " ".join(text[start:end].split()), start, end, 2))
        at = last
    for run in runs:
        letters = _spelling(run)
        if letters is not None:
            found.append(_person(letters, tokens, run.first, run.last))
            word = _spelled_word(tokens, run, letters)
            if word is not None:
                found.append(_person(tokens[word].text, tokens, word, word + 1))
    return found


def _spelling(run: Run) -> str | None:
    """Return the letters that are spelled: "D U P O N T", "D comme David ...", "k a deux t i"."""
    if run.chars in _NO_SPELLING or len(run.pieces) < _SHORTEST_SPELLING:
        return None
    chars, twice = "", False
    for piece in run.pieces:
        if piece.number is not None:
            if piece.chars != "2" or twice:
                return None
            twice = True
            continue
        chars += piece.chars * (1 + (twice and len(piece.chars) == 1))
        twice = False
    doubled = len(chars) > len(run.chars) - 1 and not run.chars.isalpha()
    enough = _SHORTEST_SPELLING + (2 if doubled else 0)
    return chars if chars.isalpha() and len(chars) >= enough and not twice else None


def _spelled_word(tokens: Sequence[Token], run: Run, letters: str) -> int | None:
    """Return the word near the run that it spells: "Kowalczyk, k o w a l ..."."""
    before = range(run.first - 1, max(-1, run.first - _SPELLING_REACH), -1)
    for at in chain(before, range(run.last, min(len(tokens), run.last + 5))):
        said = tokens[at].norm.upper()
        shared = min(len(said), len(letters))
        if shared >= _SHORTEST_SPELLING and said[:shared] == letters[:shared]:
            return at
    return None


def _person(value: str, tokens: Sequence[Token], first: int, last: int) -> Candidate:
    return Candidate("person", value, tokens[first].start, tokens[last - 1].end, 2)


class _NameReader(NameWords):
    def name(self, at: int) -> int | None:
        """Return the place behind the name that begins at ``at``."""
        token = self._tokens[at]
        before = at - 2 if self._norm(at - 1) == "-" else at - 1
        if token.norm in self._number_words or self._norm(before) in _SAINTS:
            return None
        if token.norm in TITLES or (len(token.norm) == 1 and not self._is_initial(at)):
            return None
        if token.norm in NEVER and not (
            (
                token.norm in self._words.given
                and (self._introduction(at) or self._sure_family(at + 1))
            )
            or (token.norm in self._words.family and self._titled(at))
        ):
            return None
        if self._titled(at):
            return self._titled_name(at)
        introduced = self._introduction(at)
        if introduced is not None:
            last = self._introduced_name(at, introduced)
            if last is not None:
                return last
        return self._listed_name(at)

    def _titled(self, at: int) -> bool:
        here = at - 2 if self._norm(at - 1) == "." else at - 1
        if here < 0:
            return False
        return self._norm(here) in TITLES or (
            self._tokens[here].text == "M"
            and self._tokens[at].is_capital
            and not (here and self._tokens[here - 1].is_capital)  # "Stephan M Urner"
        )

    def _titled_name(self, at: int) -> int | None:
        norm = self._norm(at)
        title = self._norm(at - 2) if self._norm(at - 1) == "." else self._norm(at - 1)
        given = norm in self._words.given and norm not in self._words.ambiguous
        listed = given or norm in self._words.family
        if title in TRADES and not listed and not self._capital(at):
            return None
        particle = norm in PARTICLES and self._is_name_word(at + 1)
        if not self._capital(at) and is_common(norm) and not listed and not particle:
            return None
        last = self._extend(at, lax=True)
        if norm in _ARTICLES:  # "monsieur le réceptionniste", but "monsieur le goff"
            known = self._norm(at + 1) in self._words.family or self._capital(at + 1)
            return last if known and last > at + 1 else None
        return last if last > at + 1 or norm not in PARTICLES else None

    def _introduction(self, at: int) -> int | None:
        """Say how surely the words before ``at`` introduce a name.

        2: "mon nom est"; 1: "au nom de", "prénom"; 0: "mon mari"; ``None``: not at all.
        """
        before = at
        while before > 0 and self._norm(before - 1) in LINKS:
            before -= 1
        for place in (at, before):
            phrase = self._led_by(place, INTRODUCTIONS[self._language])
            if phrase is not None:
                said = {*phrase, *self._norms(before, at - before)}
                naming = bool(NAMING & said)
                return naming + (naming and bool(SAYING & said))
        return None

    def _introduced_name(self, at: int, sureness: int) -> int | None:
        norm, capital = self._norm(at), self._capital(at)
        in_family, in_given = norm in self._words.family, norm in self._words.given
        family = in_family or (norm in PARTICLES and self._sure_family(at + 1))
        if family and self._norm(at - 1) == "nom" and self._norm(at - 2) not in _DETERMINERS:
            return self._extend(at, lax=False)  # "prénom Gabrielle, nom Pages"
        if sureness == _SURE:
            begins = norm in PARTICLES and self._followed_by_name(at)
            if is_common(norm) and not (in_family or in_given or capital or begins):
                return None
        else:
            listed = in_family and not is_common(norm)
            given = in_given and (
                sureness == _NAMED or self._unambiguous(at) or self._surname_follows(at)
            )
            unusual = capital and (in_family or in_given or not is_common(norm))
            if not (unusual or listed or given):
                return None
        return self._extend(at, lax=sureness >= _NAMED)

    def _sure_family(self, at: int) -> bool:
        norm = self._norm(at)
        return norm in self._words.family and not is_common(norm)

    def _followed_by_name(self, at: int) -> bool:
        return self._is_name_word(at + 1) and not is_common(self._norm(at + 1))

    def _listed_name(self, at: int) -> int | None:
        """Recognise a given name of the list, alone or with what follows, or FAMILY Given."""
        token = self._tokens[at]
        if token.text.lower() in _ADJECTIVES or self._norm(at - 1) in _ARTICLES:
            return None
        only = self._only_name(at)
        if only is not None:
            return only
        if token.norm in self._words.given:
            return None if self._norm(at - 1) in _GOODS else self._given_name(at)
        listed = token.norm in self._words.family and not is_common(token.norm)
        follower = at + 1
        alike = listed and self._is_given(follower)
        if alike and token.is_capital == self._tokens[follower].is_capital:
            return self._extend(follower, lax=False)
        if listed or (self._capital(at) and not is_common(token.norm)):
            last = self._extend(at, lax=False)
            if any(self._norms(last, len(phrase)) == phrase for phrase in AFTERWARDS):
                return last
        return None

    def _only_name(self, at: int) -> int | None:
        """Return the place behind a name that is the whole turn: "oui, Aksel Kristensen"."""
        if self._skip(0, _OPENERS) != at:
            return None
        last = len(self._tokens)
        while last > at and self._tokens[last - 1].text in _NAME_SIGNS:
            last -= 1
        named = [token for token in self._tokens[at:last] if token.text not in _NAME_SIGNS]
        if not 1 <= len(named) <= _MOST_NAME_WORDS or not all(map(self._rare, named)):
            return None
        listed = any(
            token.norm in self._words.given or token.norm in self._words.family for token in named
        )
        capitals = self._cased and len(named) > 1 and all(token.is_capital for token in named)
        return last if listed or capitals else None

    def _rare(self, token: Token) -> bool:
        known = token.norm in self._words.given or token.norm in self._words.family
        if not token.is_word or token.norm in NEVER:
            return False
        return not is_common(token.norm) or (known and token.is_capital and self._cased)

    def _given_name(self, at: int) -> int | None:
        last = self._extend(at, lax=False)
        if self._greeted(at):
            return last
        hyphened = self._norm(at + 1) == "-" and self._norm(at + 2) in self._words.given
        if hyphened or self._unambiguous(at):
            return last
        full = last > at + 1 and (self._surname_follows(at) or self._presented(at, last))
        return last if full else None

    def _greeted(self, at: int) -> bool:
        """Whether only a person can stand here: "eu claire au téléphone", "merci luc bonne"."""
        before, after = self._norm(at - 1), self._norms(at + 1, 2)
        return (before == "eu" and after == ("au", "telephone")) or (
            before == "merci" and after[:1] == ("bonne",)
        )

    def _surname_follows(self, at: int) -> bool:
        follower = at + 1
        if self._norm(follower) in PARTICLES:
            follower += 1 + (self._norm(follower + 1) in ("la", "'"))
        norm = self._norm(follower)
        if self._is_given(follower):
            return True
        if norm in self._words.family and not (is_common(norm) and not self._capital(follower)):
            return True
        return self._capital(at) and self._capital(follower) and not is_common(norm)

    def _presented(self, at: int, last: int) -> bool:
        """Whether two everyday words that are names too can only be a name: "c'est rose blanc"."""
        if self._norm(at + 1) not in self._words.family:
            return False
        alone = at == 0 and last == len(self._tokens)
        return alone or self._led_by(at, PRESENTING[self._language]) is not None

    def _unambiguous(self, at: int) -> bool:
        """Whether the given name at ``at`` cannot well be another word here."""
        token = self._tokens[at]
        if token.norm in self._words.ambiguous:
            inside = token.is_capital and self._cased and not self._opens_sentence(at)
            return inside and token.norm not in NEVER
        if token.is_capital or not self._cased or len(token.norm) > _SHORT:
            return True
        return self._led_by(at, LEADS[self._language]) is not None
