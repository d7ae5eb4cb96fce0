"""``souffleur replay``: stream a recording into a gateway, tell what the adviser's socket gets."""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

from services.contracts.base import Language
from services.demo.client import GatewayClient, NoAnswer
from services.demo.following import Follower
from services.demo.latency import LatencyBook
from services.demo.recordings import AudioRecording, Recording, read_recording
from services.demo.sending import AudioSender, ChatSender, Opening, Pace
from services.demo.telling import json_lines, readable
from services.kit.clock import SYSTEM_CLOCK, Clock
from services.kit.errors import InvalidInput, SouffleurError

__all__ = ["ReplayOptions", "json_lines", "readable", "replay", "run"]

Emit = Callable[[dict[str, Any]], None]
"""Takes ``{"at_ms","event"}`` for each event, and ``{"summary"}`` at the end."""

SETTLE_S = 1.5
"""Nothing came for so long after the end: nothing more is to come."""

LAST_WORDS_S = 10.0
FOLLOWED_S = 10.0

MAX_SPEED = 100.0


@dataclass(frozen=True)
class ReplayOptions:
    """What to replay and where to.

    Either ``path`` (stereo WAV/FLAC or chat ``.jsonl``), or ``customer`` and/or ``adviser`` (mono).
    ``token`` has the role ``admin``, since a replay plays both the telephone and the panel.
    ``language`` is ``fr`` or ``en``, detected when None. ``conversation_id`` is made by the gateway
    when None; otherwise it must be new, or the latencies would count from another start.
    """

    token: str
    path: Path | None = None
    customer: Path | None = None
    adviser: Path | None = None
    gateway: str = "http://127.0.0.1:8080"
    speed: float = 1.0
    language: str | None = None
    conversation_id: str | None = None
    customer_id: str | None = None
    adviser_id: str | None = None


async def replay(options: ReplayOptions, emit: Emit, clock: Clock = SYSTEM_CLOCK) -> dict[str, Any]:
    """Replay a recording; returns the summary, which is emitted last as ``{"summary": ...}``.

    Raises:
        SouffleurError: when the input does not fit, or the gateway refuses or stays away.
    """
    if not 0 < options.speed <= MAX_SPEED:
        msg = f"The speed lies above 0 and is at most {MAX_SPEED:.0f}."
        raise InvalidInput(msg, field="speed")
    if options.language not in {None, *get_args(Language)}:
        msg = f"Give one of {', '.join(get_args(Language))}, or leave it out."
        raise InvalidInput(msg, field="language")
    # Reading and decoding take a while for a long call.
    recording = await asyncio.to_thread(
        read_recording, options.path, options.customer, options.adviser
    )
    async with GatewayClient(options.gateway, options.token) as client:
        run = _Run(client, options, _sender(client, recording, options, clock), emit, clock)
        try:
            summary = await run.play()
        except* SouffleurError as group:
            raise _first(group) from None
    emit({"summary": summary})
    return summary


async def run(options: ReplayOptions, tell: Callable[[str | None], Emit]) -> None:
    """Replay and tell it on standard output; ``tell`` is ``json_lines`` or ``readable``.

    Raises:
        SouffleurError: as ``replay``.
    """
    await replay(options, tell(options.language))


class _Run:
    """One replay: the sender and the adviser's follower side by side."""

    def __init__(
        self,
        client: GatewayClient,
        options: ReplayOptions,
        sender: AudioSender | ChatSender,
        emit: Emit,
        clock: Clock,
    ) -> None:
        self._client = client
        self._options = options
        self._sender = sender
        self._emit = emit
        self._clock = clock
        self._book = LatencyBook(sender.end_of_turn)
        self._began = clock.monotonic()
        self._following = asyncio.Event()
        self._follower: Follower | None = None

    async def play(self) -> dict[str, Any]:
        async with asyncio.TaskGroup() as tasks:
            follow: asyncio.Task[None] | None = None

            async def ready(conversation_id: str) -> None:
                nonlocal follow
                self._follower = Follower(
                    self._client, conversation_id, self._received, self._clock
                )
                follow = tasks.create_task(self._follower.run(self._following.set))
                await self._until_followed()

            await self._sender.run(ready)
            await self._until_settled()
            if follow is not None:
                follow.cancel()
        return self._book.summary()

    def _received(self, event: dict[str, Any], at: float) -> None:
        self._book.received(event, at)
        origin = self._sender.pace.origin
        since = at - (self._began if origin is None else origin)
        self._emit({"at_ms": max(0, round(since * 1000)), "event": event})

    async def _until_followed(self) -> None:
        try:
            async with asyncio.timeout(FOLLOWED_S):
                await self._following.wait()
        except TimeoutError:
            msg = "The adviser's socket gave no snapshot; see the gateway's log."
            raise NoAnswer(msg, field="gateway") from None

    async def _until_settled(self) -> None:
        """Wait for what still comes of the last words: not long, and not for ever."""
        ended = self._clock.monotonic()
        while self._follower is not None:
            now = self._clock.monotonic()
            quiet_since = max(ended, self._follower.latest_at)
            wait = min(quiet_since + SETTLE_S, ended + LAST_WORDS_S) - now
            if wait <= 0:
                return
            await self._clock.sleep(wait)


def _sender(
    client: GatewayClient, recording: Recording, options: ReplayOptions, clock: Clock
) -> AudioSender | ChatSender:
    opening = Opening(
        conversation_id=options.conversation_id,
        customer_id=options.customer_id,
        adviser_id=options.adviser_id,
        language=cast("Language | None", options.language),
    )
    pace = Pace(clock, options.speed)
    if isinstance(recording, AudioRecording):
        return AudioSender(client, recording, opening, pace)
    return ChatSender(client, recording, opening, pace, turn_prefix=uuid.uuid4().hex[:12])


def _first(group: BaseExceptionGroup[SouffleurError]) -> SouffleurError:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
