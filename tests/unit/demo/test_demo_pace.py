"""Pacing is open loop: what is due is fixed at the start, whatever happens in between."""

import asyncio

import pytest

from services.demo.retrying import LONGEST_WAIT_S, PATIENCE_S, Patience
from services.demo.sending import Opening, Pace
from services.kit.errors import Unavailable
from tests.fakes.virtual_clock import VirtualClock


async def test_a_piece_is_due_at_its_place_however_late_the_one_before() -> None:
    virtual = VirtualClock()
    pace = Pace(virtual.clock, speed=2.0)
    pace.begin()
    sent: list[float] = []

    async def send() -> None:
        for number in range(5):
            await pace.until(float(number))
            sent.append(virtual.now_s)
            if number == 1:
                await virtual.clock.sleep(1.2)  # a slow write

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(send())
        await virtual.advance(10)

    # The third is late by the slow write, and sent at once; the fifth is on time again.
    assert sent == pytest.approx([0.0, 0.5, 1.7, 1.7, 2.0])


def test_coming_back_after_a_cut_does_not_move_the_origin() -> None:
    virtual = VirtualClock()
    pace = Pace(virtual.clock, speed=1.0)
    pace.begin()
    virtual.now_s = 7.0
    pace.begin()
    assert pace.due(1.5) == 1.5


def test_nothing_is_due_before_the_start() -> None:
    with pytest.raises(RuntimeError, match="no origin"):
        Pace(VirtualClock().clock, speed=1.0).due(0)


async def test_patience_waits_longer_each_time_and_ends() -> None:
    virtual = VirtualClock()
    patience = Patience(virtual.clock)
    waits: list[float] = []

    async def insist() -> None:
        while True:
            before = virtual.now_s
            await patience.wait(Unavailable("away"))
            waits.append(virtual.now_s - before)

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(_expect_unavailable(insist()))
        await virtual.advance(60)
        assert task.done()
    assert waits[:5] == [0.25, 0.5, 1.0, 2.0, 2.0]
    assert max(waits) == LONGEST_WAIT_S
    assert PATIENCE_S <= sum(waits) < PATIENCE_S + LONGEST_WAIT_S


async def _expect_unavailable(insisting: object) -> None:
    with pytest.raises(Unavailable, match="away"):
        await insisting  # type: ignore[misc]


def test_the_start_frame_leaves_out_what_is_unknown() -> None:
    assert Opening(language="fr").frame(None, channels=2, role=None) == (
        '{"type": "start", "language": "fr", "channels": 2}'
    )
    assert '"conversation_id": "c2"' in Opening(conversation_id="c1").frame("c2")
