"""One participant's audio on its way to the transcriber, which may go away and come back.

The caller's connection never suffers from that: while there is no transcriber the newest seconds of
audio are kept, and the leg is opened anew as soon as it can.
"""

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol

from services.contracts.audio import AudioFormat, AudioLeg, AudioSink, LegStart, SpeechRole
from services.contracts.base import Language
from services.contracts.conversation import ConversationSummary
from services.gateway.channels.base import LegOpened
from services.kit.clock import Clock
from services.kit.errors import SouffleurError
from services.kit.tasks import going_on

PATIENCE_S = 1.5
"""A transcriber that takes no audio for so long is down; the panel must know within 2 s."""

REOPEN_S = 0.5
FLUSH_S = 60.0
"""How long the last words of a leg may take; the transcriber gives up earlier by itself."""

KEPT_MS = 10_000.0
"""Audio kept for a transcriber that is away."""

FILLED_MS = 2_000.0
"""A gap of up to so long is filled with silence; a longer one ends what is being heard, so that no
silence is sent through the recogniser for minutes."""

_log = logging.getLogger(__name__)


class Keeper(Protocol):
    """Who owns the legs of a process."""

    sink: AudioSink
    clock: Clock

    async def lost(self, leg: "LiveLeg") -> None:
        """Say that a leg has no transcriber and start looking for one."""

    async def found(self, leg: "LiveLeg") -> None:
        """Say that a leg has a transcriber again."""

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do ``work`` behind the sockets."""


@dataclass
class Call:
    """One conversation's legs in this process."""

    tenant: str
    summary: ConversationSummary
    legs: dict[str, "LiveLeg"] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)

    def position_ms(self) -> float | None:
        """Return how far the furthest leg has come on the timeline, ``None`` without legs."""
        return max((leg.position_ms for leg in self.legs.values()), default=None)


class LiveLeg:
    """One participant's stream. ``push`` never fails and never waits for long."""

    def __init__(self, keeper: Keeper, call: Call, opened: LegOpened, offset_ms: float) -> None:
        self.id = f"{opened.role}.{uuid.uuid4().hex}"
        self.call = call
        self.role: SpeechRole = opened.role
        self._keeper = keeper
        self._opened = opened
        self._language = opened.language or call.summary.language
        self._format = AudioFormat(encoding=opened.encoding, sample_rate=opened.sample_rate)
        self._leg: AudioLeg | None = None
        self._kept: deque[bytes] = deque()
        self._kept_ms = 0.0
        self._closed = False
        self._attempt = 0
        self._flushing: list[asyncio.Task[None]] = []
        # Samples counted, not time passed: what the network lost does not shift what comes after.
        self.position_ms = offset_ms

    async def push(self, samples: bytes) -> None:
        """Pass samples on, or keep the newest of them while there is no transcriber."""
        self.position_ms += self._format.duration_ms(len(samples))
        leg = self._leg
        if leg is None:
            self._keep(samples)
            return
        try:
            async with asyncio.timeout(PATIENCE_S):
                await leg.push(samples)
        except (SouffleurError, OSError, TimeoutError):
            self._leg = None
            self._keep(samples)
            await self._keeper.lost(self)

    async def skip(self, duration_ms: float) -> None:
        """Let time pass without audio, so that what comes after lies where it was said."""
        if self._leg is None:
            # What is kept ends where the gap begins, so the gap must be kept behind it.
            self.position_ms += max(0.0, duration_ms - KEPT_MS)
            duration_ms = min(duration_ms, KEPT_MS)
        if self._leg is None or duration_ms <= FILLED_MS:
            await self.push(self._silence(duration_ms))
            return
        self._release()
        self.position_ms += duration_ms
        await self._take_up()

    async def change_language(self, language: Language | None) -> None:
        """Go on in another language, from the next sample."""
        if language == self._language:
            return
        self._release()
        self._language = language
        await self._take_up()

    async def open(self) -> bool:
        """Try to open the leg at the transcriber; says whether that went well."""
        self._attempt += 1
        start = LegStart(
            tenant=self.call.tenant,
            conversation_id=self.call.summary.id,
            leg_id=f"{self.id}.{self._attempt}",
            role=self.role,
            encoding=self._opened.encoding,
            sample_rate=self._opened.sample_rate,
            language=self._language,
            offset_ms=max(0, round(self.position_ms - self._kept_ms)),
        )
        try:
            async with asyncio.timeout(PATIENCE_S):
                leg = await self._keeper.sink.open(start)
                while self._kept:
                    await leg.push(self._kept[0])
                    self._kept_ms -= self._format.duration_ms(len(self._kept.popleft()))
        except (SouffleurError, OSError, TimeoutError):
            return False
        self._leg = leg
        return True

    async def reopen(self) -> None:
        """Try until the leg is open again or closed for good."""
        while going_on() and not self._closed:
            if await self.open():
                if self._closed:
                    await self.close()
                else:
                    await self._keeper.found(self)
                return
            await self._keeper.clock.sleep(REOPEN_S)

    async def close(self) -> None:
        """End the leg; returns once its last words are in the journal, or cannot be."""
        self._closed = True
        self._release()
        # Parts of the leg that ended at a pause may still be flushing.
        await asyncio.gather(*self._flushing)

    async def _take_up(self) -> None:
        """Open the leg again after a release, later if there is no transcriber just now."""
        if self.id not in self.call.down and not await self.open():
            await self._keeper.lost(self)

    def _release(self) -> None:
        """Let the transcriber finish what it has; the socket goes on meanwhile."""
        leg, self._leg = self._leg, None
        if leg is not None:
            self._flushing.append(self._keeper.spawn(_flush(leg)))

    def _silence(self, duration_ms: float) -> bytes:
        samples = round(duration_ms * self._format.sample_rate / 1000)
        # Zero is 0xFF in mu-law (ITU-T G.711).
        quiet = b"\xff" if self._format.encoding == "mulaw" else b"\0\0"
        return quiet * samples

    def _keep(self, samples: bytes) -> None:
        self._kept.append(samples)
        self._kept_ms += self._format.duration_ms(len(samples))
        while self._kept_ms > KEPT_MS:
            self._kept_ms -= self._format.duration_ms(len(self._kept.popleft()))


async def _flush(leg: AudioLeg) -> None:
    try:
        async with asyncio.timeout(FLUSH_S):
            await leg.close()
    except (SouffleurError, OSError, TimeoutError) as error:
        _log.warning("leg not flushed", extra={"error_code": type(error).__name__})
