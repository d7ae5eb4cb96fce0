"""One Redis connection shared by many callers: commands are written at once, answers come in order.

redis-py gives each waiting caller a connection of its own and loses one when a caller is cancelled
(8.1 even swallowed one cancel in five). Here a cancelled caller only drops its own future, a
thousand tails cost one socket, and calls made together travel together. Every command sent here
must be safe to send twice, because a call whose connection broke is sent again.
"""

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any

from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import (
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)

from services.kit.errors import Unavailable

Argument = str | bytes | int | float
Prologue = Callable[["Line"], Awaitable[None]]

DEADLINE_S = 1.6
"""How long a call may take, reconnecting included, before its caller hears ``Unavailable``."""

_RETRY_AFTER_S = 1.0
_STALL_S = 0.3
_PAUSE_S = (0.02, 0.05, 0.1, 0.2, 0.4)
_LOST = (RedisConnectionError, OSError, EOFError, asyncio.IncompleteReadError)


@asynccontextmanager
async def running(*loops: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run endless loops while the body runs; the body's own errors come out as they are."""
    tasks = [asyncio.ensure_future(loop) for loop in loops]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class ConnectionLost(Exception):
    """The connection broke before the answer came."""


class Line:
    """A self-healing connection; ``run`` must be running for calls to be answered."""

    def __init__(self, pool: ConnectionPool, prologue: Prologue) -> None:
        """Take settings from ``pool``; ``prologue`` is sent first on each new connection."""
        self._class = pool.connection_class
        # With a socket timeout redis-py wraps each write in `wait_for`, which costs a task and can
        # swallow a cancel; deadlines are kept by `call` instead.
        self._settings = {**pool.connection_kwargs, "socket_timeout": None}
        self._prologue = prologue
        self._connection: AbstractConnection | None = None
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._ready = asyncio.Event()
        self._on_message: Callable[[Any], None] | None = None

    def subscribe_with(self, on_message: Callable[[Any], None]) -> None:
        """Hand what arrives unasked (publish/subscribe) to ``on_message``."""
        self._on_message = on_message

    async def run(self) -> None:
        """Keep connected until cancelled."""
        failures = 0
        task = asyncio.current_task()
        while task is None or not task.cancelling():
            connection = self._class(**self._settings)
            try:
                async with asyncio.TaskGroup() as group:
                    async with asyncio.timeout(DEADLINE_S):
                        await connection.connect()  # type: ignore[no-untyped-call]
                        self._connection = connection
                        reader = group.create_task(self._receive(connection))
                        await self._prologue(self)
                    self._ready.set()
                    failures = 0
                    await reader
            except* (*_LOST, RedisError, TimeoutError, ConnectionLost):
                failures += 1
            finally:
                self._drop(connection)
                await connection.disconnect(nowait=True)
            await asyncio.sleep(_PAUSE_S[min(failures, len(_PAUSE_S)) - 1])

    async def call(self, *command: Argument, within: float = DEADLINE_S) -> Any:
        """Send a command and return its answer.

        Raises:
            Unavailable: no answer within ``within`` seconds; it may or may not have been done.
            ResponseError: Redis refused the command.
        """
        loop = asyncio.get_running_loop()
        while True:
            begun = loop.time()
            try:
                async with asyncio.timeout(within):
                    return await self._insist(*command)
            except TimeoutError:
                # A timer that rings late says that this process stood still, not Redis.
                if loop.time() - begun > within + _STALL_S:
                    continue
            except (ReadOnlyError, OutOfMemoryError):
                pass
            # A hung server, or a replica that was a primary: a new connection may find better.
            self.abort()
            raise Unavailable(
                "The journal's Redis does not answer; try again.", retry_after_s=_RETRY_AFTER_S
            )

    async def _insist(self, *command: Argument) -> Any:
        while True:
            await self._ready.wait()
            with suppress(ConnectionLost):
                return await self.send(*command)
            # Lets `run` see that the connection is gone before this tries again.
            await asyncio.sleep(0.01)

    async def send(self, *command: Argument) -> Any:
        """Send a command once on the present connection, without waiting for a connection.

        Raises:
            ConnectionLost: there is no connection, or it broke before the answer came.
            ResponseError: Redis refused the command.
        """
        return await (await self._post(*command))

    async def send_all(self, commands: Iterable[tuple[Argument, ...]]) -> list[Any]:
        """Send commands in one write, once, and return their answers in order."""
        futures = [await self._post(*command) for command in commands]
        return await asyncio.gather(*futures)

    async def tell(self, *command: Argument) -> None:
        """Send a command whose answers arrive as messages (``SUBSCRIBE``)."""
        connection = self._connection
        if connection is not None:
            with suppress(*_LOST):
                await connection.send_packed_command(
                    connection.pack_command(*command), check_health=False
                )

    async def _post(self, *command: Argument) -> asyncio.Future[Any]:
        connection = self._connection
        if connection is None:
            raise ConnectionLost
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        # The packed command is written before the first suspension, so answers keep this order.
        self._waiting.append(answer)
        try:
            await connection.send_packed_command(
                connection.pack_command(*command), check_health=False
            )
        except _LOST:
            self._drop(connection)
            raise ConnectionLost from None
        return answer

    async def _receive(self, connection: AbstractConnection) -> None:
        task = asyncio.current_task()
        # redis-py 8.1 now and then swallows a cancel in a read, hence not `while True`.
        while task is None or not task.cancelling():
            answer: Any
            try:
                answer = await connection.read_response(timeout=math.inf, disconnect_on_error=False)
            except ResponseError as error:
                answer = error
            if self._on_message is not None and not self._waiting:
                self._on_message(answer)
                continue
            future = self._waiting.popleft()
            if future.done():
                continue
            if isinstance(answer, NoScriptError):
                # Someone flushed the scripts: a new connection loads them again.
                future.set_exception(ConnectionLost())
                raise ConnectionLost
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)

    def _drop(self, connection: AbstractConnection) -> None:
        if self._connection is connection:
            self._connection = None
            self._ready.clear()
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_exception(ConnectionLost())

    def abort(self) -> None:
        """Give up a connection that does not answer, so that ``run`` makes a new one."""
        writer = getattr(self._connection, "_writer", None)
        if writer is not None:
            writer.transport.abort()
