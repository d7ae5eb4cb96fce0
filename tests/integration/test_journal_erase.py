"""Erasing a conversation takes all of it out of the journal, and nothing else, under way or not."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest

from services.contracts.events import ConversationEvent, Event
from services.journal.journal import Journal, Policy
from services.journal.keys import shard_key, shard_of
from services.kit.errors import NotFound
from tests.fakes.journal_events import analysed, said, started, turns_analysed
from tests.fakes.redis_server import RedisServer, redis_server

HERE = shard_of("acme", "c0")
NAMES = [name for n in range(400) if shard_of("acme", name := f"c{n}") == HERE][:4]
"""Conversations that share one stream of work."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path) as running:
        yield running


@pytest.fixture
async def journal(server: RedisServer) -> AsyncIterator[Journal]:
    async with Journal.open(server.url) as opened:
        yield opened


async def test_a_worker_notices_nothing_but_the_erased_conversation(journal: Journal) -> None:
    gone, *others = NAMES
    seen: dict[str, list[str]] = defaultdict(list)

    async def analyse(tenant: str, event: ConversationEvent) -> Sequence[Event]:
        del tenant
        await asyncio.sleep(0.002)
        if event.event.type != "turn.final":
            return []
        seen[event.event.conversation_id].append(event.event.data.id)
        return [analysed(event.event.conversation_id, event.event.data.id)]

    for name in NAMES:
        await journal.publish("acme", started(name), producer="p", seq=1)
    policy = Policy(lease_s=0.4, concurrency=1)
    working = asyncio.ensure_future(journal.consume("assist", analyse, owner="w", policy=policy))
    erased = False
    for turn in range(30):
        for name in NAMES:
            if name == gone and erased:
                continue
            await journal.publish("acme", said(name, f"t{turn}"), producer="p", seq=turn + 2)
        if turn == 15:
            await asyncio.sleep(0.05)
            assert await journal.erase("acme", gone) >= 17
            erased = True
            with pytest.raises(NotFound):
                await journal.publish("acme", said(gone, "x"), producer="p", seq=18)
            work = await journal.redis.xrange(shard_key(HERE))
            assert gone not in {fields["c"] for _, fields in work}
    expected = [f"t{turn}" for turn in range(30)]
    async with asyncio.timeout(15):
        for name in others:
            while turns_analysed(await journal.read("acme", name)) != expected:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert all(seen[name] == expected for name in others)
    with pytest.raises(NotFound):
        await journal.read("acme", gone)
    left = [name async for name in journal.redis.scan_iter(f"acme/conversation/{gone}*")]
    assert left == []


async def test_ids_of_the_work_go_on_rising(journal: Journal) -> None:
    """A worker's cursor must lead on although all that it points at is erased."""
    only = NAMES[0]
    await journal.publish("acme", started(only), producer="p", seq=1)
    before = (await journal.redis.xinfo_stream(shard_key(HERE)))["last-generated-id"]
    await journal.erase("acme", only)
    stream = await journal.redis.xinfo_stream(shard_key(HERE))
    assert (stream["length"], stream["last-generated-id"]) == (0, before)
    await journal.publish("acme", started(only), producer="p", seq=1)
    ((new, _),) = await journal.redis.xrange(shard_key(HERE))
    assert tuple(map(int, new.split("-"))) > tuple(map(int, before.split("-")))


async def test_the_bytes_of_deleted_work_are_gone_too(journal: Journal) -> None:
    for name in NAMES:
        await journal.publish("acme", started(name), producer="p", seq=1)
        await journal.publish("acme", said(name, "t", f"Secret de {name}"), producer="p", seq=2)
    redis = journal.redis
    await redis.config_set("rdbcompression", "no")
    assert f"Secret de {NAMES[1]}".encode() in await redis.dump(shard_key(HERE))
    await journal.erase("acme", NAMES[1])
    dumped = await redis.dump(shard_key(HERE))
    assert NAMES[1].encode() not in dumped
    assert f"Secret de {NAMES[2]}".encode() in dumped


async def test_pointers_among_the_dead_go_too(journal: Journal) -> None:
    async def fail(tenant: str, event: ConversationEvent) -> Sequence[Event]:
        del tenant, event
        raise ValueError

    for name in NAMES[:2]:
        await journal.publish("acme", started(name), producer="p", seq=1)
    policy = Policy(lease_s=0.4, attempts=1)
    working = asyncio.ensure_future(journal.consume("assist", fail, owner="w", policy=policy))
    async with asyncio.timeout(10):
        while await journal.redis.xlen("dead:assist") < 2:  # noqa: ASYNC110 - nothing announces it
            await asyncio.sleep(0.02)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    await journal.erase("acme", NAMES[0])
    ((_, fields),) = await journal.redis.xrange("dead:assist")
    assert fields["conversation"] == NAMES[1]
