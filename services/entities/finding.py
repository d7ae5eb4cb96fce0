"""Finds the entities of a text: what forms and evidence quote, and what is personal."""

import datetime as dt

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
from services.entities.tokens import tokenize


def find(text: str, language: Language, today: dt.date) -> tuple[Entity, ...]:
    """Return the entities of ``text`` in order; they never overlap.

    ``start`` and ``end`` count code points and ``entity.text == text[start:end]``. ``value`` is
    normalised: E.164, ISO dates (relative ones count from ``today``), "12.50 EUR", bare digits.
    Types are those of ``candidates.PERSONAL`` and ``candidates.OTHER``.
    """
    tokens = tokenize(text)
    numbers = Numbers(tokens, language)
    found, taken = contacts(text, tokens, numbers)
    dates, dated = DateReader(tokens, numbers, today).find()
    paid, counted = amounts(tokens, numbers)
    spans = [*found, *dates, *paid]
    used = taken | counted | dated
    dictated = runs(tokens, numbers, used)
    spans += identifiers(text, tokens, dictated, language)
    spans += places(text, tokens, numbers, used)
    spans += names(text, tokens, dictated, numbers, taken)
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
