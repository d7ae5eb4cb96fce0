"""Redis dies, freezes or comes back with less: callers hear of it, and all goes on by itself."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from services.contracts.events import ConversationEvent, Event, cursor_of
from services.journal.journal import Journal, Policy, ResyncNeeded
from services.kit.errors import Unavailable
from tests.fakes.journal_events import (
    analysed,
    said,
    started,
    turns_analysed,
    turns_said,
)
from tests.fakes.redis_proxy import redis_proxy
from tests.fakes.redis_server import RedisServer, redis_server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path, fsync="always") as running:
        yield running


@pytest.fixture
async def journal(server: RedisServer) -> AsyncIterator[Journal]:
    async with Journal.open(server.url) as opened:
        await opened.publish("acme", started("c"), producer="p", seq=1)
        yield opened


async def analyse(tenant: str, event: ConversationEvent) -> Sequence[Event]:
    del tenant
    if event.event.type != "turn.final":
        return []
    return [analysed(event.event.conversation_id, event.event.data.id)]


@asynccontextmanager
async def beside(running: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.ensure_future(running)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def insist(call: Callable[[], Coroutine[Any, Any, object]]) -> None:
    """Call until it works, as every producer does."""
    while True:
        try:
            await call()
        except Unavailable:
            continue
        return


@pytest.mark.parametrize("trouble", ["kill", "freeze"])
async def test_callers_hear_within_two_seconds_and_all_goes_on(
    server: RedisServer, journal: Journal, trouble: str
) -> None:
    loop = asyncio.get_running_loop()
    server.kill() if trouble == "kill" else server.freeze()
    asked = loop.time()
    with pytest.raises(Unavailable) as refused:
        await journal.publish("acme", said("c", "t0"), producer="p", seq=2)
    assert loop.time() - asked < 2.5
    assert refused.value.retry_after_s
    with pytest.raises(Unavailable):
        await journal.ping()

    server.start() if trouble == "kill" else server.thaw()
    back = loop.time()
    await insist(lambda: journal.publish("acme", said("c", "t0"), producer="p", seq=2))
    await insist(lambda: journal.read("acme", "c"))
    assert loop.time() - back < 5
    assert turns_said(await journal.read("acme", "c")) == ["t0"]


async def test_forgotten_scripts_are_loaded_again_unnoticed(journal: Journal) -> None:
    await journal.publish("acme", said("c", "t1"), producer="p", seq=2)
    await journal.redis.script_flush()
    await asyncio.gather(
        journal.publish("acme", said("c", "t2"), producer="p", seq=3),
        *(journal.read("acme", "c") for _ in range(20)),
    )
    assert turns_said(await journal.read("acme", "c")) == ["t1", "t2"]


async def test_a_journal_opens_before_its_redis_is_there(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    async with Journal.open(server.url) as journal:
        server.start()
        try:
            await insist(journal.ping)
            await journal.publish("acme", started("c"), producer="p", seq=1)
        finally:
            server.kill()


async def test_kills_of_redis_lose_and_double_nothing_acknowledged(
    server: RedisServer, journal: Journal
) -> None:
    async def talk(turns: int) -> None:
        for number in range(turns):
            turn = said("c", f"t{number}")
            await insist(
                lambda turn=turn, seq=number + 2: journal.publish(
                    "acme", turn, producer="p", seq=seq
                )
            )

    async def kill() -> None:
        for _ in range(4):
            await asyncio.sleep(0.3)
            server.kill()
            await asyncio.to_thread(server.start)

    consumer = journal.consume("assist", analyse, owner="w", policy=Policy(lease_s=0.4))
    async with beside(consumer):
        await asyncio.gather(talk(300), kill())
        expected = [f"t{number}" for number in range(300)]
        events: list[ConversationEvent] = []
        while turns_analysed(events) != expected:
            await asyncio.sleep(0.05)
            await insist(lambda: journal.ping())
            events = await journal.read("acme", "c")
            assert len(set(turns_analysed(events))) == len(turns_analysed(events))
    assert turns_said(events) == expected


async def test_a_restart_is_reported_to_tails_which_then_go_on(
    server: RedisServer, journal: Journal
) -> None:
    tail = journal.tail("acme", "c", after=None)
    seen = await anext(tail)
    server.kill()
    server.start()
    with pytest.raises(ResyncNeeded):
        await anext(tail)

    # Nothing of this conversation was lost: a snapshot's cursor leads on.
    tail = journal.tail("acme", "c", after=seen.id)
    fresh = await journal.publish("acme", said("c", "t0"), producer="p", seq=2)
    assert fresh is not None
    assert await anext(tail) == fresh
    assert cursor_of(fresh.id)[0] > cursor_of(seen.id)[0]
    assert cursor_of(fresh.id)[1] == 2
    await tail.aclose()


async def test_what_a_crash_took_is_reported_and_its_ids_are_not_used_again(
    server: RedisServer, journal: Journal
) -> None:
    await journal.publish("acme", said("c", "t0"), producer="p", seq=2)
    size = server.append_only_file().stat().st_size
    lost = await journal.publish("acme", said("c", "t1"), producer="p", seq=3)
    late = await journal.publish("acme", said("c", "t2"), producer="p", seq=4)
    assert lost is not None
    assert late is not None

    server.kill()
    with server.append_only_file().open("r+b") as data:
        data.truncate(size)
    server.start()

    # Before anything else is published, and after something else has taken the place.
    await insist(journal.ping)
    with pytest.raises(ResyncNeeded):
        await anext(journal.tail("acme", "c", after=lost.id))
    again = await journal.publish("acme", said("c", "t3"), producer="p", seq=5)
    assert again is not None
    assert cursor_of(again.id)[1] == cursor_of(lost.id)[1]
    assert again.id != lost.id
    for gone in (lost.id, late.id):
        with pytest.raises(ResyncNeeded):
            await journal.read("acme", "c", after=gone)

    # The producer was ahead of what survived; it is not stuck, and gaps count as before.
    await journal.publish("acme", said("c", "t4"), producer="p", seq=6)
    events = await journal.read("acme", "c")
    assert turns_said(events) == ["t0", "t3", "t4"]
    for cursor in events:
        assert await journal.read("acme", "c", after=cursor.id) is not None


async def test_a_result_for_a_lost_turn_is_not_published(
    server: RedisServer, journal: Journal
) -> None:
    handling, crashed = asyncio.Event(), asyncio.Event()

    async def linger(tenant: str, event: ConversationEvent) -> Sequence[Event]:
        if event.event.type == "turn.final" and event.event.data.id == "lost":
            handling.set()
            await crashed.wait()
        return await analyse(tenant, event)

    async with beside(journal.consume("assist", linger, owner="w", policy=Policy(lease_s=0.4))):
        async for event in journal.tail("acme", "c", after=None):
            if event.event.type == "conversation.started":
                await journal.publish("acme", said("c", "t0"), producer="p", seq=2)
            if event.event.type == "turn.analysed":
                break
        size = server.append_only_file().stat().st_size
        await journal.publish("acme", said("c", "lost"), producer="p", seq=3)
        await handling.wait()
        server.kill()
        with server.append_only_file().open("r+b") as data:
            data.truncate(size)
        server.start()
        crashed.set()
        await insist(lambda: journal.publish("acme", said("c", "t1"), producer="p", seq=4))
        events: list[ConversationEvent] = []
        async for event in journal.tail("acme", "c", after=None):
            events.append(event)
            if turns_analysed(events)[-1:] == ["t1"]:
                break
    assert turns_analysed(events) == ["t0", "t1"]


@pytest.mark.parametrize("trouble", ["cut", "swallow"])
async def test_a_cut_network_is_bridged_without_a_resync(server: RedisServer, trouble: str) -> None:
    loop = asyncio.get_running_loop()
    async with redis_proxy(server.socket) as proxy, Journal.open(proxy.url) as journal:
        await journal.publish("acme", started("c"), producer="p", seq=1)
        async with beside(journal.consume("assist", analyse, owner="w", policy=Policy())):
            tail = journal.tail("acme", "c", after=None)
            seen = [await anext(tail)]
            await journal.publish("acme", said("c", "t0"), producer="p", seq=2)
            seen += [await anext(tail), await anext(tail)]

            proxy.cut() if trouble == "cut" else proxy.swallow()
            with pytest.raises(Unavailable):
                await journal.publish("acme", said("c", "t1"), producer="p", seq=3)
            proxy.mend()
            mended = loop.time()
            await insist(lambda: journal.publish("acme", said("c", "t1"), producer="p", seq=3))
            while turns_analysed(seen) != ["t0", "t1"]:
                seen.append(await anext(tail))
            assert loop.time() - mended < 5
            await tail.aclose()
        assert seen == await journal.read("acme", "c")


async def test_a_lost_answer_to_publish_does_not_store_twice(server: RedisServer) -> None:
    async with (
        redis_proxy(server.socket) as proxy,
        Journal.open(server.url) as direct,
        Journal.open(proxy.url) as journal,
    ):
        await journal.publish("acme", started("c"), producer="p", seq=1)
        tail = direct.tail("acme", "c", after=await direct.head("acme", "c"))
        proxy.swallow_answers()
        publishing = asyncio.ensure_future(
            journal.publish("acme", said("c", "t0"), producer="p", seq=2)
        )
        stored = await anext(tail)
        proxy.cut()
        proxy.mend()

        assert await publishing == stored
        assert turns_said(await direct.read("acme", "c")) == ["t0"]
        await tail.aclose()


async def test_a_lost_answer_to_a_commit_does_not_publish_twice(server: RedisServer) -> None:
    async with redis_proxy(server.socket) as proxy, Journal.open(server.url) as direct:

        async def muffled(tenant: str, event: ConversationEvent) -> Sequence[Event]:
            if event.event.type == "turn.final" and event.event.data.id == "t0":
                proxy.swallow_answers()
            return await analyse(tenant, event)

        await direct.publish("acme", started("c"), producer="p", seq=1)
        tail = direct.tail("acme", "c", after=await direct.head("acme", "c"))
        async with (
            Journal.open(proxy.url) as journal,
            beside(journal.consume("assist", muffled, owner="w", policy=Policy())),
        ):
            await direct.publish("acme", said("c", "t0"), producer="p", seq=2)
            events = [await anext(tail), await anext(tail)]
            proxy.cut()
            proxy.mend()
            await direct.publish("acme", said("c", "t1"), producer="p", seq=3)
            while turns_analysed(events)[-1:] != ["t1"]:
                events.append(await anext(tail))
        assert turns_analysed(events) == ["t0", "t1"]
        await tail.aclose()
