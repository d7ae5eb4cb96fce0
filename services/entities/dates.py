"""Finds dates of the calendar, dates of birth among them, said or written."""

import datetime as dt
from collections.abc import Sequence

from services.entities.calendar_dates import MONTHS, ORDINALS, CalendarReader
from services.entities.candidates import Candidate
from services.entities.hours import TimeReader
from services.entities.numbers import Numbers
from services.entities.relative_dates import RelativeDateReader
from services.entities.tokens import Token, words

STARTS = (
    frozenset({*MONTHS, *ORDINALS, "twenty", "thirty"})
    | RelativeDateReader.STARTS
    | TimeReader.STARTS
)
"""Words that a date or a time begins with, when it is no number."""
WEAK_STARTS = RelativeDateReader.WEAK_STARTS
"""Those of them that begin one only with another of them, or with a number, behind."""
_BIRTH = frozenset(
    {"ne", "nee", "naissance", "naquis", "born", "birth", "dob", "birthday", "birthdate"}
)
_BIRTH_SIGNS = _BIRTH | {"anniversaire"}
_OTHER_SIGNS = frozenset({"suis", "of"})
"""Words in dates that hold no digits, no month and none of the above: "je suis de soixante-six"."""
_BIRTHDAYS = frozenset({"mon", "son", "ton", "votre", "leur", "notre", "my", "your", "his", "her"})
"""Whose a birthday ("anniversaire") is; that of a contract is no date of birth."""
_OLDEST, _GROWN = 1900, 14
_BIRTH_REACH = 9
_BIRTH_AHEAD = 20
_EXPIRY = words("expire expiration expires expiry")
_OLD_YEARS = 18
"""A whole date so many years ago is a date of birth, unless something dates from it."""
_ANSWER_YEARS = 5
"""So old is a whole date that is all of a turn: nobody orders so long before a call."""
_AROUND_ANSWERS = words("alors donc euh c ' est le the it s oui yes , . um so")
_SINCE = words(
    "depuis since entre between avant before apres after from du loi decret jusqu datant date "
    "version"
)


class DateReader(CalendarReader):
    """Finds dates and times in ``tokens``; ``today`` is what relative dates count from."""

    def __init__(self, tokens: Sequence[Token], numbers: Numbers, today: dt.date) -> None:
        super().__init__(tokens, numbers, today)
        self._relative = RelativeDateReader(tokens, numbers, today)
        self._times = TimeReader(tokens, numbers)
        said = frozenset(numbers.norms)
        self._births = not said.isdisjoint(_BIRTH_SIGNS)
        self._months = not said.isdisjoint(MONTHS)
        self._counted = not said.isdisjoint(RelativeDateReader.NEEDED)
        self._clocks = not said.isdisjoint(TimeReader.NEEDED)
        self._hopeless = (
            not (self._births or self._months or self._counted or self._clocks)
            and said.isdisjoint(_OTHER_SIGNS)
            and not any(token.is_digits for token in tokens)
        )

    def find(self) -> tuple[list[Candidate], set[int]]:
        """Return dates, dates of birth and times, and the tokens that they use."""
        found: list[Candidate] = []
        taken: set[int] = set()
        at = len(self._tokens) if self._hopeless else 0
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
        if self._norm(at) not in STARTS and self._number(at) is None:
            return None
        absolute = self._written(at) or (self._said(at) if self._months else None)
        may_be = absolute is not None or self._number(at) is not None or self._ordinal(at)[0] > 0
        born = may_be and self._births and self._is_birth(at)
        if absolute is None and (born or self._counts_months(at)):
            absolute = self._dictated(at)
        if absolute is not None:
            day, last, whole = absolute
            years = _ANSWER_YEARS if self._is_answer(at, last) else _OLD_YEARS
            old = whole and day.year <= self._today.year - years and not self._dates_from(at)
            born = born or (whole and self._before(at, 2) == ["suis", "du"])
            if born or old:
                return "date_of_birth", day.isoformat(), at, last, 3 if born else 2
            return "date", day.isoformat(), at, last, 3
        year = self._birth_year(at, born=born)
        if year is not None:
            return "date_of_birth", str(year[0]), at, year[1], 2
        month = self._month_of_year(at) if self._months else None
        if month is not None:
            if month[2]:
                return "card_expiry", month[0], at, month[1], 2
            return "date", month[0], at, month[1], 2
        relative = self._relative.read(at) if self._counted else None
        if relative is not None:
            return "date", relative[0].isoformat(), at, relative[1], 2
        time = self._times.read(at) if self._clocks else None
        return None if time is None else ("time", time[0], at, time[1], 2)

    def _is_birth(self, at: int) -> bool:
        window = self._tokens[max(0, at - _BIRTH_REACH) : at]
        ahead = self._tokens[at : at + _BIRTH_AHEAD]
        if any(token.norm == "naissance" or token.norm == "birth" for token in ahead):
            return True
        followers = self._tokens[max(0, at - _BIRTH_REACH) + 1 :]
        if self._is_birthday(at):
            return True
        return any(
            token.norm in _BIRTH
            # The negation "ne" never stands before an article, "né" written without accent does.
            and (token.text.lower() != "ne" or after.norm in ("le", "en"))
            for token, after in zip(window, followers, strict=False)
        )

    def _counts_months(self, at: int) -> bool:
        """Whether an English date goes on by numbers: "28th of the 5th 1986"."""
        if self._language != "en" or not (self._tokens[at].is_digits or self._ordinal(at)[0]):
            return False
        day, here = self._day(at)
        return bool(day) and self._norms(here, 2) == ("of", "the")

    def _birth_year(self, at: int, *, born: bool) -> tuple[int, int] | None:
        """Read the year in "né en cinquante-huit", "je suis de soixante-six"."""
        number = self._number(at)
        if number is None:
            return None
        said_of_oneself = self._before(at, 2) == ["suis", "de"]
        if not said_of_oneself and not (born and self._norm(at - 1) in ("en", "in")):
            return None
        year = self._full_year(number.value, len(number.digits))
        youngest = self._today.year - (_GROWN if said_of_oneself else 0)
        return (year, number.last) if _OLDEST <= year <= youngest else None

    def _is_birthday(self, at: int) -> bool:
        """Whether somebody's birthday is spoken of around ``at``."""
        for here in (*range(at - 1, at - 6, -1), *range(at + 1, at + 9)):
            if self._norm(here) in ("anniversaire", "birthday"):
                return self._norm(here - 1) in _BIRTHDAYS and self._norm(here + 1) != "de"
        return False

    def _is_answer(self, first: int, last: int) -> bool:
        """Whether the turn says nothing but these tokens: "alors, le neuf mai deux mille dix"."""
        rest = (*self._folded[:first], *self._folded[last:])
        return all(norm in _AROUND_ANSWERS for norm in rest)

    def _dates_from(self, at: int) -> bool:
        return any(token.norm in _SINCE for token in self._tokens[max(0, at - 4) : at])

    def _month_of_year(self, at: int) -> tuple[str, int, bool] | None:
        """Read "mars 2024": the value is 2024-03; say whether a card expires then."""
        month = self._month(at)
        if month is None:
            return None
        number = self._number(at + 1)
        if number is None:
            return None
        expires = any(norm in _EXPIRY for norm in self._before(at, 4))
        year = self._full_year(number.value, len(number.digits)) if expires else number.value
        return (f"{year}-{month:02d}", number.last, expires) if 1900 <= year <= 2100 else None
