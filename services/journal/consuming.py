"""Gives a handler its share of the work: ordered per conversation, effect exactly once."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import Any, Literal

from redis.asyncio.connection import ConnectionPool

from services.contracts.events import ConversationEvent, Event, ServiceState, ServiceStateEvent
from services.journal.encoding import decode, encode
from services.journal.keys import (
    EPOCH,
    GROUPS,
    conversation_keys,
    dead_key,
    holders_key,
    positions_key,
    shard_key,
)
from services.journal.line import Line, running
from services.journal.scripting import prepare, script
from services.journal.shards import Shard, Shards
from services.journal.work import Handler, Policy, Work
from services.kit.clock import Clock
from services.kit.errors import Unavailable
from services.kit.failpoints import hit

_log = logging.getLogger(__name__)

_BLOCK_MS = 250
_BATCH = 16
_OUTAGE_PAUSE_S = 0.1
_TRIM_EVERY = 15


class Consumer:
    """One worker of one group."""

    def __init__(
        self,
        pool: ConnectionPool,
        group: str,
        handler: Handler,
        *,
        owner: str,
        types: frozenset[str],
        policy: Policy,
        retention_s: int,
        clock: Clock,
    ) -> None:
        self._group = group
        self._handler = handler
        self._types = types
        self._policy = policy
        self._retention_s = retention_s
        self._clock = clock
        self._line = Line(pool, prepare)
        # A blocking read holds up its connection, so it has one to itself.
        self._blocking = Line(pool, prepare)
        self._shards = Shards(self._line, group, owner=owner, lease_s=policy.lease_s)
        self._queues: dict[tuple[str, str], deque[Work]] = {}
        self._slots = asyncio.Semaphore(policy.concurrency)
        self._backlog = 0
        self._room = asyncio.Event()
        self._owning = asyncio.Event()

    async def run(self) -> None:
        """Consume until cancelled; then give the shards back."""
        async with running(self._line.run(), self._blocking.run()):
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._keep_lease())
                    tasks.create_task(self._read(tasks))
            finally:
                await self._leave()

    async def _leave(self) -> None:
        try:
            await self._shards.leave()
        except Unavailable:
            _log.info("left without giving shards back", extra={"group": self._group})

    async def _keep_lease(self) -> None:
        loop = asyncio.get_running_loop()
        renewed = loop.time()
        rounds = 0
        while True:
            try:
                await self._shards.renew()
                renewed = loop.time()
                rounds += 1
                if rounds % _TRIM_EVERY == 0:
                    await self._trim()
            except Unavailable:
                if loop.time() - renewed > self._policy.lease_s:
                    self._shards.forget_all()
            if self._shards.readable():
                self._owning.set()
            else:
                self._owning.clear()
            await asyncio.sleep(self._policy.lease_s / 4)

    async def _trim(self) -> None:
        for shard in self._shards.readable():
            await self._line.call(
                *script(
                    "trim",
                    (
                        *(shard_key(shard.number), GROUPS),
                        *(holders_key(self._group), positions_key(self._group)),
                    ),
                    *(shard.number, self._retention_s * 1000),
                    *(shard.holder, shard.position_without("")),
                )
            )

    async def _read(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            await self._owning.wait()
            if self._backlog >= self._policy.backlog:
                self._room.clear()
                await self._room.wait()
            shards = {shard_key(shard.number): shard for shard in self._shards.readable()}
            if not shards:
                self._owning.clear()
                continue
            try:
                answer = await self._blocking.call(
                    *("XREAD", "COUNT", _BATCH, "BLOCK", _BLOCK_MS, "STREAMS"),
                    *(*shards, *(shard.cursor for shard in shards.values())),
                    within=_BLOCK_MS / 1000 + 2.0,
                )
            except Unavailable:
                await asyncio.sleep(_OUTAGE_PAUSE_S)
                continue
            for key, entries in answer or ():
                for entry_id, fields in entries:
                    self._accept(tasks, shards[key], entry_id, fields)

    def _accept(
        self, tasks: asyncio.TaskGroup, shard: Shard, entry_id: str, fields: list[str]
    ) -> None:
        # A shard may have been lost, or lost and won again, while the read was under way.
        if shard.lost:
            return
        values = dict(zip(fields[::2], fields[1::2], strict=True))
        work = Work(shard, entry_id, values["t"], values["c"], values["i"], values["e"])
        shard.unsettled[entry_id] = shard.cursor
        shard.cursor = entry_id
        self._backlog += 1
        conversation = (work.tenant, work.conversation_id)
        queue = self._queues.get(conversation)
        if queue is not None:
            queue.append(work)
            return
        self._queues[conversation] = deque([work])
        tasks.create_task(self._work_off(conversation))

    async def _work_off(self, conversation: tuple[str, str]) -> None:
        queue = self._queues[conversation]
        while queue:
            work = queue.popleft()
            try:
                async with self._slots:
                    if not work.shard.lost:
                        await self._settle(work)
            finally:
                work.shard.unsettled.pop(work.entry_id, None)
                self._backlog -= 1
                self._room.set()
        del self._queues[conversation]

    async def _settle(self, work: Work) -> None:
        event = decode(work.event_id, work.payload)
        if event.event.type not in self._types or await self._settled_before(work):
            return
        hit("journal.consume.before_handler")
        results, reason = await self._attempt(work.tenant, event)
        hit("journal.consume.before_commit")
        await self._commit(work, event, results, reason)
        hit("journal.consume.after_commit")

    async def _settled_before(self, work: Work) -> bool:
        """Whether an earlier owner settled this entry; only asked of what it may have seen."""
        if _order(work.entry_id) > _order(work.shard.inherited):
            return False
        state = conversation_keys(work.tenant, work.conversation_id).state
        while not work.shard.lost:
            try:
                done = await self._line.call("HGET", state, f"done:{self._group}")
            except Unavailable:
                await asyncio.sleep(_OUTAGE_PAUSE_S)
            else:
                return done is not None and _order(work.event_id) <= _order(done)
        return True

    async def _attempt(self, tenant: str, event: ConversationEvent) -> tuple[list[Event], str]:
        """Return (results, "") or, when every attempt failed, what to show and the reason."""
        pause = self._policy.retry_pause_s
        for attempt in range(1, self._policy.attempts + 1):
            try:
                async with asyncio.timeout(self._policy.attempt_s):
                    results = list(await self._handler(tenant, event))
                _check(results, event)
            except Exception as error:  # noqa: BLE001 - whatever a handler raises ends here
                reason = type(error).__name__
                _log.warning(
                    "handler failed",
                    exc_info=True,
                    extra={"group": self._group, "type": event.event.type, "attempt": attempt},
                )
                if attempt < self._policy.attempts:
                    await asyncio.sleep(pause)
                    pause *= 2
            else:
                return results, ""
        _log.error("event is dead", extra={"group": self._group, "type": event.event.type})
        return [self._state("service.degraded", event, reason)], reason

    async def _commit(
        self, work: Work, event: ConversationEvent, results: list[Event], reason: str
    ) -> None:
        recovered = False
        while not work.shard.lost:
            try:
                answer = await self._send_commit(work, event, results, reason, recovered=recovered)
            except Unavailable:
                await asyncio.sleep(_OUTAGE_PAUSE_S)
                continue
            if answer == "recover":
                results = [*results, self._state("service.restored", event, "recovered")]
                recovered = True
                continue
            if answer == "fenced":
                _log.info("lost a shard", extra={"group": self._group, "shard": work.shard.number})
                self._shards.forget(work.shard)
            return

    async def _send_commit(
        self,
        work: Work,
        event: ConversationEvent,
        results: list[Event],
        reason: str,
        *,
        recovered: bool,
    ) -> str:
        keys = conversation_keys(work.tenant, work.conversation_id)
        holders, positions = holders_key(self._group), positions_key(self._group)
        dead = dead_key(self._group)
        answer: Any = await self._line.call(
            *script(
                "commit",
                (keys.stream, keys.state, keys.shard, EPOCH, holders, positions, dead),
                *(work.shard.number, work.shard.holder, self._group, work.event_id),
                work.shard.position_without(work.entry_id),
                *(work.tenant, work.conversation_id, self._retention_s),
                *(reason, event.event.type, "1" if recovered else "0", len(results)),
                *(part for result in results for part in encode(result)),
            )
        )
        return str(answer)

    def _state(
        self,
        kind: Literal["service.degraded", "service.restored"],
        event: ConversationEvent,
        reason: str,
    ) -> Event:
        service: Literal["assist", "journal"] = "assist" if self._group == "assist" else "journal"
        return ServiceStateEvent(
            type=kind,
            conversation_id=event.event.conversation_id,
            time=self._clock.now(),
            data=ServiceState(service=service, reason=reason),
        )


def _check(results: Sequence[Event], event: ConversationEvent) -> None:
    for result in results:
        if result.conversation_id != event.event.conversation_id:
            msg = "a handler may only publish to the conversation of its event"
            raise ValueError(msg)


def _order(entry_id: str) -> tuple[int, int]:
    first, _, second = entry_id.partition("-")
    return int(first), int(second)
