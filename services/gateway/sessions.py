"""The adviser's socket: snapshot or replay first, then events; feedback and replies come back."""

import asyncio
import uuid
from contextlib import AsyncExitStack
from datetime import datetime

from pydantic import ValidationError
from redis.exceptions import RedisError
from starlette.websockets import WebSocket, WebSocketDisconnect

from services.contracts.adviser import (
    ADVISER_MESSAGE,
    AdviserMessage,
    ErrorFrame,
    Feedback,
    Resume,
    SendTurn,
    SetPreferences,
)
from services.contracts.conversation import PANEL_TURN
from services.contracts.events import (
    Event,
    Preferences,
    PreferencesChangedEvent,
    SuggestionFeedbackEvent,
    cursor_of,
)
from services.contracts.suggestions import SuggestionFeedback
from services.gateway.auth import SUBPROTOCOL
from services.gateway.conversations import NewTurn
from services.gateway.feeds import Feed, event_frame
from services.gateway.lobby import Viewer
from services.gateway.outbox import RESYNC_FRAME, Outbox, Overflow
from services.gateway.ports import Gateway
from services.gateway.problems import journal_unavailable
from services.gateway.rate import Inflow
from services.gateway.sockets import drop
from services.gateway.tenancy import Rules
from services.gateway.validation import from_validation
from services.journal.errors import ResyncNeeded
from services.kit.errors import (
    Conflict,
    MalformedInput,
    NotFound,
    SouffleurError,
)
from services.kit.tokens import Principal

RESUME_WAIT_S = 0.1
"""A panel that comes back says so first; one that says nothing for so long gets a snapshot."""

STALL_S = 4.0
"""A frame that cannot be written for so long means that nobody reads."""

MESSAGES_PER_S, BURST = 20.0, 60

MAX_REPLAY = 400
"""Events; for more than this a snapshot is shorter."""


class _Closed(Exception):
    """The panel is gone."""


class Session:
    """One open socket of one adviser."""

    def __init__(
        self,
        socket: WebSocket,
        gateway: Gateway,
        principal: Principal,
        rules: Rules,
        conversation_id: str | None,
    ) -> None:
        self._socket = socket
        self._gateway = gateway
        self._tenant = principal.tenant
        self._viewer = Viewer(principal, rules)
        self._conversation_id = conversation_id
        self._outbox = Outbox()
        self._inflow = Inflow(
            MESSAGES_PER_S, BURST, rules.limits.message_bytes, gateway.clock.monotonic
        )

    async def run(self, after: str | None) -> None:
        """Serve the socket until it ends.

        Raises:
            NotFound: before the upgrade, when there is no such conversation.
        """
        measures = self._gateway.measures
        async with AsyncExitStack() as stack:
            if self._conversation_id is None:
                await self._accept()
                serving = self._serve_lobby()
            else:
                feed = await stack.enter_async_context(
                    self._gateway.feeds.follow(self._tenant, self._conversation_id)
                )
                await self._accept()
                stack.callback(feed.followers.discard, self._outbox)
                serving = self._serve(feed, after)
            stack.enter_context(measures.adviser_sockets.track_inprogress())
            stack.callback(lambda: measures.frames_coalesced.inc(self._outbox.coalesced))
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._write())
                    await serving
            except* (_Closed, WebSocketDisconnect):
                pass
            except* SouffleurError as group:
                error = _first(group)
                measures.sockets_dropped.labels(reason=error.code).inc()
                await drop(self._socket, error.close_code, error.code)

    async def _accept(self) -> None:
        offered = self._socket.scope.get("subprotocols", [])
        await self._socket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)

    async def _serve_lobby(self) -> None:
        async with self._gateway.lobbies.watch(self._viewer, self._outbox):
            with self._gateway.journal_watch.telling(self._outbox):
                while True:
                    await self._receive()
                    error = MalformedInput("This socket follows no conversation: say nothing here.")
                    self._refuse(error)

    async def _serve(self, feed: Feed, after: str | None) -> None:
        message: str | bytes | None = None
        if after is None:
            message = await self._first_message()
            after = _resume_cursor(message)
        if after is None:
            # Snapshot and following in one step: no event can fall between.
            self._outbox.put(feed.snapshot())
            feed.followers.add(self._outbox)
            if message is not None:
                await self._take(feed, message)
        else:
            await self._replay(feed, after)
        with self._gateway.journal_watch.telling(self._outbox):
            while True:
                await self._take(feed, await self._receive())

    async def _first_message(self) -> str | bytes | None:
        try:
            async with asyncio.timeout(RESUME_WAIT_S):
                return await self._receive()
        except TimeoutError:
            return None

    async def _replay(self, feed: Feed, after: str) -> None:
        sent = after
        replayed: list[str] = []
        while True:
            try:
                events = await self._gateway.journal.read(
                    self._tenant, feed.conversation_id, after=sent, limit=MAX_REPLAY + 1
                )
            except ResyncNeeded:
                events = None
            if events is None or len(replayed) + len(events) > MAX_REPLAY:
                self._resync(feed)
                return
            replayed.extend(event_frame(event) for event in events)
            sent = events[-1].id if events else sent
            if not events or feed.cursor is None or cursor_of(sent) >= cursor_of(feed.cursor):
                break
        # No waiting from here on. The feed may still be behind what was just read.
        self._outbox.put(f'{{"type":"resumed","cursor":"{sent}"}}')
        for frame in replayed:
            self._outbox.put(frame)
        self._outbox.after = cursor_of(sent)
        feed.followers.add(self._outbox)

    def _resync(self, feed: Feed) -> None:
        self._outbox.put(RESYNC_FRAME)
        self._outbox.put(feed.snapshot())
        feed.followers.add(self._outbox)

    async def _receive(self) -> str | bytes:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise _Closed
        text: str | None = message.get("text")
        content: str | bytes = message["bytes"] if text is None else text
        self._inflow.take(content)
        return content

    async def _write(self) -> None:
        sent = self._gateway.measures.frames_sent
        while True:
            frame = await self._outbox.take()
            try:
                async with asyncio.timeout(STALL_S):
                    await self._socket.send_text(frame)
            except TimeoutError:
                raise Overflow("The panel does not read; connect again.") from None
            except OSError:
                raise _Closed from None
            sent.inc()

    async def _take(self, feed: Feed, raw: str | bytes) -> None:
        try:
            await self._handle(feed, _read(raw))
        except SouffleurError as error:
            self._refuse(error)
        except RedisError:
            self._refuse(journal_unavailable())

    async def _handle(self, feed: Feed, message: AdviserMessage) -> None:
        match message:
            case Resume():
                # Too late to replay: a snapshot says as much, and is right whatever was missed.
                self._outbox.put(feed.snapshot())
            case Feedback():
                await self._judge(feed, message)
            case SetPreferences():
                if feed.screen.ended_at is not None:
                    raise Conflict("The conversation has ended.", field="type")
                chosen = Preferences.model_validate(message.model_dump(exclude={"type"}))
                await self._publish(
                    PreferencesChangedEvent(
                        conversation_id=feed.conversation_id, time=self._now(), data=chosen
                    )
                )
            case SendTurn():
                if feed.screen.channel == "voice":
                    raise Conflict("A call is answered by voice.", field="type")
                turn = NewTurn(role="adviser", text=message.text, id=PANEL_TURN + uuid.uuid4().hex)
                await self._gateway.conversations.add_turn(self._tenant, feed.conversation_id, turn)

    async def _judge(self, feed: Feed, message: Feedback) -> None:
        known = any(card.suggestion.id == message.suggestion_id for card in feed.screen.cards)
        if not known:
            msg = "There is no such card in this conversation."
            raise NotFound(msg, field="suggestion_id")
        data = SuggestionFeedback.model_validate(message.model_dump(exclude={"type"}))
        await self._publish(
            SuggestionFeedbackEvent(
                type=message.type, conversation_id=feed.conversation_id, time=self._now(), data=data
            )
        )

    async def _publish(self, event: Event) -> None:
        # A producer to each message: after an outage nobody knows whether the last one was stored.
        producer = f"session:{uuid.uuid4().hex}"
        await self._gateway.conversations.publish(self._tenant, event, producer=producer)

    def _refuse(self, error: SouffleurError) -> None:
        frame = ErrorFrame(code=error.code, detail=error.detail, field=error.field)
        self._outbox.put(frame.model_dump_json())

    def _now(self) -> datetime:
        return self._gateway.clock.now()


def _read(raw: str | bytes) -> AdviserMessage:
    if isinstance(raw, bytes):
        raise MalformedInput("Send JSON as text frames.")
    try:
        return ADVISER_MESSAGE.validate_json(raw)
    except ValidationError as error:
        raise from_validation(error, tagged=True) from None


def _resume_cursor(raw: str | bytes | None) -> str | None:
    if raw is None:
        return None
    try:
        message = _read(raw)
    except SouffleurError:
        return None
    return message.last_event_id if isinstance(message, Resume) else None


def _first(group: BaseExceptionGroup[SouffleurError]) -> SouffleurError:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
