"""Reads hours of the day: "14h30", "quatorze heures", "3 pm"."""

from services.entities.numbers import Number
from services.entities.reading import Reader


class TimeReader(Reader):
    """Reads one time of the day."""

    STARTS = frozenset({"midi", "noon", "minuit", "midnight"})
    """Words that one begins with, when it is no number."""
    NEEDED = STARTS | {"heure", "heures", "h", "hours", ":", "am", "pm", "a", "p"}
    """Words and signs one of which is in every time."""

    def read(self, at: int) -> tuple[str, int] | None:
        """Return the time that begins at ``at`` as "HH:MM", and the place behind it."""
        norm = self._norm(at)
        if norm in ("midi", "noon"):
            return "12:00", at + 1
        if norm in ("minuit", "midnight"):
            return "00:00", at + 1
        number = self._number(at)
        if number is None or number.value > 24:
            return None
        here = number.last
        if self._norm(here) in ("heure", "heures", "h", "hours"):
            before = self._norm(at - 1)
            minutes = self._number(here + 1)
            has_minutes = minutes is not None and minutes.value < 60
            if not has_minutes and before not in (
                "a",
                "vers",
                "avant",
                "apres",
                "des",
                "jusqu",
                "et",
            ):
                return None  # "trois heures": how long, not when
            if has_minutes and minutes is not None:
                return f"{number.value % 24:02d}:{minutes.value:02d}", minutes.last
            return f"{number.value % 24:02d}:00", here + 1
        return self._clock(number)

    def _clock(self, number: Number) -> tuple[str, int] | None:
        """Read "14:30", "3 pm", "three thirty pm"."""
        here, minute = number.last, 0
        if not number.spoken and self._norm(here) == ":" and self._tokens[here].glued:
            follower = self._number(here + 1)
            if follower is None or follower.value > 59 or len(follower.digits) != 2:
                return None
            return f"{number.value % 24:02d}:{follower.value:02d}", follower.last
        follower = self._number(here)
        if follower is not None and follower.value < 60:
            minute, here = follower.value, follower.last
        half = self._norm(here)
        if half not in ("am", "pm") and not (
            half in ("a", "p") and self._norm(here + 1) in (".", "m")
        ):
            return None
        hour = number.value % 12 + (12 if half.startswith("p") else 0)
        return f"{hour:02d}:{minute:02d}", here + 1
