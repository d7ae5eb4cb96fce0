"""Drives any channel's codec over a WebSocket, into the journal and the audio sink."""

import asyncio
from contextlib import AsyncExitStack, suppress
from datetime import timedelta

from redis.exceptions import RedisError
from starlette.websockets import WebSocket, WebSocketDisconnect

from services.contracts.conversation import (
    ConversationEnded,
    ConversationStarted,
    ConversationSummary,
)
from services.gateway.admission import Admission
from services.gateway.channels import ChannelEntry
from services.gateway.channels.base import (
    AudioChunk,
    ChatTurn,
    CodecEvent,
    ConversationOpened,
    Finished,
    Gap,
    Handshake,
    LanguageChanged,
    LegOpened,
    Refused,
)
from services.gateway.conversations import NewTurn
from services.gateway.happenings import Happenings
from services.gateway.live_leg import LiveLeg
from services.gateway.ports import Gateway
from services.gateway.problems import journal_unavailable
from services.gateway.rate import BURST_S, Inflow
from services.gateway.replies import Replies
from services.gateway.tenancy import Rules
from services.kit.errors import MalformedInput, NotFound, SouffleurError, Unavailable

FIRST_FRAME_S = 30.0
"""A socket that says nothing for so long at its start is closed: it holds resources for nothing."""

LAST_WORDS_S = 5.0
"""How long the end of a call may take on its way from the journal to its own codec."""

FAREWELL_S = 5.0
"""How long the other side may take to close, where its protocol says that it does."""

ORDERLY = frozenset({1000, 1001})
"""How a socket is closed by somebody who means it."""


class _Fatal(Exception):
    """The connection must end with this error."""

    def __init__(self, error: SouffleurError) -> None:
        super().__init__(error.code)
        self.error = error


class Ingress:
    """One ingest socket."""

    def __init__(
        self, socket: WebSocket, gateway: Gateway, admission: Admission, channel: ChannelEntry
    ) -> None:
        self._socket = socket
        self._gateway = gateway
        self._tenant = admission.principal.tenant
        self._channel = channel
        offered = socket.scope.get("subprotocols", [])
        self._subprotocol = next((name for name in channel.subprotocols if name in offered), None)
        self._codec = channel.codec(
            Handshake(socket.headers, socket.query_params, self._subprotocol, admission.config)
        )
        self._summary: ConversationSummary | None = None
        self._legs: list[LiveLeg] = []
        self._happenings: Happenings | None = None
        self._cursor: str | None = None  # of what had happened before we followed
        self._finished = False
        self._gone = False
        self._replies: Replies | None = None
        self._orderly = False
        self._rules: Rules | None = None
        self._inflow: Inflow | None = None

    async def run(self) -> None:
        """Serve the socket until it ends."""
        self._rules = await self._gateway.tenancy.rules(self._tenant)
        limits = self._rules.limits
        rate, clock = limits.messages_per_s, self._gateway.clock
        self._inflow = Inflow(rate, rate * BURST_S, limits.message_bytes, clock.monotonic)
        await self._socket.accept(self._subprotocol)
        sockets = self._gateway.measures.ingest_sockets.labels(channel=self._channel.name)
        with sockets.track_inprogress():
            try:
                async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
                    await self._read(stack, tasks)
            except* WebSocketDisconnect:
                pass
            except* _Fatal as group:
                await self._leave(group)
            finally:
                if self._legs and not self._finished:
                    await self._gateway.calls.close(self._legs, "dropped")

    async def _read(self, stack: AsyncExitStack, tasks: asyncio.TaskGroup) -> None:
        passing_on: asyncio.Task[None] | None = None
        while not self._finished:
            events = await self._receive()
            legs = [event for event in events if isinstance(event, LegOpened)]
            for event in events:
                try:
                    await self._take(event, legs)
                except (SouffleurError, RedisError, OSError) as error:
                    await self._refuse(_ours(error), fatal=not isinstance(event, ChatTurn))
            await self._flush()
            if passing_on is None and self._summary is not None and self._codec.follows:
                passing_on = tasks.create_task(self._pass_on(await self._follow(stack)))
        if passing_on is not None:
            passing_on.cancel()
        if self._codec.other_side_closes:
            await self._see_off()
        if not self._gone:
            await self._socket.close(1000)

    async def _see_off(self) -> None:
        """Let the other side say its last words and close first, as its protocol asks."""
        with suppress(TimeoutError, _Fatal):
            async with asyncio.timeout(FAREWELL_S):
                while True:
                    await self._receive()
                    await self._flush()

    async def _receive(self) -> list[CodecEvent]:
        try:
            async with asyncio.timeout(None if self._summary else FIRST_FRAME_S):
                message = await self._socket.receive()
        except TimeoutError:
            raise _Fatal(MalformedInput("Send the start frame first.", field="type")) from None
        if message["type"] == "websocket.disconnect":
            code = message.get("code", 1005)
            # 1005 is a close frame without a code, but the server says it of a lost connection too;
            # that one has no reason.
            bare = code == 1005 and "reason" in message
            return self._closed(code, orderly=bare or code in ORDERLY)
        text = message.get("text")
        try:
            if self._inflow is not None:
                self._inflow.take(message["bytes"] if text is None else text)
        except SouffleurError as error:
            await self._refuse(error, fatal=True)
        if text is None:
            return self._codec.receive_bytes(message["bytes"])
        return self._codec.receive_text(text)

    def _closed(self, code: int, *, orderly: bool) -> list[CodecEvent]:
        """Say what the other side's close means: for some protocols it is how a call ends."""
        self._orderly = orderly
        ends = self._codec.closing_ends and orderly and not self._finished
        if not ends or self._summary is None:
            raise WebSocketDisconnect(code)
        self._gone = True
        return [Finished()]

    async def _take(self, event: CodecEvent, legs: list[LegOpened]) -> None:
        match event:
            case AudioChunk():
                self._gateway.measures.audio_bytes.labels(channel=self._channel.name).inc(
                    len(event.samples)
                )
                await self._legs[event.index].push(event.samples)
            case ChatTurn():
                await self._write_turn(event)
            case ConversationOpened():
                await self._open(event, legs)
            case Gap():
                await self._legs[event.index].skip(event.duration_ms)
            case LanguageChanged():
                for leg in self._legs:
                    await leg.change_language(event.language)
            case LegOpened():
                pass  # opened together with its conversation
            case Finished():
                await self._finish(completed=event.completed)
            case Refused():
                await self._refuse(event.error, fatal=event.fatal)

    async def _open(self, event: ConversationOpened, legs: list[LegOpened]) -> None:
        summary = await self._gateway.conversations.join(
            self._tenant,
            event.conversation_id,
            ConversationStarted(
                channel=event.channel,
                customer_id=event.customer_id,
                adviser_id=event.adviser_id,
                language=self._rules.language(event.language) if self._rules else None,
            ),
        )
        if legs:
            self._legs = await self._gateway.calls.open(self._tenant, summary, legs)
        self._summary = summary
        offset_ms = self._legs[0].position_ms if self._legs else 0.0
        self._codec.started(summary.id, [leg.id for leg in self._legs], offset_ms)

    async def _write_turn(self, event: ChatTurn) -> None:
        if self._summary is None:
            raise MalformedInput("Send the start frame first.", field="type")
        turn = await self._gateway.conversations.add_turn(
            self._tenant,
            self._summary.id,
            NewTurn(event.role, event.text, event.id, event.language, event.at),
        )
        self._gateway.measures.chat_turns.labels(role=turn.role).inc()
        self._codec.acknowledged(turn.id)

    async def _finish(self, *, completed: bool) -> None:
        if self._legs:
            await self._gateway.calls.close(self._legs, "completed" if completed else "dropped")
        elif self._summary is not None:
            await self._gateway.conversations.end(
                self._tenant, self._summary.id, ConversationEnded()
            )
        self._finished = True
        if self._legs and self._summary is not None and self._happenings is not None:
            await self._hear_last_words(self._summary.id, self._happenings)
        self._codec.finished()

    async def _hear_last_words(self, conversation_id: str, happenings: Happenings) -> None:
        """What was said last is in the journal now: let the codec see it before it ends."""
        with suppress(TimeoutError, NotFound):
            async with asyncio.timeout(LAST_WORDS_S):
                events = await self._gateway.journal.read(self._tenant, conversation_id)
                if events and self._cursor is not None and events[-1].id != self._cursor:
                    await happenings.until(events[-1].id)

    async def _follow(self, stack: AsyncExitStack) -> Happenings:
        self._happenings = happenings = Happenings()
        if self._summary is not None:
            try:
                feed = await stack.enter_async_context(
                    self._gateway.feeds.follow(self._tenant, self._summary.id)
                )
            except SouffleurError as error:
                await self._refuse(error, fatal=True)
                raise
            feed.followers.add(happenings)
            self._cursor = feed.cursor
            stack.callback(feed.followers.discard, happenings)
            if self._summary.channel != "voice":
                await self._catch_up(stack, happenings, self._summary.id)
        return happenings

    async def _catch_up(
        self, stack: AsyncExitStack, happenings: Happenings, conversation_id: str
    ) -> None:
        """Give the replies that were written while this chat's socket was away."""
        gateway = self._gateway
        self._replies = replies = Replies(
            gateway.journal, gateway.clock, self._tenant, conversation_id
        )
        stack.push_async_callback(self._keep, replies)
        happenings.begin(*await replies.missed())

    async def _keep(self, replies: Replies) -> None:
        with suppress(RedisError):
            rules = await self._gateway.tenancy.rules(self._tenant)
            retention = timedelta(days=rules.retention_days)
            await replies.keep(orderly=self._orderly, retention=retention)

    async def _pass_on(self, happenings: Happenings) -> None:
        while True:
            try:
                event = await happenings.next()
            except Unavailable as error:
                await self._refuse(error, fatal=True)
                raise
            self._codec.happened(event)
            await self._flush()
            await happenings.passed(event)
            if self._replies is not None:
                self._replies.passed(event.id)

    async def _refuse(self, error: SouffleurError, *, fatal: bool) -> None:
        measures = self._gateway.measures
        measures.refused.labels(channel=self._channel.name, code=error.code).inc()
        self._codec.refused(error)
        await self._flush()
        if fatal:
            raise _Fatal(error)

    async def _flush(self) -> None:
        for frame in self._codec.data_to_send():
            await self._socket.send_text(frame)

    async def _leave(self, group: BaseExceptionGroup[_Fatal]) -> None:
        fatal = group.exceptions[0]
        while isinstance(fatal, BaseExceptionGroup):
            fatal = fatal.exceptions[0]
        with suppress(WebSocketDisconnect):
            if self._codec.other_side_closes:
                await self._see_off()
            await self._socket.close(fatal.error.close_code, fatal.error.code)


def _ours(error: Exception) -> SouffleurError:
    return error if isinstance(error, SouffleurError) else journal_unavailable()
