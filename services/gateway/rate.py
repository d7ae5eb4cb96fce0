"""Token buckets: how many requests and messages a caller and its tenant may send."""

from collections.abc import Callable

from services.gateway.tenancy import Limits
from services.kit.errors import Flooding, TooLarge
from services.kit.tokens import Principal

BURST_S = 5
"""A bucket holds what its rate gives in so long."""

_MANY_BUCKETS = 10_000


class RateLimit:
    """Allows ``burst`` messages at once and ``per_second`` in the long run."""

    def __init__(self, per_second: float, burst: int, monotonic: Callable[[], float]) -> None:
        self.per_second = per_second
        self._burst = float(burst)
        self._monotonic = monotonic
        self._left = self._burst
        self._at = monotonic()

    def allow(self) -> bool:
        """Take one message; false when there is nothing left."""
        self._refill()
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True

    @property
    def wait_s(self) -> float:
        """Seconds until the next message may come."""
        self._refill()
        return max(0.0, 1.0 - self._left) / self.per_second

    @property
    def idle(self) -> bool:
        """Whether the bucket is full again, as a new one would be."""
        self._refill()
        return self._left >= self._burst

    def _refill(self) -> None:
        now = self._monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self.per_second)
        self._at = now


class RequestRates:
    """The requests of every tenant and caller, as this gateway alone sees them."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._buckets: dict[tuple[str, ...], RateLimit] = {}

    def take(self, principal: Principal, limits: Limits) -> None:
        """Count one request.

        Raises:
            Flooding: when the caller or its tenant sends too many; says when to come back.
        """
        # The caller first: what it may not send must not count against its colleagues.
        caller = (principal.tenant, principal.subject)
        self._take(caller, limits.caller_requests_per_s, "One caller")
        self._take((principal.tenant,), limits.requests_per_s, "A tenant")

    def _take(self, name: tuple[str, ...], per_second: int, whose: str) -> None:
        bucket = self._buckets.get(name)
        if bucket is None or bucket.per_second != per_second:
            if len(self._buckets) >= _MANY_BUCKETS:
                self._buckets = {n: b for n, b in self._buckets.items() if not b.idle}
            bucket = RateLimit(per_second, per_second * BURST_S, self._monotonic)
            self._buckets[name] = bucket
        if not bucket.allow():
            msg = f"{whose} may send {per_second} requests a second; slow down."
            raise Flooding(msg, retry_after_s=bucket.wait_s)


class Inflow:
    """The messages of one socket."""

    def __init__(
        self, per_second: float, burst: int, most_bytes: int, monotonic: Callable[[], float]
    ) -> None:
        self._rate = RateLimit(per_second, burst, monotonic)
        self._most_bytes = most_bytes

    def take(self, message: str | bytes) -> None:
        """Count a message.

        Raises:
            Flooding: when they come too fast.
            TooLarge: when it is too long. A character counts as a byte: the real size is bounded
                before, for all tenants alike.
        """
        if not self._rate.allow():
            raise Flooding(f"Send at most {self._rate.per_second:.0f} messages a second.")
        if len(message) > self._most_bytes:
            raise TooLarge(f"Send at most {self._most_bytes} bytes in one message.")
