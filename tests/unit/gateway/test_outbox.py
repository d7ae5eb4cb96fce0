"""The outbox: order, thinning out for a slow reader, and a bound."""

import asyncio
from datetime import UTC, datetime

import pytest

from services.contracts.conversation import Turn
from services.contracts.events import ConversationEvent, TurnFinalEvent, TurnPartialEvent
from services.gateway.outbox import RESYNC_FRAME, Outbox, Overflow
from services.kit.errors import Unavailable


def _event(offset: int, turn_id: str, *, final: bool) -> ConversationEvent:
    turn = Turn(
        id=turn_id, role="customer", text="x", start_ms=0, end_ms=1, final=final, channel="voice"
    )
    kind = TurnFinalEvent if final else TurnPartialEvent
    event = kind(conversation_id="c", time=datetime(2026, 1, 5, tzinfo=UTC), data=turn)
    return ConversationEvent(id=f"1-{offset}", event=event)


async def _drain(outbox: Outbox) -> list[str]:
    frames = []
    try:
        while True:
            async with asyncio.timeout(0):
                frames.append(await outbox.take())
    except TimeoutError:
        return frames


async def test_partials_that_nobody_read_yet_give_way_to_newer_ones() -> None:
    outbox = Outbox()
    outbox.happened(_event(1, "a", final=False), "a1")
    outbox.happened(_event(2, "b", final=False), "b2")
    outbox.happened(_event(3, "a", final=False), "a3")
    outbox.happened(_event(4, "a", final=True), "A4")
    assert [await outbox.take(), await outbox.take()] == ["b2", "A4"]
    assert outbox.coalesced == 2
    outbox.happened(_event(5, "c", final=False), "c5")
    assert await outbox.take() == "c5"
    outbox.happened(_event(6, "c", final=False), "c6")
    assert await outbox.take() == "c6"
    assert outbox.coalesced == 2


async def test_what_was_replayed_is_not_queued_again() -> None:
    outbox = Outbox()
    outbox.after = (1, 2)
    for offset in (1, 2, 3):
        outbox.happened(_event(offset, f"t{offset}", final=True), str(offset))
    assert await outbox.take() == "3"


async def test_a_full_outbox_ends_the_connection_and_frees_its_memory() -> None:
    outbox = Outbox(limit=100)
    outbox.put("s" * 5_000)  # a snapshot may be larger than the limit
    for _ in range(3):
        outbox.put("x" * 60)
    with pytest.raises(Overflow) as full:
        await outbox.take()
    assert full.value.close_code == 1013
    outbox.put("y")
    with pytest.raises(Overflow):
        await outbox.take()


async def test_superseded_partials_do_not_count_towards_the_bound() -> None:
    outbox = Outbox(limit=100)
    for offset in range(1, 50):
        outbox.happened(_event(offset, "a", final=False), "x" * 60)
    assert await _drain(outbox) == ["x" * 60]


async def test_a_restart_forgets_what_waits() -> None:
    outbox = Outbox()
    outbox.after = (9, 9)
    outbox.put("old")
    outbox.restarted("snapshot")
    outbox.happened(_event(1, "a", final=True), "new")
    assert await _drain(outbox) == [RESYNC_FRAME, "snapshot", "new"]


async def test_a_fresh_start_does_not_forget_that_a_part_is_back() -> None:
    outbox = Outbox()
    outbox.service("down")
    assert await outbox.take() == "down"
    outbox.service("back")
    outbox.restarted("snapshot")
    assert await _drain(outbox) == [RESYNC_FRAME, "snapshot", "back"]


async def test_a_broken_feed_ends_the_connection() -> None:
    outbox = Outbox()
    outbox.broken()
    with pytest.raises(Unavailable):
        await outbox.take()
