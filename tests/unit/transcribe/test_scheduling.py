"""The queue of all legs under a virtual clock: order, supersession, load, failures, hangs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import numpy as np
import pytest

from services.kit.errors import Unavailable
from services.kit.metrics import Metrics
from services.transcribe.backlog import Backlog, Job
from services.transcribe.engines.port import Transcript
from services.transcribe.metrics import TranscribeMeasures
from services.transcribe.scheduling import Limits, Scheduler
from tests.fakes.virtual_clock import VirtualClock

DEFAULT_LIMITS = Limits()


class Recogniser:
    """Decodes in virtual time: each job takes ``cost`` seconds; some never end, some fail."""

    def __init__(self, time: VirtualClock, cost: float = 0.5) -> None:
        self.time = time
        self.cost = cost
        self.began: list[tuple[tuple[str, int], bool, float]] = []
        self.hangs: set[tuple[str, int]] = set()
        self.fails: set[tuple[str, int]] = set()
        self.most = 0
        self._now = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self, job: Job) -> "asyncio.Future[Transcript]":
        future: asyncio.Future[Transcript] = asyncio.get_running_loop().create_future()
        self.began.append((job.key, job.final, self.time.now_s))
        self._now += 1
        self.most = max(self.most, self._now)
        future.add_done_callback(self._ended)
        if job.key not in self.hangs:
            task = asyncio.ensure_future(self._decode(job, future))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return future

    def _ended(self, _: object) -> None:
        self._now -= 1

    async def _decode(self, job: Job, future: "asyncio.Future[Transcript]") -> None:
        await self.time.clock.sleep(self.cost)
        if future.done():
            return
        if job.key in self.fails:
            future.set_exception(RuntimeError("out of memory"))
        else:
            future.set_result(Transcript(f"{job.key[0]} {job.key[1]}", "fr"))


class Stage:
    def __init__(self, limits: Limits = DEFAULT_LIMITS, cost: float = 0.5) -> None:
        self.time = VirtualClock()
        self.recogniser = Recogniser(self.time, cost)
        self.states: list[tuple[float, str | None]] = []
        self.done: list[tuple[tuple[str, int], bool, float]] = []
        self.scheduler = Scheduler(
            self.recogniser,
            self.time.clock,
            lambda reason: self.states.append((self.time.now_s, reason)),
            TranscribeMeasures(Metrics()),
            limits,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Stage"]:
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self.scheduler.run())
            await self.time.settle()
            yield self
            task.cancel()

    def submit(
        self, leg: str, number: int, *, final: bool = True, ahead: bool = False, age: float = 0.5
    ) -> Job:
        future: asyncio.Future[Transcript] = asyncio.get_running_loop().create_future()
        job = Job(
            key=(leg, number),
            final=final and not ahead,
            ahead=ahead,
            samples=np.zeros(16000, np.float32),
            language=lambda: "fr",
            spoken_at=self.time.now_s - age,
            done=future,
        )
        future.add_done_callback(self._note(job))
        self.scheduler.submit(job)
        return job

    def _note(self, job: Job) -> "Callable[[asyncio.Future[Transcript]], None]":
        def note(future: "asyncio.Future[Transcript]") -> None:
            if not future.cancelled() and future.exception() is None:
                self.done.append((job.key, job.final, self.time.now_s))

        return note


def job(leg: str, number: int, *, final: bool, at: float = 0.0) -> Job:
    return Job((leg, number), final, np.zeros(1, np.float32), lambda: None, at, asyncio.Future())


async def test_finals_come_before_partials_and_the_oldest_speech_first() -> None:
    backlog = Backlog()
    backlog.add(job("a", 0, final=False))
    backlog.add(job("b", 0, final=True, at=2.0))
    backlog.add(job("c", 0, final=True, at=1.0))
    order = [backlog.take(partials=True) for _ in range(4)]
    assert [taken and taken.key[0] for taken in order] == ["c", "b", "a", None]


async def test_a_newer_partial_supersedes_the_one_that_waits() -> None:
    backlog = Backlog()
    old, new = job("a", 0, final=False), job("a", 0, final=False)
    assert backlog.add(old) == []
    assert backlog.add(new) == [old]
    assert backlog.add(job("a", 0, final=True)) == [new]
    assert backlog.partials == 0


async def test_partials_take_turns() -> None:
    backlog = Backlog()
    for leg in ("a", "b", "a", "c"):
        backlog.add(job(leg, 0, final=False))
    order = [backlog.take(partials=True) for _ in range(3)]
    assert [taken and taken.key[0] for taken in order] == ["a", "b", "c"]


async def test_many_legs_share_the_workers_in_order_of_speech() -> None:
    async with Stage(Limits(workers=2)).running() as stage:
        for number in range(60):
            stage.submit(f"leg{number % 20}", number, age=0.5)
            await stage.time.advance(0.01)
        await stage.time.advance(60 * 0.5 / 2 + 0.5)
        assert [key[1] for key, _, _ in stage.done] == list(range(60))
        assert stage.recogniser.most == 2


async def test_one_worker_stays_free_for_the_next_final() -> None:
    async with Stage(Limits(workers=2), cost=5.0).running() as stage:
        for leg in "abc":
            stage.submit(leg, 0, final=False)
        await stage.time.advance(0.1)
        stage.submit("d", 0)
        await stage.time.advance(0.1)
        assert [key for key, _, _ in stage.recogniser.began] == [("a", 0), ("d", 0)]


async def test_partials_are_shed_first_when_finals_wait() -> None:
    async with Stage(Limits(workers=1), cost=2.0).running() as stage:
        partial = stage.submit("a", 0, final=False)
        stage.submit("b", 0)
        stage.submit("c", 0)
        late = stage.submit("d", 0, final=False)
        assert late.done.cancelled()
        await stage.time.advance(3.0)
        assert partial.done.cancelled() or partial.done.done()
        assert stage.submit("e", 0, final=False).done.cancelled()
        await stage.time.advance(30.0)
        assert not stage.submit("f", 0, final=False).done.cancelled()


async def test_finals_are_refused_only_when_the_queue_is_full() -> None:
    async with Stage(Limits(workers=1, most_finals=3), cost=1.0).running() as stage:
        jobs = [stage.submit("a", number) for number in range(4)]
        with pytest.raises(Unavailable):
            jobs[3].done.result()
        assert stage.states == [(0.0, "overloaded")]
        await stage.time.advance(5.0)
        assert len(stage.done) == 3
        assert stage.states[-1][1] is None


async def test_a_failure_is_told_and_the_rest_goes_on() -> None:
    async with Stage().running() as stage:
        stage.recogniser.fails = {("a", 0)}
        failed = stage.submit("a", 0)
        await stage.time.advance(1.0)
        assert isinstance(failed.done.exception(), RuntimeError)
        assert stage.states == [(0.5, "recognition_failed")]
        stage.submit("a", 1)
        await stage.time.advance(1.0)
        assert stage.done[-1][0] == ("a", 1)
        assert stage.states[-1] == (1.5, None)


async def test_a_hang_is_told_within_two_seconds_and_holds_up_nobody() -> None:
    limits = Limits(workers=2)
    async with Stage(limits).running() as stage:
        stage.recogniser.hangs = {("a", 0)}
        hung = stage.submit("a", 0)
        for second in range(1, 11):
            stage.submit("b", second)
            await stage.time.advance(1.0)
        at, reason = stage.states[0]
        assert (reason, at <= 2.0) == ("recognition_slow", True)
        assert len(stage.states) == 1  # not restored while it still hangs
        assert len(stage.done) == 10
        await stage.time.advance(limits.abandon_after_s)
        assert isinstance(hung.done.exception(), Unavailable)
        stage.submit("a", 1)
        await stage.time.advance(1.0)
        assert stage.states[-1][1] is None


async def test_every_worker_may_hang_and_work_resumes() -> None:
    limits = Limits(workers=2)
    async with Stage(limits).running() as stage:
        stage.recogniser.hangs = {("a", 0), ("b", 0)}
        for leg in "abc":
            stage.submit(leg, 0)
        await stage.time.advance(limits.abandon_after_s + 1.5)
        assert [key for key, _, _ in stage.done] == [("c", 0)]


async def test_a_likely_final_comes_before_partials_and_after_finals() -> None:
    async with Stage(Limits(workers=1), cost=1.0).running() as stage:
        stage.submit("a", 0)
        await stage.time.advance(0.1)
        for leg, kind in (("b", "partial"), ("c", "ahead"), ("d", "ahead")):
            stage.submit(leg, 0, final=False, ahead=kind == "ahead")
        gone = stage.submit("c", 1, ahead=True)
        gone.done.cancel()
        stage.submit("e", 0, age=0.0)
        await stage.time.advance(6.0)
        order = [key for key, _, _ in stage.recogniser.began]
        assert order == [("a", 0), ("e", 0), ("c", 0), ("d", 0), ("b", 0)]


async def test_a_likely_final_that_waits_gives_way_to_its_final() -> None:
    async with Stage(Limits(workers=1), cost=1.0).running() as stage:
        stage.submit("a", 0)
        await stage.time.advance(0.1)
        waiting = stage.submit("b", 0, ahead=True)
        stage.submit("b", 0)
        assert waiting.done.cancelled()
        assert not waiting.begun
        await stage.time.advance(3.0)
        assert stage.done == [(("a", 0), True, 1.0), (("b", 0), True, 2.0)]


async def test_nothing_is_begun_ahead_under_load() -> None:
    async with Stage(Limits(workers=1), cost=2.0).running() as stage:
        stage.submit("a", 0)
        await stage.time.advance(0.1)
        stage.submit("b", 0)
        assert stage.submit("c", 0, ahead=True).done.cancelled()
        await stage.time.advance(2.5)  # "b" waited for too long: no guesses for a while
        assert stage.submit("d", 0, ahead=True).done.cancelled()
