"""Drives any channel's codec over a WebSocket, into the journal and the audio sink."""

import asyncio
from contextlib import AsyncExitStack

from redis.exceptions import RedisError
from starlette.websockets import WebSocket, WebSocketDisconnect

from services.contracts.conversation import (
    ConversationEnded,
    ConversationStarted,
    ConversationSummary,
    Turn,
)
from services.contracts.events import ConversationEvent, TurnFinalEvent
from services.gateway.calls import LiveLeg
from services.gateway.channels import ChannelEntry
from services.gateway.channels.base import (
    AudioChunk,
    ChatTurn,
    CodecEvent,
    ConversationOpened,
    Finished,
    LegOpened,
    Refused,
)
from services.gateway.conversations import PANEL_TURN, NewTurn
from services.gateway.ports import Gateway
from services.gateway.problems import journal_unavailable
from services.kit.errors import MalformedInput, SouffleurError, Unavailable
from services.kit.tokens import Principal

FIRST_FRAME_S = 30.0
"""A socket that says nothing for so long at its start is closed: it holds resources for nothing."""


class _Fatal(Exception):
    """The connection must end with this error."""

    def __init__(self, error: SouffleurError) -> None:
        super().__init__(error.code)
        self.error = error


class Replies:
    """What advisers write in the panel, on its way to the chat's own channel."""

    def __init__(self) -> None:
        self._turns: asyncio.Queue[Turn | None] = asyncio.Queue()

    def happened(self, event: ConversationEvent, frame: str) -> None:
        """Keep a turn that was typed in the panel."""
        del frame
        if isinstance(event.event, TurnFinalEvent) and event.event.data.id.startswith(PANEL_TURN):
            self._turns.put_nowait(event.event.data)

    def restarted(self, snapshot: str) -> None:
        """Go on: a reply is passed on when it happens or not at all."""

    def broken(self) -> None:
        """Let the connection end, so that the other side comes back."""
        self._turns.put_nowait(None)

    async def next(self) -> Turn:
        """Return the next reply, waiting for one.

        Raises:
            Unavailable: when no more will come.
        """
        turn = await self._turns.get()
        if turn is None:
            raise Unavailable("The conversation cannot be followed just now; connect again.")
        return turn


class Ingress:
    """One ingest socket."""

    def __init__(
        self, socket: WebSocket, gateway: Gateway, principal: Principal, channel: ChannelEntry
    ) -> None:
        self._socket = socket
        self._gateway = gateway
        self._tenant = principal.tenant
        self._channel = channel
        self._codec = channel.codec()
        self._summary: ConversationSummary | None = None
        self._legs: list[LiveLeg] = []
        self._finished = False

    async def run(self) -> None:
        """Serve the socket until it ends."""
        await self._socket.accept()
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
            if passing_on is None and self._summary is not None and not self._legs:
                passing_on = tasks.create_task(self._pass_on(await self._follow(stack)))
        if passing_on is not None:
            passing_on.cancel()
        await self._socket.close(1000)

    async def _receive(self) -> list[CodecEvent]:
        try:
            async with asyncio.timeout(None if self._summary else FIRST_FRAME_S):
                message = await self._socket.receive()
        except TimeoutError:
            raise _Fatal(MalformedInput("Send the start frame first.", field="type")) from None
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text = message.get("text")
        if text is None:
            return self._codec.receive_bytes(message["bytes"])
        return self._codec.receive_text(text)

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
            case LegOpened():
                pass  # opened together with its conversation
            case Finished():
                await self._finish()
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
                language=event.language,
            ),
        )
        if legs:
            self._legs = await self._gateway.calls.open(self._tenant, summary, legs)
        self._summary = summary
        self._codec.started(summary.id, [leg.id for leg in self._legs])

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

    async def _finish(self) -> None:
        if self._legs:
            await self._gateway.calls.close(self._legs, "completed")
        elif self._summary is not None:
            await self._gateway.conversations.end(
                self._tenant, self._summary.id, ConversationEnded()
            )
        self._finished = True
        self._codec.finished()

    async def _follow(self, stack: AsyncExitStack) -> Replies:
        replies = Replies()
        if self._summary is not None:
            try:
                feed = await stack.enter_async_context(
                    self._gateway.feeds.follow(self._tenant, self._summary.id)
                )
            except SouffleurError as error:
                await self._refuse(error, fatal=True)
                raise
            feed.followers.add(replies)
            stack.callback(feed.followers.discard, replies)
        return replies

    async def _pass_on(self, replies: Replies) -> None:
        while True:
            try:
                turn = await replies.next()
            except Unavailable as error:
                await self._refuse(error, fatal=True)
                raise
            self._codec.adviser_turn(turn.id, turn.text, self._gateway.clock.now())
            await self._flush()

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
        await self._socket.close(fatal.error.close_code, fatal.error.code)


def _ours(error: Exception) -> SouffleurError:
    return error if isinstance(error, SouffleurError) else journal_unavailable()
