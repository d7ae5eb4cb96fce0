"""Live calls: each leg's audio on its way to the transcriber, which may go away and come back.

The caller's connection never suffers from that: while there is no transcriber the newest seconds of
audio are kept, the journal says ``service.degraded``, and a new leg is opened as soon as it can.
"""

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from redis.exceptions import RedisError

from services.contracts.audio import AudioFormat, AudioLeg, AudioSink, LegStart, SpeechRole
from services.contracts.conversation import ConversationEnded, ConversationSummary
from services.contracts.events import ServiceState, ServiceStateEvent
from services.gateway.channels.base import LegOpened
from services.gateway.conversations import Conversations
from services.kit.clock import Clock
from services.kit.errors import NotFound, SouffleurError
from services.kit.tasks import going_on
from services.records.legs import OpenLegs

PATIENCE_S = 1.5
"""A transcriber that takes no audio for so long is down; the panel must know within 2 s."""

REOPEN_S = 0.5
RENEW_S = 5.0
FLUSH_S = 60.0
"""How long the last words of a leg may take; the transcriber gives up earlier by itself."""

KEPT_MS = 10_000.0
"""Audio kept for a transcriber that is away."""

EndReason = Literal["completed", "dropped"]

_log = logging.getLogger(__name__)


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

    def __init__(self, calls: "Calls", call: Call, opened: LegOpened, offset_ms: float) -> None:
        self.id = f"{opened.role}.{uuid.uuid4().hex}"
        self.call = call
        self.role: SpeechRole = opened.role
        self._calls = calls
        self._opened = opened
        self._format = AudioFormat(encoding=opened.encoding, sample_rate=opened.sample_rate)
        self._leg: AudioLeg | None = None
        self._kept: deque[bytes] = deque()
        self._kept_ms = 0.0
        self._closed = False
        self._attempt = 0
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
            await self._calls.lost(self)

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
            language=self._opened.language or self.call.summary.language,
            offset_ms=max(0, round(self.position_ms - self._kept_ms)),
        )
        try:
            async with asyncio.timeout(PATIENCE_S):
                leg = await self._calls.sink.open(start)
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
                    await self._calls.found(self)
                return
            await self._calls.clock.sleep(REOPEN_S)

    async def close(self) -> None:
        """End the leg; returns once its last words are in the journal, or cannot be."""
        self._closed = True
        leg, self._leg = self._leg, None
        if leg is None:
            return
        try:
            async with asyncio.timeout(FLUSH_S):
                await leg.close()
        except (SouffleurError, OSError, TimeoutError) as error:
            _log.warning("leg not flushed", extra={"error_code": type(error).__name__})

    def _keep(self, samples: bytes) -> None:
        self._kept.append(samples)
        self._kept_ms += self._format.duration_ms(len(samples))
        while self._kept_ms > KEPT_MS:
            self._kept_ms -= self._format.duration_ms(len(self._kept.popleft()))


class Calls:
    """The calls of this process. Use as a context manager: it owns what runs behind the sockets."""

    def __init__(
        self,
        sink: AudioSink,
        conversations: Conversations,
        open_legs: OpenLegs,
        clock: Clock,
        grace_s: float,
    ) -> None:
        self.sink = sink
        self.clock = clock
        self._conversations = conversations
        self._open_legs = open_legs
        self._grace_s = grace_s
        self._calls: dict[tuple[str, str], Call] = {}
        self._tasks = asyncio.TaskGroup()
        self._running: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._spawn(self._keep_leases())
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in tuple(self._running):
            task.cancel()
        await self._tasks.__aexit__(None, None, None)

    async def open(
        self, tenant: str, summary: ConversationSummary, opened: list[LegOpened]
    ) -> list[LiveLeg]:
        """Open legs of a conversation, which joins those that are open already."""
        call = self._calls.setdefault((tenant, summary.id), Call(tenant, summary))
        offset_ms = call.position_ms()
        if offset_ms is None:
            elapsed = self.clock.now() - summary.started_at
            offset_ms = max(0.0, elapsed.total_seconds() * 1000)
        legs = [LiveLeg(self, call, leg, offset_ms) for leg in opened]
        call.legs |= {leg.id: leg for leg in legs}
        await self._open_legs.add(tenant, summary.id, [leg.id for leg in legs], self.clock.now())
        for leg in legs:
            if not await leg.open():
                await self.lost(leg)
        return legs

    async def close(self, legs: list[LiveLeg], reason: EndReason) -> None:
        """Close the legs of one socket; the last of a conversation ends it.

        A socket that dropped may come back within the grace period: it is waited for elsewhere, so
        that this returns at once.
        """
        await asyncio.gather(*(leg.close() for leg in legs))
        if reason == "dropped":
            self._spawn(self._give_up_later(legs))
        else:
            await self._forget(legs, reason)

    async def lost(self, leg: LiveLeg) -> None:
        """Say that a leg has no transcriber and start looking for one."""
        first = not leg.call.down
        leg.call.down.add(leg.id)
        self._spawn(leg.reopen())
        if first:
            await self._say(leg.call, "service.degraded", "The transcriber does not take audio.")

    async def found(self, leg: LiveLeg) -> None:
        """Say that a leg has a transcriber again, once every leg of its call has."""
        leg.call.down.discard(leg.id)
        if not leg.call.down:
            await self._say(leg.call, "service.restored", "Transcription goes on.")

    async def _give_up_later(self, legs: list[LiveLeg]) -> None:
        await self.clock.sleep(self._grace_s)
        await self._forget(legs, "dropped")

    async def _forget(self, legs: list[LiveLeg], reason: EndReason) -> None:
        call = legs[0].call
        for leg in legs:
            call.legs.pop(leg.id, None)
            call.down.discard(leg.id)
        if not call.legs:
            self._calls.pop((call.tenant, call.summary.id), None)
        left = await self._open_legs.remove(call.tenant, call.summary.id, [leg.id for leg in legs])
        if left == 0:
            await self._end(call.tenant, call.summary.id, reason)

    async def _end(self, tenant: str, conversation_id: str, reason: EndReason) -> None:
        try:
            await self._conversations.end(tenant, conversation_id, ConversationEnded(reason=reason))
        except NotFound:
            _log.info("a call ended after its conversation had expired")
        await self._open_legs.forget(tenant, conversation_id)

    async def _keep_leases(self) -> None:
        """Say that our calls live, and end those of gateways that say nothing any more."""
        while going_on():
            try:
                await self._open_legs.renew(self._calls, self.clock.now())
                for tenant, conversation_id in await self._open_legs.abandoned(self.clock.now()):
                    await self._end(tenant, conversation_id, "dropped")
            except (SouffleurError, RedisError) as error:
                _log.warning("leases not renewed", extra={"error_code": type(error).__name__})
            if going_on():
                await self.clock.sleep(RENEW_S)

    async def _say(
        self, call: Call, type_: Literal["service.degraded", "service.restored"], reason: str
    ) -> None:
        event = ServiceStateEvent(
            type=type_,
            conversation_id=call.summary.id,
            time=self.clock.now(),
            data=ServiceState(service="transcribe", reason=reason),
        )
        try:
            await self._conversations.publish(
                call.tenant, event, producer=f"health:{uuid.uuid4().hex}"
            )
        except (SouffleurError, RedisError) as error:
            _log.warning("state not published", extra={"error_code": type(error).__name__})

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._tasks.create_task(self._guarded(work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    @staticmethod
    async def _guarded(work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:  # noqa: BLE001 - one call's trouble must not end the others'
            _log.exception("work behind a call failed")
