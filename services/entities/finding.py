"""Finds the entities of a text: what forms and evidence quote, and what is personal."""

import datetime as dt
from collections.abc import Sequence

from services.contracts.analysis import Entity
from services.contracts.base import Language
from services.entities.amounts import amounts
from services.entities.candidates import settle
from services.entities.contacts import contacts
from services.entities.dates import DateReader
from services.entities.dictation import runs
from services.entities.identifiers import identifiers
from services.entities.names import names
from services.entities.numbers import Numbers
from services.entities.places import places
from services.entities.tokens import Token, tokenize
from services.entities.traits import (
    CONTACT,
    DATE,
    DIGITS,
    LEADER,
    LED,
    NAME,
    NUMBER,
    PIECE,
    PLACE,
    traits,
)


def find(text: str, language: Language, today: dt.date) -> tuple[Entity, ...]:
    """Return the entities of ``text`` in order; they never overlap.

    ``start`` and ``end`` count code points and ``entity.text == text[start:end]``. ``value`` is
    normalised: E.164, ISO dates (relative ones count from ``today``), "12.50 EUR", bare digits.
    Types are those of ``candidates.PERSONAL`` and ``candidates.OTHER``.
    """
    tokens = tokenize(text)
    bits = traits(tokens)
    held = 0
    for one in bits:
        held |= one
    numbers = Numbers(tokens, language)
    spans, taken = contacts(text, tokens, numbers, signalled=bool(held & CONTACT))
    used = taken
    if held & DATE:
        dates, dated = DateReader(tokens, numbers, today).find()
        spans += dates
        used = used | dated
    if held & NUMBER:
        paid, counted = amounts(tokens, numbers)
        spans += paid
        used = used | counted
    dictated = runs(tokens, numbers, used, _dictation_starts(tokens, bits, held))
    spans += identifiers(text, tokens, dictated, language)
    spans += places(text, tokens, numbers, used, _starts(bits, PLACE))
    named = NAME | LED if held & LEADER else NAME
    spans += names(text, tokens, dictated, numbers, taken, _starts(bits, named))
    return tuple(
        Entity(
            type=one.kind,
            text=text[one.start : one.end],
            value=one.value,
            start=one.start,
            end=one.end,
        )
        for one in settle(spans)
    )


def _starts(bits: Sequence[int], kind: int) -> set[int]:
    """Return the tokens that have one of the bits of ``kind``."""
    return {at for at, one in enumerate(bits) if one & kind}


def _dictation_starts(tokens: Sequence[Token], bits: Sequence[int], held: int) -> set[int]:
    """Return the tokens where dictation may begin: also words that touch digits, no "j'"."""
    starts = _starts(bits, PIECE)
    last = len(tokens) - 1
    starts -= {at for at in starts if at < last and tokens[at + 1].norm == "'"}
    if held & DIGITS:
        for at, one in enumerate(bits):
            if one & DIGITS:
                starts |= {max(0, at - 1), min(last, at + 1)}
    return starts
