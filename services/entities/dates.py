"""Finds dates of the calendar, dates of birth among them, said or written."""

import datetime as dt
from collections.abc import Sequence

from services.entities.candidates import Candidate
from services.entities.hours import TimeReader
from services.entities.numbers import Numbers, number_at
from services.entities.reading import Reader
from services.entities.relative_dates import RelativeDateReader
from services.entities.tokens import Token, words

_MONTH_NAMES = """
janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre
january february march april may june july august september october november december
jan feb mar apr may jun jul aug sep oct nov dec
"""
_MONTHS = {name: 1 + index % 12 for index, name in enumerate(_MONTH_NAMES.split())}
_MONTHS |= {"janv": 1, "fevr": 2, "juil": 7, "sept": 9}
_FRENCH_MONTHS = frozenset(list(_MONTHS)[:12]) | {"janv", "fevr", "juil", "oct", "nov", "dec"}
_ORDINALS = {
    "premier": 1, "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6,
    "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12,
    "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16, "seventeenth": 17,
    "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip
_STARTS = (
    frozenset({*_MONTHS, *_ORDINALS, "twenty", "thirty"})
    | RelativeDateReader.STARTS
    | TimeReader.STARTS
)
"""Words that a date or a time begins with, when it is no number."""
_BIRTH = frozenset(
    {"ne", "nee", "naissance", "naquis", "born", "birth", "dob", "birthday", "birthdate"}
)
_BIRTH_REACH = 9
_BIRTH_AHEAD = 20
_CARD_EXPIRY = words("expire expiration expires expiry valable validite carte card")
_OLD_YEARS = 18
"""A whole date so many years ago is a date of birth, unless something dates from it."""
_SINCE = words(
    "depuis since entre between avant before apres after from du loi decret jusqu datant date "
    "version"
)


class DateReader(Reader):
    """Finds dates and times in ``tokens``; ``today`` is what relative dates count from."""

    def __init__(self, tokens: Sequence[Token], numbers: Numbers, today: dt.date) -> None:
        super().__init__(tokens, numbers)
        self._today = today
        self._relative = RelativeDateReader(tokens, numbers, today)
        self._times = TimeReader(tokens, numbers)

    def find(self) -> tuple[list[Candidate], set[int]]:
        """Return dates, dates of birth and times, and the tokens that they use."""
        found: list[Candidate] = []
        taken: set[int] = set()
        at = 0
        while at < len(self._tokens):
            reading = self._reading(at)
            if reading is None:
                at += 1
                continue
            kind, value, first, last, strength = reading
            start, end = self._tokens[first].start, self._tokens[last - 1].end
            found.append(Candidate(kind, value, start, end, strength))
            taken.update(range(first, last))
            at = last
        return found, taken

    def _reading(self, at: int) -> tuple[str, str, int, int, int] | None:
        if self._norm(at) not in _STARTS and self._number(at) is None:
            return None
        absolute = self._written(at) or self._said(at)
        may_be = absolute is not None or self._number(at) is not None or self._ordinal(at)[0] > 0
        born = may_be and self._is_birth(at)
        if born and absolute is None:
            absolute = self._dictated(at)
        if absolute is not None:
            day, last, whole = absolute
            old = whole and day.year <= self._today.year - _OLD_YEARS and not self._dates_from(at)
            if born or old:
                return "date_of_birth", day.isoformat(), at, last, 3 if born else 2
            return "date", day.isoformat(), at, last, 3
        if born and self._norm(at - 1) in ("en", "in"):
            number = self._number(at)
            if number is not None and 1900 <= number.value <= self._today.year:
                return "date_of_birth", str(number.value), at, number.last, 2
        month = self._month_of_year(at)
        if month is not None:
            return "date", month[0], at, month[1], 2
        relative = self._relative.read(at)
        if relative is not None:
            return "date", relative[0].isoformat(), at, relative[1], 2
        time = self._times.read(at)
        return None if time is None else ("time", time[0], at, time[1], 2)

    def _is_birth(self, at: int) -> bool:
        window = self._tokens[max(0, at - _BIRTH_REACH) : at]
        ahead = self._tokens[at : at + _BIRTH_AHEAD]
        if any(token.norm == "naissance" or token.norm == "birth" for token in ahead):
            return True
        followers = self._tokens[max(0, at - _BIRTH_REACH) + 1 :]
        return any(
            token.norm in _BIRTH
            # The negation "ne" never stands before an article, "né" written without accent does.
            and (token.text.lower() != "ne" or after.norm in ("le", "en"))
            for token, after in zip(window, followers, strict=False)
        )

    def _dates_from(self, at: int) -> bool:
        return any(token.norm in _SINCE for token in self._tokens[max(0, at - 4) : at])

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
            if not (token.is_digits or token.norm in _ORDINALS or token.is_word):
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
        ending = self._norm(here) in ("er", "st", "nd", "rd", "th", "e")
        here += ending and self._tokens[here].glued
        return small, here

    def _ordinal(self, at: int) -> tuple[int, int]:
        if at >= len(self._tokens):
            return 0, at
        norm = self._tokens[at].norm
        if norm in _ORDINALS:
            return _ORDINALS[norm], at + 1
        if norm in ("twenty", "thirty"):
            here = self._skip(at + 1, ("-",))
            unit = _ORDINALS.get(self._norm(here), 0)
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
        return _MONTHS.get(norm)

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

    def _month_of_year(self, at: int) -> tuple[str, int] | None:
        """Read "mars 2024": the value is 2024-03."""
        month = self._month(at)
        if month is None:
            return None
        number = self._number(at + 1)
        if number is None or not 1900 <= number.value <= 2100:
            return None
        return f"{number.value}-{month:02d}", number.last

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
