"""Publishing: once, in order, and only into conversations that exist."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.contracts.events import cursor_of
from services.journal.journal import Journal, ResyncNeeded
from services.kit.errors import Conflict, InvalidInput, NotFound
from tests.fakes.journal_events import said, saying, started, turns_said
from tests.fakes.redis_server import RedisServer, redis_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture
async def journal(server: RedisServer) -> AsyncIterator[Journal]:
    """A journal whose epoch is there: flushing takes it away until the next connection."""
    async with Journal.open(server.url) as cleaner:
        await cleaner.redis.flushall()
    async with Journal.open(server.url, retention_days=2) as opened:
        yield opened


async def test_events_get_rising_ids_of_one_epoch(journal: Journal) -> None:
    first = await journal.publish("acme", started("c"), producer="p", seq=1)
    second = await journal.publish("acme", said("c", "t1"), producer="p", seq=2)

    assert first is not None
    assert second is not None
    (epoch, one), (same, two) = cursor_of(first.id), cursor_of(second.id)
    assert (epoch, one, two) == (same, 1, 2)
    assert await journal.read("acme", "c") == [first, second]
    assert await journal.head("acme", "c") == second.id


async def test_a_repeat_is_acknowledged_with_its_first_id(journal: Journal) -> None:
    await journal.publish("acme", started("c"), producer="p", seq=1)
    once = await journal.publish("acme", said("c", "t1"), producer="p", seq=2)
    again = await journal.publish("acme", said("c", "t1"), producer="p", seq=2)
    older = await journal.publish("acme", started("c"), producer="p", seq=1)

    assert once == again
    assert older is None
    assert len(await journal.read("acme", "c")) == 2


async def test_a_gap_is_refused_and_names_what_is_missing(journal: Journal) -> None:
    await journal.publish("acme", started("c"), producer="p", seq=1)

    with pytest.raises(Conflict, match="send 2 first") as refused:
        await journal.publish("acme", said("c", "t1"), producer="p", seq=3)
    assert refused.value.field == "seq"
    with pytest.raises(Conflict, match="send 1 first"):
        await journal.publish("acme", said("c", "t1"), producer="other", seq=2)


async def test_a_conversation_starts_once(journal: Journal) -> None:
    await journal.publish("acme", started("c"), producer="p", seq=1)

    with pytest.raises(Conflict, match="exists already"):
        await journal.publish("acme", started("c"), producer="q", seq=1)
    with pytest.raises(Conflict, match="exists already"):
        await journal.publish("acme", started("c"), producer="p", seq=2)


async def test_nothing_is_known_before_it_starts(journal: Journal) -> None:
    with pytest.raises(NotFound):
        await journal.publish("acme", said("c", "t1"), producer="p", seq=1)
    with pytest.raises(NotFound):
        await journal.read("acme", "c")
    with pytest.raises(NotFound):
        await journal.head("acme", "c")
    assert await journal.redis.keys("acme/*") == []


async def test_tenants_see_nothing_of_each_other(journal: Journal) -> None:
    await journal.publish("acme", started("c"), producer="p", seq=1)

    with pytest.raises(NotFound):
        await journal.read("globex", "c")
    await journal.publish("globex", started("c"), producer="p", seq=1)
    assert len(await journal.read("acme", "c")) == 1


@pytest.mark.parametrize("conversation", ["x/state", "", "../acme/conversation/c"])
async def test_an_id_cannot_reach_another_key(journal: Journal, conversation: str) -> None:
    with pytest.raises(NotFound):
        await journal.read("acme", conversation)


@pytest.mark.parametrize("cursor", ["", "12", "a-b", "1-2-3"])
async def test_a_cursor_that_is_none_is_refused(journal: Journal, cursor: str) -> None:
    await journal.publish("acme", started("c"), producer="p", seq=1)

    with pytest.raises(InvalidInput) as refused:
        await journal.read("acme", "c", after=cursor)
    assert refused.value.field == "after"


async def test_a_cursor_from_the_future_needs_a_resync(journal: Journal) -> None:
    first = await journal.publish("acme", started("c"), producer="p", seq=1)
    assert first is not None
    epoch, offset = cursor_of(first.id)

    for stranger in (f"{epoch}-{offset + 1}", f"{epoch + 1}-1", f"{epoch - 1}-1"):
        with pytest.raises(ResyncNeeded):
            await journal.read("acme", "c", after=stranger)


async def test_what_a_turn_said_so_far_is_superseded(journal: Journal) -> None:
    await journal.publish("acme", started("c"), producer="p", seq=1)
    for seq in range(2, 30):
        await journal.publish("acme", saying("c", "t1", "mot " * seq), producer="p", seq=seq)
    assert [e.event.type for e in await journal.read("acme", "c")][1:] == ["turn.partial"]
    partial = await journal.head("acme", "c")

    final = await journal.publish("acme", said("c", "t1"), producer="p", seq=30)

    assert final is not None
    assert [e.event.type for e in await journal.read("acme", "c")][1:] == ["turn.final"]
    assert await journal.read("acme", "c", after=partial) == [final]


async def test_conversations_expire(journal: Journal) -> None:
    await journal.publish("acme", started("c"), producer="p", seq=1)

    for key in await journal.redis.keys("acme/*"):
        assert 0 < await journal.redis.ttl(key) <= 2 * 86_400


async def test_reading_with_a_limit_pages_through(journal: Journal) -> None:
    await journal.publish("acme", started("c"), producer="p", seq=1)
    for number in range(450):
        await journal.publish("acme", said("c", f"t{number}"), producer="p", seq=number + 2)

    whole = await journal.read("acme", "c")
    assert turns_said(whole) == [f"t{number}" for number in range(450)]
    page = await journal.read("acme", "c", limit=3)
    rest = await journal.read("acme", "c", after=page[-1].id)
    assert page + rest == whole


async def test_many_callers_share_one_connection_without_mixing_answers(journal: Journal) -> None:
    await asyncio.gather(
        *(journal.publish("acme", started(f"c{n}"), producer="p", seq=1) for n in range(200))
    )
    await asyncio.gather(
        *(journal.publish("acme", said(f"c{n}", f"t{n}"), producer="p", seq=2) for n in range(200))
    )

    read = await asyncio.gather(*(journal.read("acme", f"c{n}") for n in range(200)))
    assert [turns_said(events) for events in read] == [[f"t{n}"] for n in range(200)]
    assert len(await journal.redis.client_list()) <= 8


async def test_a_cancelled_caller_disturbs_nobody(journal: Journal) -> None:
    await journal.publish("acme", started("c"), producer="p", seq=1)
    for seq in range(2, 60):
        publishing = asyncio.ensure_future(
            journal.publish("acme", said("c", f"t{seq}"), producer="p", seq=seq)
        )
        await asyncio.sleep(0)
        publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)
        await journal.publish("acme", said("c", f"t{seq}"), producer="p", seq=seq)

    assert turns_said(await journal.read("acme", "c")) == [f"t{seq}" for seq in range(2, 60)]


calls = st.lists(
    st.tuples(st.sampled_from("pqr"), st.integers(1, 5), st.sampled_from(["start", "turn"])),
    max_size=30,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(calls)
def test_publishing_agrees_with_a_simple_model(
    server: RedisServer, script: list[tuple[str, int, str]]
) -> None:
    """Whatever is sent, in whatever order and however often: a list and a counter say the same."""

    async def play() -> None:
        async with Journal.open(server.url) as cleaner:
            await cleaner.redis.flushall()
        async with Journal.open(server.url) as journal:
            last = dict.fromkeys("pqr", 0)
            stored: list[str] = []
            for number, (producer, seq, kind) in enumerate(script):
                event = started("c") if kind == "start" else said("c", f"t{number}")
                outcome = await _outcome(journal.publish("acme", event, producer=producer, seq=seq))
                if seq <= last[producer]:
                    assert outcome == "taken"
                elif kind == "start" and stored:
                    assert outcome == "Conflict"
                elif kind == "turn" and not stored:
                    assert outcome == "NotFound"
                elif seq != last[producer] + 1:
                    assert outcome == "Conflict"
                else:
                    assert outcome == "taken"
                    last[producer] = seq
                    stored.append("start" if kind == "start" else f"t{number}")
            if stored:
                events = await journal.read("acme", "c")
                assert turns_said(events) == stored[1:]
                assert [cursor_of(e.id)[1] for e in events] == list(range(1, len(stored) + 1))

    asyncio.run(play())


async def _outcome(call: object) -> str:
    try:
        await call  # type: ignore[misc]
    except (Conflict, NotFound) as error:
        return type(error).__name__
    return "taken"
