"""Tailing: history, then live, from any cursor, a thousand at a time on one connection."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts.events import ConversationEvent
from services.journal.journal import Journal
from services.kit.errors import NotFound
from tests.fakes.eventually import eventually
from tests.fakes.journal_events import said, saying, started, turns_said
from tests.fakes.redis_server import RedisServer, redis_server


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


async def take(
    journal: Journal, count: int, after: str | None = None, conversation: str = "c"
) -> list[ConversationEvent]:
    events: list[ConversationEvent] = []
    tail = journal.tail("acme", conversation, after=after)
    while len(events) < count:
        events.append(await anext(tail))
    await tail.aclose()
    return events


async def talk(journal: Journal, turns: int, conversation: str = "c") -> None:
    await journal.publish("acme", started(conversation), producer="p", seq=1)
    for number in range(turns):
        turn = said(conversation, f"t{number}")
        await journal.publish("acme", turn, producer="p", seq=number + 2)


async def _listening(journal: Journal, anyone: bool) -> bool:
    return bool(await journal.redis.pubsub_channels()) is anyone


async def test_a_tail_gives_history_and_then_what_happens(journal: Journal) -> None:
    await talk(journal, 3)
    tail = journal.tail("acme", "c", after=None)
    history = [await anext(tail) for _ in range(4)]
    assert history == await journal.read("acme", "c")

    waiting = asyncio.ensure_future(anext(tail))
    await asyncio.sleep(0)
    fresh = await journal.publish("acme", said("c", "t3"), producer="p", seq=5)
    assert await waiting == fresh
    await tail.aclose()


async def test_a_tail_of_nothing_says_so(journal: Journal) -> None:
    with pytest.raises(NotFound):
        await take(journal, 1, conversation="nobody")


events = st.lists(st.sampled_from(["turn", "partial", "final"]), min_size=1, max_size=25)


@settings(max_examples=25, deadline=None)
@given(script=events, data=st.data())
def test_from_any_cursor_a_tail_is_the_rest_of_the_conversation(
    server: RedisServer, script: list[str], data: st.DataObject
) -> None:
    """A screen built at any moment, and what its tail yields later, make the whole."""

    async def play() -> None:
        async with Journal.open(server.url) as cleaner:
            await cleaner.redis.flushall()
        async with Journal.open(server.url) as journal:
            first = await journal.publish("acme", started("c"), producer="p", seq=1)
            assert first is not None
            ids = [first.id]
            for number, kind in enumerate(script):
                event = saying("c", "t") if kind == "partial" else said("c", "t")
                if kind == "turn":
                    event = said("c", f"t{number}")
                stored = await journal.publish("acme", event, producer="p", seq=number + 2)
                assert stored is not None
                ids.append(stored.id)
            whole = await journal.read("acme", "c")
            # Cursors of partials that are gone by now count as well.
            cursor = data.draw(st.sampled_from(ids))
            rest = await journal.read("acme", "c", after=cursor)
            assert rest == [e for e in whole if ids.index(e.id) > ids.index(cursor)]
            assert await take(journal, len(rest), after=cursor) == rest

    asyncio.run(play())


async def test_a_slow_reader_misses_nothing(journal: Journal) -> None:
    await talk(journal, 0)
    tail = journal.tail("acme", "c", after=None)
    await anext(tail)
    for number in range(500):
        await journal.publish("acme", said("c", f"t{number}"), producer="p", seq=number + 2)

    seen = [await anext(tail) for _ in range(500)]
    assert turns_said(seen) == [f"t{number}" for number in range(500)]
    await tail.aclose()


async def test_a_thousand_tails_share_the_connections_and_all_hear(journal: Journal) -> None:
    conversations = [f"c{number}" for number in range(100)]
    for name in conversations:
        await talk(journal, 0, name)
    heard = 0
    everyone = asyncio.Event()
    reading = 0
    ready = asyncio.Event()

    async def listen(name: str) -> None:
        nonlocal heard, reading
        tail = journal.tail("acme", name, after=None)
        await anext(tail)
        reading += 1
        if reading == 1000:
            ready.set()
        event = await anext(tail)
        assert event.event.conversation_id == name
        heard += 1
        if heard == 1000:
            everyone.set()
        await tail.aclose()

    async with asyncio.TaskGroup() as tasks:
        for number in range(1000):
            tasks.create_task(listen(conversations[number % 100]))
        await ready.wait()
        assert len(await journal.redis.client_list()) <= 5
        for name in conversations:
            await journal.publish("acme", said(name, "t0"), producer="p", seq=2)
        async with asyncio.timeout(4):  # under the safety poll: the wake-ups did it
            await everyone.wait()

    # The channels are let go with their last listener.
    await eventually(lambda: _listening(journal, False))


async def test_a_tail_wakes_by_itself_when_the_announcements_are_lost(journal: Journal) -> None:
    await talk(journal, 0)
    tail = journal.tail("acme", "c", after=None)
    await anext(tail)
    waiting = asyncio.ensure_future(anext(tail))
    await eventually(lambda: _listening(journal, True))
    await journal.redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")

    fresh = await journal.publish("acme", said("c", "t0"), producer="p", seq=2)
    assert await waiting == fresh
    await tail.aclose()


async def test_scripts_that_someone_flushed_are_loaded_again(journal: Journal) -> None:
    await talk(journal, 1)
    await journal.redis.script_flush()

    await journal.publish("acme", said("c", "t1"), producer="p", seq=3)
    assert turns_said(await journal.read("acme", "c")) == ["t0", "t1"]


async def test_a_flushed_redis_starts_a_new_epoch(journal: Journal) -> None:
    await talk(journal, 1)
    before = await journal.head("acme", "c")
    await journal.redis.flushall()

    await talk(journal, 1)
    assert int((await journal.head("acme", "c")).split("-")[0]) > int(before.split("-")[0])
