"""One Redis connection shared by many callers: commands are written at once, answers come in order.

redis-py gives each waiting caller a connection of its own and loses one when a caller is cancelled
(8.1 even swallowed one cancel in five). Here a cancelled caller only drops its own future, a
thousand tails cost one socket, and calls made together travel together. Every command sent here
must be safe to send twice, because a call whose connection broke is sent again.

redis-py connects and shakes hands (TLS, passwords); then the socket is read and written here, with
hiredis: its own way through streams and coroutines costs a turn twice as much.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any

import hiredis
from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import (
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
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
_MORE = object()


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


class _Wire(asyncio.Protocol):
    """Takes over the socket of a ``connection`` that has shaken hands; hands on each answer."""

    def __init__(
        self,
        connection: AbstractConnection,
        on_answer: Callable[[Any], None],
        on_lost: Callable[["_Wire"], None],
    ) -> None:
        self.lost = asyncio.Event()
        self._on_answer, self._on_lost = on_answer, on_lost
        # The classes of errors, by their first word, are redis-py's.
        self._reader = hiredis.Reader(
            replyError=connection._parser.parse_error,  # noqa: SLF001
            encoding="utf-8",
            notEnoughData=_MORE,
        )
        writer = connection._writer  # noqa: SLF001
        if writer is None:
            raise ConnectionLost
        self._transport = writer.transport
        self._transport.set_protocol(self)

    def send(self, *command: Argument) -> None:
        """Write a command at once.

        Raises:
            ConnectionLost: the socket is closed.
        """
        if self.lost.is_set() or self._transport.is_closing():
            raise ConnectionLost
        self._transport.write(hiredis.pack_command(command))  # type: ignore[arg-type]

    def abort(self) -> None:
        """Close without a word."""
        self._transport.abort()
        self.lose()

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        while not self.lost.is_set() and (answer := self._next()) is not _MORE:
            self._on_answer(answer)

    def connection_lost(self, error: Exception | None) -> None:
        self.lose()

    def lose(self) -> None:
        """Say that this connection is of no use any more."""
        if not self.lost.is_set():
            self.lost.set()
            self._on_lost(self)

    def _next(self) -> Any:
        try:
            return self._reader.gets()
        except hiredis.ProtocolError:
            self.lose()
            return _MORE


class Line:
    """A self-healing connection; ``run`` must be running for calls to be answered."""

    def __init__(self, pool: ConnectionPool, prologue: Prologue) -> None:
        """Take settings from ``pool``; ``prologue`` is sent first on each new connection."""
        self._class = pool.connection_class
        # With a socket timeout redis-py wraps each write in `wait_for`, which costs a task and can
        # swallow a cancel; deadlines are kept by `call` instead.
        self._settings = {**pool.connection_kwargs, "socket_timeout": None}
        self._prologue = prologue
        self._wire: _Wire | None = None
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
            wire: _Wire | None = None
            try:
                async with asyncio.timeout(DEADLINE_S):
                    await connection.connect()  # type: ignore[no-untyped-call]
                    wire = self._wire = _Wire(connection, self._answered, self._drop)
                    await self._prologue(self)
                if not wire.lost.is_set():
                    self._ready.set()
                    failures = 0
                await wire.lost.wait()
                failures += 1
            except (*_LOST, RedisError, TimeoutError, ConnectionLost):
                failures += 1
            finally:
                if wire is not None:
                    self._drop(wire)
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
                return await self._insist(command, begun + within)
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

    async def _insist(self, command: tuple[Argument, ...], deadline: float) -> Any:
        loop = asyncio.get_running_loop()
        while True:
            if not self._ready.is_set():
                async with asyncio.timeout_at(deadline):
                    await self._ready.wait()
            with suppress(ConnectionLost):
                answer = self._post(*command)
                # Cheaper than a timeout that cancels a task.
                timer = loop.call_at(deadline, _expire, answer)
                try:
                    return await answer
                finally:
                    timer.cancel()
            if loop.time() > deadline:
                raise TimeoutError
            # Lets `run` see that the connection is gone before this tries again.
            await asyncio.sleep(0.01)

    async def send(self, *command: Argument) -> Any:
        """Send a command once on the present connection, without waiting for a connection.

        Raises:
            ConnectionLost: there is no connection, or it broke before the answer came.
            ResponseError: Redis refused the command.
        """
        return await self._post(*command)

    async def send_all(self, commands: Iterable[tuple[Argument, ...]]) -> list[Any]:
        """Send commands together, once, and return their answers in order."""
        return await asyncio.gather(*[self._post(*command) for command in commands])

    async def tell(self, *command: Argument) -> None:
        """Send a command whose answers arrive as messages (``SUBSCRIBE``)."""
        if self._wire is not None:
            with suppress(ConnectionLost):
                self._wire.send(*command)

    def _post(self, *command: Argument) -> asyncio.Future[Any]:
        wire = self._wire
        if wire is None:
            raise ConnectionLost
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        # Written before anyone else can write, so answers keep this order.
        wire.send(*command)
        self._waiting.append(answer)
        return answer

    def _answered(self, answer: Any) -> None:
        if self._on_message is not None and not self._waiting:
            self._on_message(answer)
            return
        if self._wire is None:
            return
        future = self._waiting.popleft() if self._waiting else None
        if isinstance(answer, (NoScriptError, *_LOST)):
            # Someone flushed the scripts: a new connection loads them again. Or Redis is starting.
            answer = ConnectionLost()
            self._wire.lose()
        if future is None or future.done():
            return
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)

    def _drop(self, wire: _Wire) -> None:
        if self._wire is wire:
            self._wire = None
            self._ready.clear()
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_exception(ConnectionLost())

    def abort(self) -> None:
        """Give up a connection that does not answer, so that ``run`` makes a new one."""
        if self._wire is not None:
            self._wire.abort()


def _expire(answer: asyncio.Future[Any]) -> None:
    if not answer.done():
        answer.set_exception(TimeoutError())
