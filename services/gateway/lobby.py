"""The list of live conversations, for panels that follow none: one look for all of a tenant."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

from redis.exceptions import RedisError

from services.contracts.adviser import ConversationsFrame
from services.contracts.conversation import ConversationSummary
from services.gateway.conversations import Conversations
from services.gateway.outbox import Outbox
from services.gateway.tenancy import Rules
from services.kit.clock import Clock
from services.kit.errors import SouffleurError
from services.kit.tasks import going_on
from services.kit.tokens import Principal
from services.records.conversations import ConversationIndex

POLL_S = 0.5
SHOWN = 50
"""The newest live conversations; the rest is found with ``GET /v1/conversations``."""

MOST_LOOKED_AT = 2000
"""An adviser's own conversation is looked for among so many live ones."""

_PAGE = 200

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Viewer:
    """Who looks at the list, and by which rules."""

    principal: Principal
    rules: Rules

    @property
    def group(self) -> str | None:
        """What viewers that see the same have in common: ``None`` for those who see everything."""
        return None if self.rules.sees_all(self.principal) else self.principal.subject

    def sees(self, summary: ConversationSummary) -> bool:
        """Say whether a conversation is on this viewer's list."""
        return self.rules.sees(self.principal, summary)


class _List:
    """What one group of viewers sees."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.outboxes: set[Outbox] = set()
        self.frame: str | None = None

    def show(self, frame: str) -> None:
        if frame != self.frame:
            self.frame = frame
            for outbox in self.outboxes:
                outbox.put(frame)


class Lobbies:
    """One lobby per tenant that somebody watches. Use as a context manager: it owns their tasks."""

    def __init__(
        self, conversations: Conversations, index: ConversationIndex, clock: Clock
    ) -> None:
        self._conversations = conversations
        self._index = index
        self._clock = clock
        self._tasks = asyncio.TaskGroup()
        self._lobbies: dict[str, tuple[dict[str | None, _List], asyncio.Task[None]]] = {}

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        for _lists, task in self._lobbies.values():
            task.cancel()
        await self._tasks.__aexit__(None, None, None)

    @asynccontextmanager
    async def watch(self, viewer: Viewer, outbox: Outbox) -> AsyncIterator[None]:
        """Put the list of what the viewer may see into ``outbox`` now and at each change."""
        tenant, group = viewer.principal.tenant, viewer.group
        if tenant not in self._lobbies:
            lists: dict[str | None, _List] = {}
            self._lobbies[tenant] = (lists, self._tasks.create_task(self._poll(tenant, lists)))
        lists, task = self._lobbies[tenant]
        shown = lists.setdefault(group, _List(viewer))
        shown.outboxes.add(outbox)
        if shown.frame is not None:
            outbox.put(shown.frame)
        try:
            yield
        finally:
            shown.outboxes.discard(outbox)
            if not shown.outboxes and lists.get(group) is shown:
                del lists[group]
            if not lists and self._lobbies.get(tenant, (None,))[0] is lists:
                del self._lobbies[tenant]
                task.cancel()

    async def _poll(self, tenant: str, lists: dict[str | None, _List]) -> None:
        while going_on():
            try:
                await self._look(tenant, tuple(lists.values()))
            except (SouffleurError, RedisError, OSError) as error:
                _log.warning("lobby interrupted", extra={"error_code": type(error).__name__})
            await self._clock.sleep(POLL_S)

    async def _look(self, tenant: str, lists: tuple[_List, ...]) -> None:
        found: list[list[ConversationSummary]] = [[] for _ in lists]
        cursor, looked_at = None, 0
        while looked_at < MOST_LOOKED_AT:
            page = await self._index.page(tenant, live=True, cursor=cursor, limit=_PAGE)
            for shown, items in zip(lists, found, strict=True):
                items += [item for item in page.items if shown.viewer.sees(item)]
            cursor, looked_at = page.next, looked_at + _PAGE
            if cursor is None or all(len(items) >= SHOWN for items in found):
                break
        counted: dict[str, ConversationSummary] = {}
        for shown, items in zip(lists, found, strict=True):
            for item in items[:SHOWN]:
                if item.id not in counted:
                    counted[item.id] = await self._conversations.counted(tenant, item)
            rows = tuple(counted[item.id] for item in items[:SHOWN])
            shown.show(ConversationsFrame(items=rows).model_dump_json())
