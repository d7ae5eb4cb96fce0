"""Tells every open panel when Redis itself is down: the journal cannot carry that news.

All other outages are events of the journal. This one is a frame of its own, without an id: it
changes neither the screen nor the cursor, and is told again to each panel that comes meanwhile.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from services.contracts.adviser import ServiceFrame
from services.gateway.outbox import Outbox
from services.journal.journal import Journal
from services.kit.clock import Clock
from services.kit.errors import SouffleurError
from services.kit.tasks import going_on

LOOK_S = 0.4
ANSWER_S = 0.8
"""Together they keep the promise that a panel knows within 2 s."""

_STALL_S = 0.3

_DEGRADED = ServiceFrame(
    type="degraded", service="journal", reason="journal_unavailable"
).model_dump_json()
_RESTORED = ServiceFrame(
    type="restored", service="journal", reason="journal_available"
).model_dump_json()


class JournalWatch:
    """Asks Redis whether it is there. Use as a context manager: it owns the task that asks."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._tasks = asyncio.TaskGroup()
        self._outboxes: set[Outbox] = set()
        self._down = False

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._looking = self._tasks.create_task(self._look())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._looking.cancel()
        await self._tasks.__aexit__(None, None, None)

    @property
    def down(self) -> bool:
        """Whether Redis did not answer when it was asked last."""
        return self._down

    @contextmanager
    def telling(self, outbox: Outbox) -> Iterator[None]:
        """Tell ``outbox`` now, if the journal is down, and of each change until the block ends."""
        self._outboxes.add(outbox)
        if self._down:
            outbox.service(_DEGRADED)
        try:
            yield
        finally:
            self._outboxes.discard(outbox)

    async def _look(self) -> None:
        while going_on():
            down = not await self._answers()
            if down != self._down:
                self._down = down
                for outbox in self._outboxes:
                    outbox.service(_DEGRADED if down else _RESTORED)
            await self._clock.sleep(LOOK_S)

    async def _answers(self) -> bool:
        asked = self._clock.monotonic()
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._journal.ping()
        except TimeoutError:
            # A timer that rings late says that this process stood still, not Redis.
            return self._clock.monotonic() - asked > ANSWER_S + _STALL_S
        except SouffleurError:
            return False
        return True
