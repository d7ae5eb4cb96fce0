"""Finds names of persons: after a title or an introduction, by word lists, and spelled aloud."""

from collections.abc import Collection, Sequence

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
from services.entities.tokens import Token

_ADJECTIVES = frozenset({"marié", "aimé", "désiré"})
"""Words that only their accent tells from a given name."""
_ARTICLES = frozenset({"la", "le", "les", "du", "se", "me", "te"})
_NO_SPELLING = frozenset({"YAT", "IBM", "SMS", "RIB", "SAV", "CB"})
"""What recognisers write letter by letter and is no name: "y a t il"."""
_SAINTS = frozenset({"saint", "sainte", "st", "ste"})
_SURE, _NAMED = 2, 1
_SHORT = 3
_SHORTEST_SPELLING = 3


def names(
    text: str,
    tokens: Sequence[Token],
    runs: Sequence[Run],
    numbers: Numbers,
    taken: Collection[int],
) -> list[Candidate]:
    """Return names of persons; titles are not part of them."""
    reader = _NameReader(text, tokens, numbers, taken)
    found: list[Candidate] = []
    at = 0
    while at < len(tokens):
        last = reader.name(at) if at not in taken and tokens[at].is_word else None
        if last is None:
            at += 1
            continue
        start, end = tokens[at].start, tokens[last - 1].end
        found.append(Candidate("person", " ".join(text[start:end].split()), start, end, 2))
        at = last
    return found + [_spelled(tokens, run) for run in runs if _is_spelling(run)]


def _is_spelling(run: Run) -> bool:
    """Whether letters are spelled: "D U P O N T", "D comme David ..."."""
    if run.chars in _NO_SPELLING:
        return False
    return run.chars.isalpha() and len(run.pieces) >= _SHORTEST_SPELLING <= len(run.chars)


def _spelled(tokens: Sequence[Token], run: Run) -> Candidate:
    return Candidate("person", run.chars, tokens[run.first].start, tokens[run.last - 1].end, 2)


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
            (token.norm in self._words.given and self._introduction(at))
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

    def _followed_by_name(self, at: int) -> bool:
        return self._is_name_word(at + 1) and not is_common(self._norm(at + 1))

    def _listed_name(self, at: int) -> int | None:
        """Recognise a given name of the list, alone or with what follows, or FAMILY Given."""
        token = self._tokens[at]
        if token.text.lower() in _ADJECTIVES or self._norm(at - 1) in _ARTICLES:
            return None
        if token.norm in self._words.given:
            return self._given_name(at)
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

    def _given_name(self, at: int) -> int | None:
        last = self._extend(at, lax=False)
        hyphened = self._norm(at + 1) == "-" and self._norm(at + 2) in self._words.given
        if hyphened or self._unambiguous(at):
            return last
        full = last > at + 1 and (self._surname_follows(at) or self._presented(at, last))
        return last if full else None

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
