"""A worker process that dies at a failpoint, and its careless twin that acknowledges afterwards."""

import asyncio
import multiprocessing
import random
from collections.abc import Sequence
from multiprocessing.process import BaseProcess
from typing import Literal
from uuid import uuid4

from services.contracts.events import ConversationEvent, Event
from services.journal.consuming import Consumer
from services.journal.encoding import WORK_TYPES
from services.journal.journal import Journal
from services.journal.keys import conversation_keys, positions_key
from services.journal.work import Policy, Work
from services.kit.clock import SYSTEM_CLOCK
from services.kit.failpoints import arm, hit
from tests.fakes.eventually import eventually
from tests.fakes.journal_events import analysed

GROUP = "assist"
POLICY = Policy(lease_s=0.25)
POINTS = (
    "journal.consume.before_handler",
    "journal.consume.before_commit",
    "journal.consume.after_commit",
)
BETWEEN = "journal.consume.between"


async def analyse(tenant: str, event: ConversationEvent) -> Sequence[Event]:
    del tenant
    if event.event.type != "turn.final":
        return []
    await asyncio.sleep(random.random() * 0.004)  # the model
    return [analysed(event.event.conversation_id, event.event.data.id)]


class CarelessConsumer(Consumer):
    """Publishes, then acknowledges: the commit that everybody writes first."""

    journal: Journal

    async def _send_commit(
        self,
        work: Work,
        event: ConversationEvent,
        results: list[Event],
        reason: str,
        *,
        recovered: bool,
    ) -> str:
        del event, reason, recovered
        for result in results:
            await self.journal.publish(work.tenant, result, producer=uuid4().hex, seq=1)
        if results:
            hit(BETWEEN)
        state = conversation_keys(work.tenant, work.conversation_id).state
        await self.journal.redis.hset(state, f"done:{GROUP}", work.event_id)
        position = work.shard.position_without(work.entry_id)
        await self.journal.redis.hset(positions_key(GROUP), str(work.shard.number), position)
        return "done"


async def _careless(journal: Journal, owner: str) -> None:
    consumer = CarelessConsumer(
        journal.redis.connection_pool,
        GROUP,
        analyse,
        owner=owner,
        types=WORK_TYPES,
        policy=POLICY,
        retention_s=3600,
        clock=SYSTEM_CLOCK,
    )
    consumer.journal = journal
    await consumer.run()


async def _stalling(journal: Journal, owner: str) -> None:
    """Handle a turn until the key ``go`` is there; then say something that would be noticed."""

    async def stall(tenant: str, event: ConversationEvent) -> Sequence[Event]:
        if event.event.type != "turn.final":
            return await analyse(tenant, event)
        await journal.redis.set("handling", "1")
        await eventually(lambda: _has_go(journal))
        return [analysed(event.event.conversation_id, "stale")]

    await journal.consume(GROUP, stall, owner=owner, policy=POLICY)


async def _has_go(journal: Journal) -> bool:
    return bool(await journal.redis.exists("go"))


async def _sound(journal: Journal, owner: str) -> None:
    await journal.consume(GROUP, analyse, owner=owner, policy=POLICY)


_KINDS = {"sound": _sound, "careless": _careless, "stalling": _stalling}
Kind = Literal["sound", "careless", "stalling"]


async def _work(url: str, owner: str, kind: Kind) -> None:
    async with Journal.open(url) as journal:
        await _KINDS[kind](journal, owner)


def main(url: str, owner: str, failpoints: str, kind: Kind) -> None:
    arm(failpoints)
    asyncio.run(_work(url, owner, kind))


def start(url: str, owner: str, failpoints: str = "", kind: Kind = "sound") -> BaseProcess:
    """Start a worker; forking from a server that has imported everything takes 20 ms."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.fakes.journal_worker"])
    process = context.Process(target=main, args=(url, owner, failpoints, kind), daemon=True)
    process.start()
    return process
