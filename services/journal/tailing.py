"""Wakes the tails of this process: one subscribed connection for all of them, buffering nothing."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from redis.asyncio.connection import ConnectionPool

from services.journal.line import Line
from services.journal.scripting import prepare

_PING_S = 2.0
_SILENCE_S = 5.0


class Wakes:
    """Tells tails that their conversation has moved; each then reads on from its own cursor."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._line = Line(pool, self._begin)
        self._line.subscribe_with(self._on_message)
        self._events: dict[str, set[asyncio.Event]] = {}
        self._changes: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self._heard = 0.0

    async def run(self) -> None:
        """Keep subscribed until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._line.run())
            group.create_task(self._subscribe())
            group.create_task(self._watch())

    @contextmanager
    def listen(self, channel: str) -> Iterator[asyncio.Event]:
        """Yield an event that is set whenever ``channel`` moves, and once when it is subscribed."""
        wake = asyncio.Event()
        listeners = self._events.setdefault(channel, set())
        listeners.add(wake)
        if len(listeners) == 1:
            self._changes.put_nowait(("SUBSCRIBE", channel))
        else:
            wake.set()
        try:
            yield wake
        finally:
            listeners.discard(wake)
            if not listeners:
                self._events.pop(channel, None)
                self._changes.put_nowait(("UNSUBSCRIBE", channel))

    async def _begin(self, line: Line) -> None:
        self._heard = asyncio.get_running_loop().time()
        await prepare(line)
        if self._events:
            await line.tell("SUBSCRIBE", *self._events)

    async def _subscribe(self) -> None:
        while True:
            command, channel = await self._changes.get()
            # A tail may have come and gone, or gone and come, since this was asked for.
            if (command == "SUBSCRIBE") == (channel in self._events):
                await self._line.tell(command, channel)

    async def _watch(self) -> None:
        """Notice a connection that is dead without saying so."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_PING_S)
            if loop.time() - self._heard > _SILENCE_S:
                self._heard = loop.time()
                self._line.abort()
            else:
                await self._line.tell("PING")

    def _on_message(self, message: Any) -> None:
        self._heard = asyncio.get_running_loop().time()
        if not isinstance(message, list) or message[0] not in {"message", "subscribe"}:
            return
        for wake in self._events.get(message[1], ()):
            wake.set()
