"""Consuming: each event once, in order per conversation, shared between workers."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import pytest

from services.contracts.events import ConversationEvent, Event
from services.journal.encoding import WORK_TYPES
from services.journal.journal import Handler, Journal, Policy
from services.journal.keys import SHARDS, holders_key, shard_key
from tests.fakes.eventually import eventually
from tests.fakes.journal_events import (
    analysed,
    quieter,
    said,
    saying,
    started,
    turns_analysed,
)
from tests.fakes.redis_server import RedisServer, redis_server

POLICY = Policy(lease_s=0.4, retry_pause_s=0.01)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture
async def journal(server: RedisServer) -> AsyncIterator[Journal]:
    async with Journal.open(server.url) as cleaner:
        await cleaner.redis.flushall()
    async with Journal.open(server.url) as opened:
        yield opened


@asynccontextmanager
async def consuming(
    journal: Journal,
    handler: Handler,
    *,
    owner: str = "w",
    group: str = "assist",
    types: frozenset[str] = WORK_TYPES,
    policy: Policy = POLICY,
) -> AsyncIterator[None]:
    task = asyncio.ensure_future(
        journal.consume(group, handler, owner=owner, types=types, policy=policy)
    )
    try:
        yield
    finally:
        task.cancel()
        (outcome,) = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(outcome, asyncio.CancelledError)


async def analyse(tenant: str, event: ConversationEvent) -> Sequence[Event]:
    assert tenant == "acme"
    if event.event.type != "turn.final":
        return []
    return [analysed(event.event.conversation_id, event.event.data.id)]


async def talk(journal: Journal, conversation: str, turns: int) -> list[str]:
    await journal.publish("acme", started(conversation), producer="p", seq=1)
    names = [f"t{number}" for number in range(turns)]
    for number, name in enumerate(names):
        turn = said(conversation, name)
        await journal.publish("acme", turn, producer="p", seq=number + 2)
    return names


async def until(journal: Journal, conversation: str, kind: str, count: int = 1) -> None:
    """Return once a conversation has ``count`` events of a type."""
    async for event in journal.tail("acme", conversation, after=None):
        count -= event.event.type == kind
        if count == 0:
            return


async def holders(journal: Journal, group: str = "assist") -> dict[str, int]:
    """Return how many shards each worker holds, by the name it was given."""
    held: dict[str, int] = defaultdict(int)
    for field, holder in (await journal.redis.hgetall(holders_key(group))).items():
        if not field.startswith("t"):
            held[holder.split("~")[0]] += 1
    return dict(held)


async def test_results_are_published_once_and_in_order(journal: Journal) -> None:
    async with consuming(journal, analyse):
        spoken = {f"c{n}": await talk(journal, f"c{n}", 10) for n in range(8)}
        for name, turns in spoken.items():
            await until(journal, name, "turn.analysed", 10)
            assert turns_analysed(await journal.read("acme", name)) == turns


async def test_what_was_published_before_the_first_worker_is_handled(journal: Journal) -> None:
    turns = await talk(journal, "c", 5)
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with consuming(journal, analyse):
        await until(journal, "c", "turn.analysed", 1)
        assert loop.time() - began < 1.0  # 0.03 s on an idle machine
        await until(journal, "c", "turn.analysed", 5)
    assert turns_analysed(await journal.read("acme", "c")) == turns


async def test_one_conversation_in_order_and_others_meanwhile(journal: Journal) -> None:
    together = asyncio.Barrier(4)
    running: dict[str, int] = defaultdict(int)

    async def meet(tenant: str, event: ConversationEvent) -> Sequence[Event]:
        name = event.event.conversation_id
        running[name] += 1
        assert running[name] == 1
        if event.event.type == "turn.final":
            await together.wait()  # opens only if four conversations are handled at once
        running[name] -= 1
        return await analyse(tenant, event)

    for n in range(4):
        await talk(journal, f"c{n}", 3)
    async with consuming(journal, meet):
        for n in range(4):
            await until(journal, f"c{n}", "turn.analysed", 3)
            assert turns_analysed(await journal.read("acme", f"c{n}")) == ["t0", "t1", "t2"]


async def test_partials_and_analyses_are_no_work_but_results_may_be(journal: Journal) -> None:
    seen: list[str] = []
    third = asyncio.Event()

    async def note(tenant: str, event: ConversationEvent) -> Sequence[Event]:
        del tenant
        seen.append(event.event.type)
        if len(seen) == 3:
            third.set()
        if event.event.type == "turn.final":
            return [saying("c", "t9"), analysed("c", "t0"), quieter("c")]
        return []

    await talk(journal, "c", 0)
    await journal.publish("acme", saying("c", "t0"), producer="p", seq=2)
    await journal.publish("acme", said("c", "t0"), producer="p", seq=3)
    async with consuming(journal, note):
        await third.wait()
    assert seen == ["conversation.started", "turn.final", "preferences.changed"]


async def test_a_worker_gets_only_the_types_it_wants(journal: Journal) -> None:
    seen: list[str] = []

    async def note(tenant: str, event: ConversationEvent) -> Sequence[Event]:
        seen.append(event.event.type)
        return await analyse(tenant, event)

    async with consuming(journal, note, types=frozenset({"turn.final"})):
        await talk(journal, "c", 2)
        await until(journal, "c", "turn.analysed", 2)
    assert seen == ["turn.final", "turn.final"]


async def test_each_group_sees_everything(journal: Journal) -> None:
    seen: dict[str, list[str]] = {"assist": [], "webhooks": []}
    complete = asyncio.Event()

    def note(group: str) -> Handler:
        async def handle(tenant: str, event: ConversationEvent) -> Sequence[Event]:
            del tenant
            seen[group].append(event.event.type)
            if len(seen["assist"]) == len(seen["webhooks"]) == 3:
                complete.set()
            return []

        return handle

    async with consuming(journal, note("assist")):
        await talk(journal, "c", 2)
        async with consuming(journal, note("webhooks"), group="webhooks"):
            await complete.wait()


async def test_a_failing_event_is_retried_then_dead_and_the_screen_says_so(
    journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    attempts: dict[str, int] = defaultdict(int)

    async def fragile(tenant: str, event: ConversationEvent) -> Sequence[Event]:
        if event.event.type == "turn.final":
            attempts[event.event.data.id] += 1
            if event.event.data.id == "t0" and attempts["t0"] < 3:
                raise ConnectionError
            if event.event.data.id == "t1":
                raise ValueError(event.event.data.text)
        return await analyse(tenant, event)

    with caplog.at_level(logging.INFO, "services.journal"):
        async with consuming(journal, fragile):
            await talk(journal, "c", 4)
            await until(journal, "c", "turn.analysed", 3)

    told = [e.event.type for e in await journal.read("acme", "c")]
    told = [kind for kind in told if kind not in {"conversation.started", "turn.final"}]
    assert told == [
        "turn.analysed",
        "service.degraded",
        "turn.analysed",
        "service.restored",
        "turn.analysed",
    ]
    assert attempts == {"t0": 3, "t1": 3, "t2": 1, "t3": 1}
    ((_, dead),) = await journal.redis.xrange("dead:assist")
    assert dead["reason"] == "ValueError"
    assert dead["type"] == "turn.final"
    assert "Bonjour" not in str(dead)
    assert "Bonjour" not in " ".join(record.getMessage() for record in caplog.records)


async def test_a_hanging_handler_holds_up_its_own_conversation_only(journal: Journal) -> None:
    async def hang(tenant: str, event: ConversationEvent) -> Sequence[Event]:
        if event.event.conversation_id == "stuck" and event.event.type == "turn.final":
            await asyncio.Event().wait()
        return await analyse(tenant, event)

    policy = Policy(lease_s=0.4, attempts=2, attempt_s=0.2, retry_pause_s=0.01)
    async with consuming(journal, hang, policy=policy):
        await talk(journal, "stuck", 1)
        await talk(journal, "free", 3)
        await until(journal, "free", "turn.analysed", 3)
        await until(journal, "stuck", "service.degraded")
    ((_, dead),) = await journal.redis.xrange("dead:assist")
    assert dead["reason"] == "TimeoutError"


async def test_a_handler_cannot_publish_into_another_conversation(journal: Journal) -> None:
    async def stray(tenant: str, event: ConversationEvent) -> Sequence[Event]:
        del tenant
        return [analysed("other", "t")] if event.event.conversation_id == "c" else []

    async with consuming(journal, stray):
        await talk(journal, "other", 0)
        await talk(journal, "c", 0)
        await until(journal, "c", "service.degraded")
    assert turns_analysed(await journal.read("acme", "other")) == []


async def test_workers_share_fairly_and_hand_over_when_they_leave(journal: Journal) -> None:
    async def settled(expected: dict[str, int]) -> None:
        async def so() -> bool:
            return await holders(journal) == expected

        await eventually(so)

    async with consuming(journal, analyse, owner="one"):
        await settled({"one": SHARDS})
        async with consuming(journal, analyse, owner="two"):
            await settled({"one": 32, "two": 32})
            spoken = {f"c{n}": await talk(journal, f"c{n}", 3) for n in range(20)}
            for name in spoken:
                await until(journal, name, "turn.analysed", 3)
        assert "two" not in await holders(journal)
        await settled({"one": SHARDS})
    assert await holders(journal) == {}
    for name, turns in spoken.items():
        assert turns_analysed(await journal.read("acme", name)) == turns


async def test_moving_shards_about_under_load_keeps_every_order(journal: Journal) -> None:
    async def slow(tenant: str, event: ConversationEvent) -> Sequence[Event]:
        await asyncio.sleep(0.002)
        return await analyse(tenant, event)

    async def speak(name: str) -> list[str]:
        return await talk(journal, name, 60)

    names = [f"c{n}" for n in range(12)]
    async with consuming(journal, slow, owner="steady"):
        speaking = asyncio.gather(*(speak(name) for name in names))
        for visitor in range(4):
            async with consuming(journal, slow, owner=f"visitor{visitor}"):
                await asyncio.sleep(0.25)
        spoken = dict(zip(names, await speaking, strict=True))
        for name in names:
            await until(journal, name, "turn.analysed", 60)
    for name in names:
        assert turns_analysed(await journal.read("acme", name)) == spoken[name]


async def test_more_work_than_the_backlog_holds_is_read_in_turn(journal: Journal) -> None:
    policy = Policy(lease_s=0.4, concurrency=2, backlog=8)
    spoken = {f"c{n}": await talk(journal, f"c{n}", 20) for n in range(10)}
    async with consuming(journal, analyse, policy=policy):
        for name, turns in spoken.items():
            await until(journal, name, "turn.analysed", 20)
            assert turns_analysed(await journal.read("acme", name)) == turns


async def test_settled_work_is_trimmed_away(journal: Journal) -> None:
    async def trimmed() -> bool:
        # The newest entry of a shard may stay until the next one is settled.
        return sum([await journal.redis.xlen(shard_key(n)) for n in range(SHARDS)]) <= 1

    policy = Policy(lease_s=0.05)
    async with consuming(journal, analyse, policy=policy):
        await talk(journal, "c", 50)
        await until(journal, "c", "turn.analysed", 50)
        await eventually(trimmed)


async def test_an_erased_conversation_is_not_brought_back(journal: Journal) -> None:
    erased = asyncio.Event()
    begun = asyncio.Event()

    async def linger(tenant: str, event: ConversationEvent) -> Sequence[Event]:
        if event.event.type == "turn.final" and event.event.conversation_id == "gone":
            begun.set()
            await erased.wait()
        return await analyse(tenant, event)

    async with consuming(journal, linger):
        await talk(journal, "gone", 1)
        await begun.wait()
        await journal.redis.delete("acme/conversation/gone", "acme/conversation/gone/state")
        erased.set()
        await talk(journal, "c", 1)
        await until(journal, "c", "turn.analysed", 1)
    assert await journal.redis.keys("acme/conversation/gone*") == []


async def test_a_commit_under_an_old_token_is_refused(journal: Journal) -> None:
    stolen = asyncio.Event()
    calls = 0

    async def robbed(tenant: str, event: ConversationEvent) -> Sequence[Event]:
        nonlocal calls
        calls += event.event.type == "turn.final"
        if event.event.type == "turn.final" and not stolen.is_set():
            held = await journal.redis.hgetall(holders_key("assist"))
            for shard in filter(str.isdigit, held):
                token = await journal.redis.hincrby(holders_key("assist"), f"t{shard}", 1)
                await journal.redis.hset(holders_key("assist"), shard, f"thief {token}")
            stolen.set()
            return [analysed("c", "stale")]
        return await analyse(tenant, event)

    async with consuming(journal, robbed):
        await talk(journal, "c", 1)
        await until(journal, "c", "turn.analysed", 1)
    assert calls == 2
    assert turns_analysed(await journal.read("acme", "c")) == ["t0"]
