"""The list of live conversations, for panels that follow none: one look for all of a tenant."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

from redis.exceptions import RedisError

from services.contracts.adviser import ConversationsFrame
from services.gateway.conversations import Conversations
from services.gateway.outbox import Outbox
from services.kit.clock import Clock
from services.kit.errors import SouffleurError
from services.kit.tasks import going_on

POLL_S = 0.5
SHOWN = 50
"""The newest live conversations; the rest is found with ``GET /v1/conversations``."""

_log = logging.getLogger(__name__)


class _Lobby:
    def __init__(self) -> None:
        self.outboxes: set[Outbox] = set()
        self.frame: str | None = None

    def show(self, frame: str) -> None:
        if frame != self.frame:
            self.frame = frame
            for outbox in self.outboxes:
                outbox.put(frame)


class Lobbies:
    """One lobby per tenant that somebody watches. Use as a context manager: it owns their tasks."""

    def __init__(self, conversations: Conversations, clock: Clock) -> None:
        self._conversations = conversations
        self._clock = clock
        self._tasks = asyncio.TaskGroup()
        self._lobbies: dict[str, tuple[_Lobby, asyncio.Task[None]]] = {}

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        for _lobby, task in self._lobbies.values():
            task.cancel()
        await self._tasks.__aexit__(None, None, None)

    @asynccontextmanager
    async def watch(self, tenant: str, outbox: Outbox) -> AsyncIterator[None]:
        """Put the list into ``outbox`` now and at each change."""
        if tenant not in self._lobbies:
            fresh = _Lobby()
            self._lobbies[tenant] = (fresh, self._tasks.create_task(self._poll(tenant, fresh)))
        lobby, task = self._lobbies[tenant]
        lobby.outboxes.add(outbox)
        if lobby.frame is not None:
            outbox.put(lobby.frame)
        try:
            yield
        finally:
            lobby.outboxes.discard(outbox)
            if not lobby.outboxes and self._lobbies.get(tenant, (None,))[0] is lobby:
                del self._lobbies[tenant]
                task.cancel()

    async def _poll(self, tenant: str, lobby: _Lobby) -> None:
        while going_on():
            try:
                page = await self._conversations.page(tenant, live=True, cursor=None, limit=SHOWN)
                lobby.show(ConversationsFrame(items=page.items).model_dump_json())
            except (SouffleurError, RedisError, OSError) as error:
                _log.warning("lobby interrupted", extra={"error_code": type(error).__name__})
            await self._clock.sleep(POLL_S)
