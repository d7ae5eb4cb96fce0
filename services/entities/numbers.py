"""Reads numbers said in French or English words, or written in digits, from a list of tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.contracts.base import Language
from services.entities.tokens import Token


@dataclass(frozen=True, slots=True)
class Number:
    """One number: ``value``, the ``digits`` it stands for when dictated, tokens [first, last).

    ``spoken`` is false for a number written in digits, whose leading zeros ``digits`` keeps.
    """

    value: int
    digits: str
    first: int
    last: int
    spoken: bool


_FR_UNITS = {
    "un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7,
    "huit": 8, "neuf": 9,
}  # fmt: skip
_FR_TEENS = {
    "dix": 10, "onze": 11, "douze": 12, "treize": 13, "quatorze": 14, "quinze": 15, "seize": 16,
}  # fmt: skip
_FR_TENS = {
    "vingt": 20, "vingts": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60,
    "septante": 70, "huitante": 80, "octante": 80, "nonante": 90,
}  # fmt: skip
_EN_UNITS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9,
}  # fmt: skip
_EN_TEENS = {
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_EN_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_ZEROS: dict[Language, frozenset[str]] = {
    "fr": frozenset({"zero", "zeros"}),
    "en": frozenset({"zero", "zeros", "nought", "oh", "o"}),
}

NUMBER_WORDS: dict[Language, frozenset[str]] = {
    "fr": frozenset(
        {*_FR_UNITS, *_FR_TEENS, *_FR_TENS, "zero", "zeros", "cent", "cents", "mille", "million",
         "millions", "milliard", "milliards"}
    ),
    "en": frozenset(
        {*_EN_UNITS, *_EN_TEENS, *_EN_TENS, "zero", "zeros", "nought", "hundred", "thousand",
         "million", "billion"}
    ),
}  # fmt: skip
"""Words that are part of a number and of nothing else (but for ``un`` and ``one``)."""

SAID = frozenset().union(*NUMBER_WORDS.values(), *_ZEROS.values())
"""Words that a number may begin with, in either language."""

_UNREAD = Number(-1, "", -1, -1, spoken=False)
"""Stands for a number that nobody asked for yet."""


class Numbers:
    """The numbers of one text, each read once: many detectors ask for the same ones."""

    def __init__(self, tokens: Sequence[Token], language: Language) -> None:
        self.language: Language = language
        self._tokens = tokens
        self.norms = tuple([token.norm for token in tokens])
        self._count = len(tokens)
        starts = NUMBER_WORDS[language] | _ZEROS[language]
        self._known = [
            _UNREAD if token.is_digits or token.norm in starts else None for token in tokens
        ]

    def at(self, index: int) -> Number | None:
        """Return the longest number that begins at ``index``, ``None`` also outside of the text."""
        if not 0 <= index < self._count:
            return None
        number = self._known[index]
        if number is _UNREAD:
            number = self._known[index] = number_at(self._tokens, index, self.language)
        return number


def number_at(tokens: Sequence[Token], index: int, language: Language) -> Number | None:
    """Return the longest number that begins at ``tokens[index]``, ``None`` when there is none."""
    token = tokens[index]
    if token.is_digits:
        return Number(int(token.norm[:18]), token.norm, index, index + 1, spoken=False)
    if not token.is_word:
        return None
    if token.norm in _ZEROS[language]:
        return Number(0, "0", index, index + 1, spoken=True)
    if token.norm not in NUMBER_WORDS[language]:
        return None
    value, end = _Reader(tokens, language).whole(index)
    return Number(value, str(value), index, end, spoken=True) if end > index else None


class _Reader:
    """A recursive-descent reader; each method takes a place and returns (value, next place)."""

    def __init__(self, tokens: Sequence[Token], language: Language) -> None:
        self._tokens = tokens
        self._french = language == "fr"
        self._units = _FR_UNITS if self._french else _EN_UNITS
        self._teens = _FR_TEENS if self._french else _EN_TEENS
        self._tens = _FR_TENS if self._french else _EN_TENS

    def whole(self, at: int) -> tuple[int, int]:
        """Read up to 999,999,999,999."""
        total, here = 0, at
        for words, size in (
            (("milliard", "milliards", "billion"), 10**9),
            (("million", "millions"), 10**6),
        ):
            value, after = self._below_thousand(here)
            if after > here and self._word(after) in words:
                total, here = total + value * size, self._next(after)
        value, after = self._below_million(here)
        return (total + value, after) if after > here else (total, here)

    def _below_million(self, at: int) -> tuple[int, int]:
        thousand = "mille" if self._french else "thousand"
        if self._french and self._word(at) == thousand:
            head, here = 1, at
        else:
            head, here = self._below_thousand(at)
            if here == at:
                return 0, at
        if self._word(here) != thousand or head == 0:
            return head, here
        here = self._next(here)
        rest, after = self._below_thousand(self._skip_and(here))
        if rest and after > here:
            return head * 1000 + rest, after
        return head * 1000, here

    def _below_thousand(self, at: int) -> tuple[int, int]:
        hundred = ("cent", "cents") if self._french else ("hundred",)
        if self._french and self._word(at) == "cent":
            head, here = 1, at
        else:
            head, here = self._below_hundred(at)
            if here == at:
                return 0, at
        # "dix-neuf cent" and "nineteen hundred" are years; "vingt cent" is two numbers.
        most = 19 if not self._french or 11 <= head <= 19 else 9
        if self._word(here) not in hundred or not 1 <= head <= most or head == 10:
            return head, here
        if self._french and head == 1 and here > at:
            return head, here  # "un cent": nobody says so for a hundred
        here = self._next(here)
        rest, after = self._below_hundred(self._skip_and(here))
        if rest and after > here:
            return head * 100 + rest, after
        return head * 100, here

    def _below_hundred(self, at: int) -> tuple[int, int]:
        word = self._word(at)
        if self._french and word == "quatre" and self._word(self._next(at)) in ("vingt", "vingts"):
            return self._after_tens(80, self._next(self._next(at)), teens=True)
        if word in self._tens:
            tens = self._tens[word]
            return self._after_tens(tens, self._next(at), teens=self._french and tens == 60)
        if word in self._teens:
            here = self._next(at)
            if self._french and word == "dix" and self._word(here) in ("sept", "huit", "neuf"):
                return 10 + self._units[self._word(here)], self._next(here)
            return self._teens[word], here
        if word in self._units:
            return self._units[word], self._next(at)
        return 0, at

    def _after_tens(self, tens: int, at: int, *, teens: bool) -> tuple[int, int]:
        """Read what may follow the tens: a unit, and in French after 60 and 80 a teen."""
        if self._french and self._word(at) == "et":
            after = self._next(at)
            word = self._word(after)
            if word in ("un", "une") or (teens and tens == 60 and word == "onze"):
                return tens + (11 if word == "onze" else 1), self._next(after)
            return tens, at
        word = self._word(at)
        if word in self._units:
            return tens + self._units[word], self._next(at)
        if teens and word in self._teens:
            value, after = self._below_hundred(at)
            return tens + value, after
        return tens, at

    def _word(self, at: int) -> str:
        """Return the word at ``at``, also behind a hyphen; "" for anything else."""
        if at >= len(self._tokens):
            return ""
        if self._tokens[at].text == "-":
            at += 1
        return self._tokens[at].norm if at < len(self._tokens) else ""

    def _next(self, at: int) -> int:
        if at < len(self._tokens) and self._tokens[at].text == "-":
            at += 1
        return at + 1

    def _skip_and(self, at: int) -> int:
        return self._next(at) if not self._french and self._word(at) == "and" else at
