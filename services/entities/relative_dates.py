"""Reads dates that count from today: "hier", "mardi prochain", "il y a trois jours"."""

import datetime as dt
from collections.abc import Sequence

from services.entities.numbers import Numbers
from services.entities.reading import Reader
from services.entities.tokens import Token, words

_WEEKDAY_NAMES = """
lundi mardi mercredi jeudi vendredi samedi dimanche
monday tuesday wednesday thursday friday saturday sunday
"""
_WEEKDAYS = {name: index % 7 for index, name in enumerate(_WEEKDAY_NAMES.split())}
_NEAR_DAYS = {
    ("aujourd", "'", "hui"): 0, ("today",): 0, ("hier",): -1, ("yesterday",): -1, ("demain",): 1,
    ("tomorrow",): 1, ("avant", "-", "hier"): -2, ("avant", "hier"): -2,
    ("apres", "-", "demain"): 2, ("apres", "demain"): 2, ("day", "after", "tomorrow"): 2,
    ("day", "before", "yesterday"): -2,
}  # fmt: skip
_NEAR_BY_FIRST = {
    first: tuple(item for item in _NEAR_DAYS.items() if item[0][0] == first)
    for first in {said[0] for said in _NEAR_DAYS}
}
_SPAN_DAYS = {
    "jour": 1, "jours": 1, "day": 1, "days": 1, "semaine": 7, "semaines": 7, "week": 7, "weeks": 7,
    "mois": 30, "month": 30, "months": 30, "an": 365, "ans": 365, "annee": 365, "annees": 365,
    "year": 365, "years": 365,
}  # fmt: skip
_LAST = frozenset({"dernier", "derniere", "passe", "passee"})
_NEXT = frozenset({"prochain", "prochaine"})


class RelativeDateReader(Reader):
    """Reads one relative date; ``today`` is what it counts from."""

    WEAK_STARTS = words("last next this on il dans in a")
    STARTS = frozenset({*_NEAR_BY_FIRST, *_WEEKDAYS, *_SPAN_DAYS}) | WEAK_STARTS
    """Words that one begins with, when it is no number."""
    NEEDED = STARTS - WEAK_STARTS
    """Words one of which is in every relative date."""

    def __init__(self, tokens: Sequence[Token], numbers: Numbers, today: dt.date) -> None:
        super().__init__(tokens, numbers)
        self._today = today

    def read(self, at: int) -> tuple[dt.date, int] | None:
        """Return the date that begins at ``at``, and the place behind it."""
        for said, days in _NEAR_BY_FIRST.get(self._norm(at), ()):
            if self._norms(at, len(said)) == said:
                return self._today + dt.timedelta(days), at + len(said)
        return self._weekday(at) or self._distance(at) or self._neighbour(at)

    def _weekday(self, at: int) -> tuple[dt.date, int] | None:
        """Read "mardi dernier", "mardi", "next Tuesday"; a bare weekday is the coming one."""
        lead = self._norm(at) if self._norm(at) in ("last", "next", "this", "on") else ""
        here = at + bool(lead)
        if self._norm(here) not in _WEEKDAYS:
            return None
        ahead = (_WEEKDAYS[self._norm(here)] - self._today.weekday()) % 7 or 7
        last = here + 1
        if lead == "last" or self._norm(last) in _LAST:
            ahead -= 7
        last += self._norm(last) in _LAST | _NEXT
        return self._today + dt.timedelta(ahead), last

    def _distance(self, at: int) -> tuple[dt.date, int] | None:
        """Read "il y a trois jours", "dans deux semaines", "3 days ago", "in two weeks"."""
        norms = [token.norm for token in self._tokens[at : at + 3]]
        if norms == ["il", "y", "a"]:
            sign, here = -1, at + 3
        elif norms[:1] in (["dans"], ["in"]):
            sign, here = 1, at + 1
        else:
            sign, here = 0, at
        number = self._number(here)
        count = 1 if number is None and self._norm(here) in ("a", "an") else None
        if number is not None:
            count, here = number.value, number.last
        elif count is not None:
            here += 1
        unit = _SPAN_DAYS.get(self._norm(here))
        if count is None or unit is None or count * unit > 36500:
            return None
        if sign == 0:
            if self._norm(here + 1) != "ago":
                return None
            sign, here = -1, here + 1
        return self._today + dt.timedelta(sign * count * unit), here + 1

    def _neighbour(self, at: int) -> tuple[dt.date, int] | None:
        """Read "la semaine dernière", "le mois prochain", "last week", "next month"."""
        english = {"last": -1, "next": 1}.get(self._norm(at))
        if english is not None and self._norm(at + 1) in _SPAN_DAYS:
            return self._today + dt.timedelta(english * _SPAN_DAYS[self._norm(at + 1)]), at + 2
        unit = _SPAN_DAYS.get(self._norm(at))
        follower = self._norm(at + 1)
        if unit is None or follower not in _LAST | _NEXT:
            return None
        sign = -1 if follower in _LAST else 1
        return self._today + dt.timedelta(sign * unit), at + 2
