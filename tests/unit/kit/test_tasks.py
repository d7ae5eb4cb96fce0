"""Loops around Redis end although a cancellation was swallowed."""

import asyncio
from contextlib import suppress

from services.kit.tasks import going_on


async def test_a_loop_ends_although_its_cancellation_was_swallowed() -> None:
    rounds = 0
    started = asyncio.Event()

    async def loop() -> None:
        nonlocal rounds
        while going_on():
            rounds += 1
            started.set()
            with suppress(asyncio.CancelledError):  # as redis-py does now and then
                await asyncio.sleep(60)

    task = asyncio.create_task(loop())
    await started.wait()
    task.cancel()
    async with asyncio.timeout(5):
        await task
    assert rounds == 1
