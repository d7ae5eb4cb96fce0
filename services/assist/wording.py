"""How values are written for people: dates, amounts and numbers in French and English."""

import re
from collections.abc import Mapping
from datetime import date, datetime

from services.assist.customer.history import Fact
from services.contracts.base import Language

MAX_VALUE_CHARACTERS = 160
"""A longer value (a summary pushed by a CRM) is cut at a word: a card is read at a glance."""

THIN_SPACE = "\u202f"
"""Narrow no-break space: French groups digits with it and puts it before units."""

NO_BREAK_SPACE = "\u00a0"

_MONTHS: dict[Language, tuple[str, ...]] = {
    "fr": (
        *("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août"),
        *("septembre", "octobre", "novembre", "décembre"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June", "July", "August"),
        *("September", "October", "November", "December"),
    ),
}
_YES_NO: dict[Language, tuple[str, str]] = {"fr": ("non", "oui"), "en": ("no", "yes")}
_MONEY_NAMES = re.compile(r"(^|_)(amount|price|total|fee|balance|eur|euros)(_|$)")
_CURRENCY = re.compile(r"[€£$]|CHF")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?")
_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_.]*)\}")


def written(name: str, fact: Fact, language: Language, today: date) -> str:
    """Return the value of the field ``name`` as it is written in ``language``.

    ISO dates become "3 mars" or "3 March", with the year when it is not this year's and the hour
    when there is one. A number is money when its label names a currency, as in "Montant (€)", or
    its name speaks of money, in euros then. Other texts stay as they are, cut when very long.
    """
    value = fact.value
    if isinstance(value, bool):
        return _YES_NO[language][value]
    if isinstance(value, int | float):
        currency = _CURRENCY.search(fact.label or "")
        if currency or _MONEY_NAMES.search(name):
            return _money(value, currency[0] if currency else "€", language)
        return _number(value, language)
    text = value.strip()
    if _ISO_DATE.fullmatch(text):
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return text
        day = written_date(moment.date(), language, today)
        # The hour as it was given: an appointment is at the customer's own time.
        return f"{day} {_hour(moment, language)}" if moment.hour or moment.minute else day
    return shorten(text, MAX_VALUE_CHARACTERS)


def written_date(day: date, language: Language, today: date) -> str:
    """Return "3 mars" or "3 March", with the year when it is another year than today's."""
    number = "1er" if language == "fr" and day.day == 1 else str(day.day)
    text = f"{number}{NO_BREAK_SPACE}{_MONTHS[language][day.month - 1]}"
    return text if day.year == today.year else f"{text} {day.year}"


def filled(text: str, facts: Mapping[str, Fact], language: Language, today: date) -> str | None:
    """Return ``text`` with its ``{field}`` placeholders written out; ``None`` if one is unknown."""
    if "{" not in text:
        return text
    names = _PLACEHOLDER.findall(text)
    if any(name not in facts for name in names):
        return None
    return _PLACEHOLDER.sub(lambda match: written(match[1], facts[match[1]], language, today), text)


def shorten(text: str, limit: int) -> str:
    """Return ``text`` cut at a word, with an ellipsis, to at most ``limit`` code points."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    return (head.rsplit(" ", 1)[0] if " " in head else head).rstrip(" ,;:.") + "…"


def _hour(moment: datetime, language: Language) -> str:
    if language == "en":
        return f"at {moment.hour}:{moment.minute:02d}"
    minutes = f"{NO_BREAK_SPACE}{moment.minute:02d}" if moment.minute else ""
    return f"à {moment.hour}{NO_BREAK_SPACE}h{minutes}"


def _number(value: float, language: Language) -> str:
    digits = f"{value:,d}" if isinstance(value, int) else f"{value:,.2f}".rstrip("0").rstrip(".")
    if language == "en":
        return digits
    return digits.replace(",", THIN_SPACE).replace(".", ",")


def _money(value: float, currency: str, language: Language) -> str:
    digits = f"{abs(value):,.0f}" if float(value).is_integer() else f"{abs(value):,.2f}"
    sign = "-" if value < 0 else ""
    if language == "en":
        gap = NO_BREAK_SPACE if currency.isalpha() else ""
        return f"{sign}{currency}{gap}{digits}"
    return sign + digits.replace(",", THIN_SPACE).replace(".", ",") + NO_BREAK_SPACE + currency
