"""Playbooks in a real Redis: a version, its text and its being in force come together, or not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.journal.journal import Journal
from services.records.playbooks import (
    ALIVE_S,
    MOST_VERSIONS,
    FittedState,
    NewPlaybook,
    PlaybookRecords,
)
from tests.fakes.eventually import eventually
from tests.fakes.redis_server import RedisServer

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def new(text: str, **labels: str) -> NewPlaybook:
    return NewPlaybook(text.encode(), "application/yaml", "a-1", labels)


@asynccontextmanager
async def records_on(server: RedisServer) -> AsyncIterator[PlaybookRecords]:
    async with Journal.open(server.url) as journal:
        yield PlaybookRecords(journal.redis)


async def test_a_kill_in_the_middle_of_writing_leaves_a_whole_version(tmp_path: Path) -> None:
    server = RedisServer(tmp_path, fsync="always")
    server.start()
    acknowledged = 0

    async def write() -> None:
        nonlocal acknowledged
        async with records_on(server) as records:
            while True:
                kept = await records.put("t", new(f"text {acknowledged + 1}"), NOW)
                assert kept is not None
                acknowledged = kept[0].number

    async def twenty() -> bool:
        return acknowledged >= 20

    writing = asyncio.create_task(write())
    try:
        await eventually(twenty)
        server.kill()
        await asyncio.wait([writing], timeout=20)
        server.start()
        async with records_on(server) as records:
            active, text = await records.active_text("t")
            # What was acknowledged is there; the one after it wholly, or not at all.
            assert active.number in {acknowledged, acknowledged + 1}
            assert text == f"text {active.number}".encode()
            versions = await records.versions("t")
            assert [version.number for version in versions] == list(
                range(active.number, max(0, active.number - MOST_VERSIONS), -1)
            )
            for version in versions:
                assert await records.text("t", version) == f"text {version.number}".encode()
            assert [tenant for tenant, _ in await records.touched(0)] == ["t"]
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        server.kill()


async def test_tenants_are_apart_and_texts_are_kept_once(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    server.start()
    try:
        async with records_on(server) as records:
            await records.put("t", new("one", late="Retard"), NOW)
            await records.put("t", new("two", lost="Perte"), NOW)
            back = await records.put("t", new("one", late="Retard"), NOW)
            assert back is not None
            assert (back[0].number, back[1]) == (3, True)
            assert await records._redis.hlen("t/playbook/texts") == 2
            assert await records.labels("t") == {"late": "Retard", "lost": "Perte"}
            seen = await records.active("t")
            assert await records.put("t", new("x"), NOW, over=await records.active("u")) is None
            assert (await records.active("u")).version is None
            assert (await records.versions("u"), await records.labels("u")) == ([], {})
            later = NOW + timedelta(seconds=1)
            assert await records.reset("t", later, over=seen)
            # What was in force before is not what was seen, although the text is the same.
            assert await records.reset("t", later, over=seen) is False
            assert await records.put("t", new("one"), later, over=seen) is None
    finally:
        server.kill()


async def test_an_assistant_that_died_counts_no_more(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    server.start()
    try:
        async with records_on(server) as records:
            for name in ("a", "b"):
                await records.live(name, NOW)
                await records.report("t", name, FittedState(version=1, since=NOW))
            later = NOW + timedelta(seconds=ALIVE_S + 1)
            await records.live("b", later)
            assert set(await records.fitted("t", later)) == {"b"}
            assert await records._redis.hkeys("t/playbook/fitted") == ["b"]
            assert await records.fitted("u", later) == {"b": None}
    finally:
        server.kill()
