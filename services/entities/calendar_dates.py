"""Reads days of the calendar, written, said or dictated by their numbers."""

import datetime as dt
from collections.abc import Sequence

from services.entities.numbers import Numbers, number_at
from services.entities.reading import Reader
from services.entities.tokens import Token, words

_MONTH_NAMES = """
janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre
january february march april may june july august september october november december
jan feb mar apr may jun jul aug sep oct nov dec
"""
MONTHS = {name: 1 + index % 12 for index, name in enumerate(_MONTH_NAMES.split())}
MONTHS |= {"janv": 1, "fevr": 2, "juil": 7, "sept": 9}
_FRENCH_MONTHS = frozenset(list(MONTHS)[:12]) | {"janv", "fevr", "juil", "oct", "nov", "dec"}
ORDINALS = {
    "premier": 1, "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6,
    "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12,
    "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16, "seventeenth": 17,
    "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip
_ORDINAL_ENDINGS = frozenset({"er", "st", "nd", "rd", "th", "e"})
_CARD_EXPIRY = words("expire expiration expires expiry valable validite carte card")


class CalendarReader(Reader):
    """Reads one date; ``today`` tells the year of a date that has none."""

    def __init__(self, tokens: Sequence[Token], numbers: Numbers, today: dt.date) -> None:
        super().__init__(tokens, numbers)
        self._today = today

    def _written(self, at: int) -> tuple[dt.date, int, bool] | None:
        """Read 2024-03-12, 12/03/2024, 12.03.24 or 12/03."""
        parts = self._tokens[at : at + 5]
        if len(parts) < 3 or not (parts[0].is_digits and parts[2].is_digits):
            return None
        if at and parts[0].glued and self._tokens[at - 1].text in "./-":
            return None  # inside "03.39.28.10.15"
        sign = parts[1].text
        if sign not in ("/", "-", ".") or not (parts[1].glued and parts[2].glued):
            return None
        whole = len(parts) == 5 and parts[3].text == sign and parts[4].is_digits and parts[4].glued
        if not whole:
            if sign != "/" or len(parts[0].norm) > 2 or len(parts[2].norm) != 2:
                return None
            if any(token.norm in _CARD_EXPIRY for token in self._tokens[max(0, at - 6) : at]):
                return None
            day = self._date(self._near_year(int(parts[2].norm)), *self._order(parts[0], parts[2]))
            return None if day is None else (day, at + 3, False)
        if at + 5 < len(self._tokens) and self._tokens[at + 5].text == sign:
            return None
        if len(parts[0].norm) == 4:
            day = self._date(int(parts[0].norm), int(parts[2].norm), int(parts[4].norm))
        elif len(parts[4].norm) in (2, 4) and len(parts[0].norm) <= 2 >= len(parts[2].norm):
            year = self._full_year(int(parts[4].norm), len(parts[4].norm))
            day = self._date(year, *self._order(parts[0], parts[2]))
        else:
            return None
        return None if day is None else (day, at + 5, True)

    def _order(self, first: Token, second: Token) -> tuple[int, int]:
        """Return (month, day); day first unless only the American order makes sense."""
        one, two = int(first.norm), int(second.norm)
        return (one, two) if two > 12 >= one else (two, one)

    def _said(self, at: int) -> tuple[dt.date, int, bool] | None:
        """Read "douze mars deux mille vingt-quatre", "12th of March", "March 12th, 2024"."""
        token = self._tokens[at]
        month = self._month(at)
        if month is not None:  # English order
            day, here = self._day(self._skip(at + 1, ("the", ".")))
            if self._language != "en" or not day:
                return None
        else:
            if not (token.is_digits or token.norm in ORDINALS or token.is_word):
                return None
            day, here = self._day(at)
            if not day:
                return None
            here = self._skip(here, ("of", "de", "day"))
            month = self._month(here)
            if month is None:
                return None
            here += 1
        year, last = self._year(self._skip(here, (",", ".", "of", "en", "in")))
        if year is None:
            near = self._date(self._near_year(month), month, day)
            return None if near is None else (near, here, False)
        whole = self._date(year, month, day)
        return None if whole is None else (whole, last, True)

    def _dictated(self, at: int) -> tuple[dt.date, int, bool] | None:
        """Read day, month and year as three numbers, where a birth is spoken of."""
        day, here = self._day(at)
        if not day:
            return None
        here = self._skip(here, ("du", "de", "/", "-", ".", ",", "of", "the"))
        glued = self._month_and_year(here)
        if glued is not None:
            whole = self._date(glued[1], glued[0], day)
            return None if whole is None else (whole, glued[2], True)
        number, here = self._small(here)
        if number is None:
            if len(self._tokens[at].norm) == 8 and self._tokens[at].is_digits:
                digits = self._tokens[at].norm
                whole = self._date(int(digits[4:]), int(digits[2:4]), int(digits[:2]))
                return None if whole is None else (whole, at + 1, True)
            return None
        here += self._norm(here) in _ORDINAL_ENDINGS and self._tokens[here].glued
        year, last = self._year(self._skip(here, ("/", "-", ".", ",", "de", "of")))
        if year is None:
            return None
        month, day = (day, number) if number > 12 >= day else (number, day)
        whole = self._date(year, month, day)
        return None if whole is None else (whole, last, True)

    def _month_and_year(self, at: int) -> tuple[int, int, int] | None:
        """Part "dix mille neuf cent dix-huit" into October and 1918."""
        number = self._number(at)
        if number is None or not number.spoken or number.value % 1000 < 900:
            return None
        month = number.value // 1000
        return (month, 1000 + number.value % 1000, number.last) if 2 <= month <= 12 else None

    def _small(self, at: int) -> tuple[int | None, int]:
        """Read a month's number, also as "zéro trois" and "03"."""
        number = self._number(at)
        if number is None:
            value, here = self._ordinal(at)
            return (value or None), here
        if number.spoken and number.value == 0:
            # One word only: "zéro sept mille neuf cent" is July and the year.
            follower = (
                number_at(self._tokens[: number.last + 1], number.last, self._language)
                if (number.last < len(self._tokens))
                else None
            )
            if follower is not None and 0 < follower.value < 10:
                return follower.value, follower.last
        return (number.value if 0 < number.value <= 31 else None), number.last

    def _day(self, at: int) -> tuple[int, int]:
        """Read a day of the month; (0, at) when there is none."""
        value, here = self._ordinal(at)
        if value:
            return value, here
        small, here = self._small(at)
        if small is None:
            return 0, at
        here += self._norm(here) in _ORDINAL_ENDINGS and self._tokens[here].glued
        return small, here

    def _ordinal(self, at: int) -> tuple[int, int]:
        if at >= len(self._tokens):
            return 0, at
        norm = self._tokens[at].norm
        if norm in ORDINALS:
            return ORDINALS[norm], at + 1
        if norm in ("twenty", "thirty"):
            here = self._skip(at + 1, ("-",))
            unit = ORDINALS.get(self._norm(here), 0)
            if 0 < unit < 10:
                return (20 if norm == "twenty" else 30) + unit, here + 1
        return 0, at

    def _month(self, at: int) -> int | None:
        norm = self._norm(at)
        if norm in (
            "mar",
            "sept",
            "mai",
            "may",
            "nov",
            "dec",
            "jan",
            "sep",
            "march",
            "mars",
            "oct",
        ):
            if self._language == "fr" and norm in ("mar", "jan", "sep", "may", "march"):
                return None
            if norm == "sept" and self._language == "fr" and self._norm(at + 1) != ".":
                return None
        if self._language == "fr" and norm not in _FRENCH_MONTHS:
            return None
        return MONTHS.get(norm)

    def _year(self, at: int) -> tuple[int | None, int]:
        number = self._number(at)
        if number is None:
            return None, at
        if 1900 <= number.value <= 2100:
            return number.value, number.last
        follower = self._number(self._skip(number.last, ("-",)))
        if number.value in (19, 20) and follower is not None and follower.value < 100:
            tail = follower
            if follower.value == 0 and follower.spoken:  # "nineteen oh five"
                tail = self._number(follower.last) or follower
            return number.value * 100 + tail.value, tail.last
        two = len(number.digits) == 2 and (number.spoken or len(number.digits) == 2)
        after = self._norm(number.last)
        if two and after not in ("euros", "heures", "h", "€", "%", "fois", "jours"):
            return self._full_year(number.value, 2), number.last
        return None, at

    def _near_year(self, month: int) -> int:
        """Return the year in which ``month`` is nearest to today."""
        ahead = month - self._today.month
        return self._today.year + (1 if ahead < -6 else -1 if ahead > 6 else 0)

    def _full_year(self, year: int, digits: int) -> int:
        if digits != 2:
            return year
        century = self._today.year // 100 * 100
        return century + year if year <= self._today.year % 100 + 10 else century - 100 + year

    def _date(self, year: int, month: int, day: int) -> dt.date | None:
        try:
            return dt.date(year, month, day)
        except ValueError:
            return None
