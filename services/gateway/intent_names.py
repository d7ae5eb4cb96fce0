"""What each tenant's intents are called, for its advisers' panels; follows changes of playbooks."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Self

from redis.exceptions import RedisError

from services.kit.clock import Clock
from services.kit.errors import SouffleurError
from services.kit.tasks import going_on
from services.records.playbooks import PlaybookRecords

LOOK_S = 0.5
"""Between two looks at the feed of changes: an assistant needs longer to read the first turn."""

_MOST = 1_000
"""Tenants whose names are remembered."""

_log = logging.getLogger(__name__)

Names = dict[str, Any]
"""``{intent_id: {"fr", "en"}}``"""


class IntentNames:
    """The names of intents, those of the built-in playbook and the tenant's own.

    Use as a context manager: it owns the task that looks for changes.
    """

    def __init__(self, records: PlaybookRecords, built_in: Names, clock: Clock) -> None:
        self._records = records
        self._built_in = built_in
        self._clock = clock
        self._known: dict[str, Names] = {}
        self._seen: int | None = None
        self._tell: Callable[[str, Names], None] = lambda tenant, names: None
        self._tasks = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._looking = self._tasks.create_task(self._look())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._looking.cancel()
        await self._tasks.__aexit__(None, None, None)

    def telling(self, tell: Callable[[str, Names], None]) -> None:
        """Call ``tell`` with the tenant and its names whenever they change."""
        self._tell = tell

    async def of(self, tenant: str) -> Names:
        """Return a tenant's names; the built-in ones while Redis does not answer."""
        known = self._known.get(tenant)
        if known is None:
            try:
                known = self._built_in | await self._records.labels(tenant)
            except (RedisError, OSError, SouffleurError):
                return self._built_in
            if len(self._known) >= _MOST:
                self._known.pop(next(iter(self._known)))
            self._known[tenant] = known
        return known

    async def changed(self, tenant: str) -> None:
        """Read a tenant's names afresh, and tell of them if they are others."""
        before = self._known.pop(tenant, None)
        if before is not None and before != (names := await self.of(tenant)):
            self._tell(tenant, names)

    async def _look(self) -> None:
        await self._kept_up(self._start)
        while going_on():
            await self._kept_up(self._follow)
            await self._clock.sleep(LOOK_S)

    async def _start(self) -> None:
        touched = await self._records.touched(0)
        self._seen = touched[-1][1] if touched else 0

    async def _follow(self) -> None:
        for tenant, at in await self._records.touched(self._seen or 0):
            self._seen = at
            await self.changed(tenant)

    async def _kept_up(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except (RedisError, OSError, SouffleurError) as error:
            # Names are a comfort: the journal watch says that Redis is away.
            _log.info("names not read", extra={"error_code": type(error).__name__})
