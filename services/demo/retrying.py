"""Coming back after a cut: soon, then less often, and not for ever."""

from dataclasses import dataclass

from services.kit.clock import Clock
from services.kit.errors import SouffleurError

FIRST_WAIT_S = 0.25
LONGEST_WAIT_S = 2.0
PATIENCE_S = 20.0
"""A gateway that restarts is back long before this."""


@dataclass
class Patience:
    """How long to go on trying; ``reset`` after each success."""

    clock: Clock
    _since: float | None = None
    _wait: float = FIRST_WAIT_S

    def reset(self) -> None:
        """Start afresh: the connection works."""
        self._since, self._wait = None, FIRST_WAIT_S

    async def wait(self, error: SouffleurError) -> None:
        """Wait before the next attempt.

        Raises:
            SouffleurError: ``error`` itself, when nothing has worked for ``PATIENCE_S``.
        """
        now = self.clock.monotonic()
        if self._since is None:
            self._since = now
        if now - self._since >= PATIENCE_S:
            raise error
        await self.clock.sleep(self._wait)
        self._wait = min(2 * self._wait, LONGEST_WAIT_S)
