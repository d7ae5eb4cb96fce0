"""The threads behind the encoder: answers, errors, cancelled work and the end."""

import asyncio
import threading

import pytest

from services.assist.workers import Workers


async def test_work_is_done_in_another_thread_and_its_error_is_the_callers() -> None:
    workers = Workers(1, "test")
    assert await workers.run(divmod, 7, 2) == (3, 1)
    assert await workers.run(threading.get_ident) != threading.get_ident()
    with pytest.raises(ZeroDivisionError):
        await workers.run(divmod, 7, 0)
    assert await workers.run(len, "abc") == 3
    workers.close()


async def test_what_is_cancelled_before_its_turn_never_runs() -> None:
    workers, gate, done = Workers(1, "test"), threading.Event(), list[str]()
    first = workers.run(gate.wait)
    second = workers.run(done.append, "cancelled")
    third = workers.run(done.append, "kept")
    second.cancel()
    gate.set()
    assert await first
    await third
    assert done == ["kept"]
    workers.close()


async def test_closing_finishes_what_runs_and_drops_what_waits() -> None:
    workers, begun, gate = Workers(1, "test"), threading.Event(), threading.Event()

    def hold() -> str:
        begun.set()
        gate.wait()
        return "finished"

    running, waiting = workers.run(hold), workers.run(str)
    await asyncio.to_thread(begun.wait)
    closing = asyncio.create_task(asyncio.to_thread(workers.close))
    with pytest.raises(asyncio.CancelledError):
        await waiting
    gate.set()
    assert await running == "finished"
    await closing
    with pytest.raises(RuntimeError, match="closed"):
        workers.run(str)
