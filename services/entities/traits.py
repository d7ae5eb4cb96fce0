"""Says of each word, by one look-up, which detectors may find something that begins with it."""

from collections.abc import Sequence
from functools import lru_cache

from services.entities.dates import STARTS, WEAK_STARTS
from services.entities.dictation import PIECES
from services.entities.introductions import INTRODUCTIONS, NEVER, PARTICLES, TITLES
from services.entities.lexicon import lexicon
from services.entities.numbers import SAID
from services.entities.said_contacts import SIGNALS
from services.entities.streets import PLACES
from services.entities.tokens import Token, fold

NUMBER, DIGITS, CONTACT, DATE, PIECE, PLACE, NAME, LED, LEADER = (1 << bit for bit in range(9))
"""Bits: a number; written in digits; an at sign or "www"; a date or a time; something dictated; a
place; a name; a name if some word introduces one; such a word."""

_KEPT = 8192
_DATE_STARTS = STARTS - WEAK_STARTS
_LEADERS = (
    TITLES
    | {"m"}
    | {
        max(phrase, key=len)
        for phrases in INTRODUCTIONS.values()
        for ending in phrases.values()
        for phrase in ending
    }
)


def traits(tokens: Sequence[Token]) -> tuple[int, ...]:
    """Return the bits of each token; what lacks one cannot begin what it stands for."""
    return tuple([_traits(token.text) for token in tokens])


@lru_cache(maxsize=_KEPT)
def _traits(text: str) -> int:
    norm = fold(text)
    number = text[0].isdecimal() or norm in SAID
    bits = NUMBER | DATE | PIECE | PLACE if number else 0
    bits |= DIGITS if text[0].isdecimal() else 0
    bits |= CONTACT if norm in SIGNALS else 0
    bits |= DATE if norm in _DATE_STARTS else 0
    dictated = norm in PIECES or len(norm) == 1 or (text.isascii() and text.isupper())
    bits |= PIECE if dictated else 0
    town = norm in lexicon().cities or norm == "st"
    bits |= PLACE if norm in PLACES or town or text[0].isupper() else 0
    bits |= LEADER if norm in _LEADERS else 0
    return bits | _name(text, norm)


def _name(text: str, norm: str) -> int:
    words = lexicon()
    if not text[0].isalpha():
        return 0
    if norm in words.given or norm in words.family:
        return NAME
    if norm in NEVER:
        return 0
    if norm in PARTICLES:
        return NAME if text[0].isupper() or norm not in words.common else LED
    return 0 if norm in words.common and not text[0].isupper() else NAME
