"""Streaming a recording into the gateway at its own pace: each piece is due at a fixed instant."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from services.contracts.base import Language
from services.demo.client import GatewayClient, NoAnswer, closed, frame_of, refusal
from services.demo.recordings import FRAME_MS, AudioRecording, ChatRecording
from services.demo.retrying import Patience
from services.kit.clock import Clock
from services.kit.errors import SouffleurError, Unavailable

FAST = 4.0
"""From twice this speed several frames go into one message: a gateway bounds messages a second."""

MOST_TOGETHER = 40
"""Frames of a message: 800 ms of two channels are 51 kB of the 64 kB that it may have."""

_ANSWER_S = 10.0
_FLUSH_S = 20.0
"""How long the last words may take; the gateway itself gives up a little sooner."""

Frame = Mapping[str, Any]


@dataclass
class Pace:
    """When things are due: second ``at`` of the recording falls ``at / speed`` after the origin.

    Open loop: the origin is fixed at the first piece, so a slow answer delays nothing after it, and
    what is late is sent at once.
    """

    clock: Clock
    speed: float
    origin: float | None = None

    def begin(self) -> None:
        """Fix the origin, unless it is fixed already (after a cut)."""
        if self.origin is None:
            self.origin = self.clock.monotonic()

    def due(self, at: float) -> float:
        """Return the monotonic second at which second ``at`` of the recording is due.

        Raises:
            RuntimeError: before ``begin``.
        """
        if self.origin is None:
            msg = "the pace has no origin yet"
            raise RuntimeError(msg)
        return self.origin + at / self.speed

    async def until(self, at: float) -> None:
        """Wait until second ``at`` of the recording is due."""
        wait = self.due(at) - self.clock.monotonic()
        if wait > 0:
            await self.clock.sleep(wait)


@dataclass(frozen=True)
class Opening:
    """How the conversation is announced; fields that are None are left to the gateway."""

    conversation_id: str | None = None
    customer_id: str | None = None
    adviser_id: str | None = None
    language: Language | None = None

    def frame(self, conversation_id: str | None, **fields: Any) -> str:
        """Return the start frame, of ``conversation_id`` when we are coming back to it."""
        body = {
            "type": "start",
            "conversation_id": conversation_id or self.conversation_id,
            "customer_id": self.customer_id,
            "adviser_id": self.adviser_id,
            "language": self.language,
            **fields,
        }
        return json.dumps({name: value for name, value in body.items() if value is not None})


@dataclass
class AudioSender:
    """Streams audio in frames of 20 ms, several at a time when fast.

    After a cut it goes on where it was, catching up.
    """

    client: GatewayClient
    recording: AudioRecording
    opening: Opening
    pace: Pace
    conversation_id: str | None = None
    _next: int = 0

    def end_of_turn(self, turn: Frame) -> float | None:
        """Return when the participant stopped speaking, from the audio timeline that was sent."""
        return None if self.pace.origin is None else self.pace.due(turn["end_ms"] / 1000)

    async def run(self, ready: Callable[[str], Any]) -> None:
        """Send everything; returns once the gateway has the last words.

        ``ready`` is awaited with the conversation's id before the first sample.

        Raises:
            SouffleurError: when the gateway refuses, or stays away.
        """
        frames = self.recording.frames()
        format_ = {
            "role": self.recording.role,
            "sample_rate": self.recording.sample_rate,
            "encoding": "pcm_s16le",
            "channels": self.recording.channels,
        }

        async def speak(socket: ClientConnection) -> None:
            together = max(1, min(MOST_TOGETHER, round(self.pace.speed / FAST)))
            while self._next < len(frames):
                piece = frames[self._next : self._next + together]
                # A frame is complete, and so due, when its last sample has been spoken.
                await self.pace.until((self._next + len(piece)) * FRAME_MS / 1000)
                await socket.send(b"".join(piece))
                self._next += len(piece)
            await socket.send('{"type":"stop"}')
            await _until(socket, "stopped")

        await _persist(self, "/v1/ingest/audio", format_, ready, speak)


@dataclass
class ChatSender:
    """Sends a chat's turns. A turn that was not acknowledged before a cut is sent again."""

    client: GatewayClient
    recording: ChatRecording
    opening: Opening
    pace: Pace
    turn_prefix: str
    """Makes the ids of the turns; a new one for each replay."""
    conversation_id: str | None = None
    _sent_at: dict[str, float] = field(default_factory=dict)
    _unacknowledged: dict[str, str] = field(default_factory=dict)
    _next: int = 0

    def end_of_turn(self, turn: Frame) -> float | None:
        """Return when we sent the turn."""
        return self._sent_at.get(turn["id"])

    async def run(self, ready: Callable[[str], Any]) -> None:
        """Send everything; returns once the gateway has acknowledged it. As ``AudioSender.run``."""
        await _persist(self, "/v1/ingest/chat", {}, ready, self._chat)

    async def _chat(self, socket: ClientConnection) -> None:
        for frame in tuple(self._unacknowledged.values()):
            await socket.send(frame)
        while self._next < len(self.recording.turns):
            at, line = self.recording.turns[self._next]
            await self._listen(socket, self.pace.due(at))
            turn_id = f"{self.turn_prefix}.{self._next}"
            body = {"type": "turn", "id": turn_id, "role": line.role, "text": line.text}
            self._sent_at[turn_id] = self.pace.clock.monotonic()
            self._unacknowledged[turn_id] = json.dumps(body, ensure_ascii=False)
            self._next += 1
            await socket.send(self._unacknowledged[turn_id])
        deadline = self.pace.clock.monotonic() + _ANSWER_S
        while self._unacknowledged:
            if not await self._listen_once(socket, deadline):
                raise NoAnswer("The gateway did not acknowledge the last turns.")
        await socket.send('{"type":"end"}')
        await _until(socket, "ended")

    async def _listen(self, socket: ClientConnection, until: float) -> None:
        while await self._listen_once(socket, until):
            pass

    async def _listen_once(self, socket: ClientConnection, until: float) -> bool:
        """Take one frame; False when none came before the monotonic second ``until``."""
        frame = await _next_frame(socket, until - self.pace.clock.monotonic())
        if frame is None:
            return False
        if frame["type"] == "error":
            raise refusal(frame)
        if frame["type"] == "ack":
            self._unacknowledged.pop(frame["turn_id"], None)
        return True


async def _persist(
    sender: AudioSender | ChatSender,
    path: str,
    fields: Frame,
    ready: Callable[[str], Any],
    work: Callable[[ClientConnection], Any],
) -> None:
    """Do ``work`` on a socket, and on another one when that is cut."""
    patience = Patience(sender.pace.clock)
    while True:
        try:
            async with sender.client.ingest(path) as socket:
                try:
                    await socket.send(sender.opening.frame(sender.conversation_id, **fields))
                    started = await _until(socket, "started", _ANSWER_S)
                    patience.reset()
                    if sender.conversation_id is None:
                        sender.conversation_id = str(started["conversation_id"])
                        await ready(sender.conversation_id)
                    sender.pace.begin()
                    await work(socket)
                    return
                except ConnectionClosed as error:
                    await _raise_refusal(socket, error)
        except Unavailable as error:
            await patience.wait(error)


async def _raise_refusal(socket: ClientConnection, error: ConnectionClosed) -> None:
    """Raise what the gateway said before it closed, else that the connection was lost.

    Raises:
        SouffleurError: always; ``Unavailable`` when trying again may help.
    """
    try:
        while True:
            frame = frame_of(await socket.recv())
            if frame["type"] == "error":
                raise refusal(frame) from None
    except ConnectionClosed:
        raise _lost(error) from None


def _lost(error: ConnectionClosed) -> SouffleurError:
    if error.rcvd is None or error.rcvd.code in {1001, 1006, 1011, 1012, 1013}:
        return Unavailable("The connection to the gateway was lost.", field="gateway")
    return closed(error)


async def _until(socket: ClientConnection, type_: str, wait_s: float = _FLUSH_S) -> Frame:
    """Read frames until one of ``type_`` comes."""
    while True:
        frame = await _next_frame(socket, wait_s)
        if frame is None:
            raise NoAnswer(f"The gateway did not answer {type_!r} within {wait_s:.0f} s.")
        if frame["type"] == "error":
            raise refusal(frame)
        if frame["type"] == type_:
            return frame


async def _next_frame(socket: ClientConnection, wait_s: float) -> Frame | None:
    if wait_s <= 0:
        return None
    try:
        async with asyncio.timeout(wait_s):
            return frame_of(await socket.recv())
    except TimeoutError:
        return None
