"""A token bucket: how many messages a client may send."""

from collections.abc import Callable


class RateLimit:
    """Allows ``burst`` messages at once and ``per_second`` in the long run."""

    def __init__(self, per_second: float, burst: int, monotonic: Callable[[], float]) -> None:
        self._per_second = per_second
        self._burst = float(burst)
        self._monotonic = monotonic
        self._left = self._burst
        self._at = monotonic()

    def allow(self) -> bool:
        """Take one message; false when there is nothing left."""
        now = self._monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
