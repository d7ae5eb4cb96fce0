"""Live calls: which legs are open, what is said of them, and when a call is over."""

import asyncio
import logging
import uuid
from collections.abc import Coroutine
from typing import Any, Literal, Self

from redis.exceptions import RedisError

from services.contracts.audio import AudioSink
from services.contracts.conversation import ConversationEnded, ConversationSummary
from services.contracts.events import ServiceState, ServiceStateEvent
from services.gateway.channels.base import LegOpened
from services.gateway.conversations import Conversations
from services.gateway.live_leg import Call, LiveLeg
from services.kit.clock import Clock
from services.kit.errors import NotFound, SouffleurError
from services.kit.tasks import going_on
from services.records.legs import OpenLegs

RENEW_S = 5.0
EndReason = Literal["completed", "dropped"]

_log = logging.getLogger(__name__)


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
        self.spawn(self._keep_leases())
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
            self.spawn(self._give_up_later(legs))
        else:
            await self._forget(legs, reason)

    async def lost(self, leg: LiveLeg) -> None:
        """Say that a leg has no transcriber and start looking for one."""
        first = not leg.call.down
        leg.call.down.add(leg.id)
        self.spawn(leg.reopen())
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

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do ``work`` behind the sockets; it ends with this object at the latest."""
        task = self._tasks.create_task(self._guarded(work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    @staticmethod
    async def _guarded(work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:  # noqa: BLE001 - one call's trouble must not end the others'
            _log.exception("work behind a call failed")
