"""A clock that a test moves: minutes pass in microseconds, in the order they would."""

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta

from services.kit.clock import Clock

_START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
_SETTLE = 25


class VirtualClock:
    """Hand ``clock`` to what is tested; ``advance`` moves it and lets everything due run."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = itertools.count()
        self.clock = Clock(
            now=lambda: _START + timedelta(seconds=self.now_s),
            monotonic=lambda: self.now_s,
            sleep=self._sleep,
        )

    async def _sleep(self, seconds: float) -> None:
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now_s + seconds, next(self._count), future))
        await future

    async def settle(self) -> None:
        """Let everything that is due now run."""
        for _ in range(_SETTLE):
            await asyncio.sleep(0)

    async def advance(self, seconds: float) -> None:
        """Move on, waking each sleeper at its own instant."""
        until = self.now_s + seconds
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= until:
            self.now_s, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                future.set_result(None)
            await self.settle()
        self.now_s = until
        await self.settle()
