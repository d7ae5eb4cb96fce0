"""Whose utterance is recognised when: one queue for all legs, and what is shed under load."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from services.kit.clock import Clock
from services.kit.errors import Unavailable
from services.transcribe.backlog import Backlog, Job
from services.transcribe.engines.port import Transcript
from services.transcribe.metrics import TranscribeMeasures

_WATCH_S = 0.25


Decode = Callable[[Job], "asyncio.Future[Transcript]"]
"""Starts a decode and returns its result to come; must not block."""


@dataclass(frozen=True)
class Limits:
    """What the scheduler accepts.

    Attributes:
        workers: decodes at the same time.
        most_finals: finals that may wait; another one is refused.
        shed_wait_s: when a final waited longer than this, partials stop ...
        shed_for_s: ... for so long.
        slow_after_s: a decode that runs longer is reported, unless all of them do: the limit rises
            to ``slow_factor`` times the mean of the latest ones, as on a machine that is busy.
        abandon_after_s: a decode that runs longer is given up.
    """

    workers: int = 2
    most_finals: int = 256
    shed_wait_s: float = 0.3
    shed_for_s: float = 5.0
    slow_after_s: float = 1.6
    slow_factor: float = 3.0
    abandon_after_s: float = 12.0


class Health:
    """Turns failures and successes of decodes into one state, and tells when it changes."""

    def __init__(self, report: Callable[[str | None], None], measures: TranscribeMeasures) -> None:
        self._report = report
        self._measures = measures
        self._reason: str | None = None

    @property
    def reason(self) -> str | None:
        """Why recognition is degraded, or ``None``."""
        return self._reason

    def failing(self, reason: str) -> None:
        """Note that something is wrong."""
        if self._reason is None:
            self._set(reason)

    def working(self) -> None:
        """Note that recognition works again."""
        if self._reason is not None:
            self._set(None)

    def _set(self, reason: str | None) -> None:
        self._reason = reason
        self._measures.degraded.set(reason is not None)
        self._report(reason)


@dataclass(eq=False)
class _Running:
    job: Job
    since: float
    result: "asyncio.Future[Transcript]" = field(repr=False)


class Scheduler:
    """Runs decodes. ``submit`` never blocks; ``run`` works until it is cancelled."""

    def __init__(
        self,
        decode: Decode,
        clock: Clock,
        report: Callable[[str | None], None],
        measures: TranscribeMeasures,
        limits: Limits = Limits(),
    ) -> None:
        self._decode = decode
        self._clock = clock
        self._limits = limits
        self._measures = measures
        self._health = Health(report, measures)
        self._backlog = Backlog()
        self._running: set[_Running] = set()
        self._wake = asyncio.Event()
        self._no_partials_until = float("-inf")
        self._usual_s = 0.0

    @property
    def degraded(self) -> str | None:
        """Why recognition is degraded, or ``None``."""
        return self._health.reason

    @property
    def full(self) -> bool:
        """Whether so many finals wait that no further leg should be taken."""
        return self._backlog.finals >= self._limits.most_finals // 2

    def submit(self, job: Job) -> None:
        """Queue a job; only a full queue refuses a final, others are cancelled under load."""
        if job.final and self._backlog.finals >= self._limits.most_finals:
            self._health.failing("overloaded")
            job.done.set_exception(Unavailable("the recognition queue is full"))
            return
        if not job.final and self._under_load():
            self._give_up([job])
            return
        self._give_up(self._backlog.add(job))
        self._measure()
        self._wake.set()

    async def run(self) -> None:
        """Decode until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch())
            for _ in range(self._limits.workers):
                tasks.create_task(self._work())

    async def _work(self) -> None:
        while True:
            calm = not self._under_load()
            job = self._backlog.take(ahead=calm, partials=calm and self._partial_fits())
            if job is None:
                self._wake.clear()
                await self._wake.wait()
                continue
            self._measure()
            await self._run(job)
            self._wake.set()

    async def _run(self, job: Job) -> None:
        """Decode one job; whatever happens to it, the worker goes on."""
        job.begun = True
        started = self._clock.monotonic()
        self._note_wait(job, started)
        running = _Running(job, started, self._decode(job))
        self._running.add(running)
        try:
            transcript = await running.result
        except Exception as error:  # noqa: BLE001 - an engine may raise anything
            self._health.failing("recognition_failed")
            self._measures.decodes.labels(job.kind, "failed").inc()
            if not job.done.done():
                job.done.set_exception(error)
        else:
            self._measures.decodes.labels(job.kind, "done").inc()
            self._usual_s += 0.2 * (self._clock.monotonic() - started - self._usual_s)
            if not job.done.done():
                job.done.set_result(transcript)
            self._running.discard(running)
            if not self._slow():
                self._health.working()
        finally:
            self._running.discard(running)
            self._measures.decode_seconds.labels(job.kind).observe(
                self._clock.monotonic() - started
            )

    async def _watch(self) -> None:
        """Report decodes that take too long, and give up those that seem to hang."""
        while True:
            await self._clock.sleep(_WATCH_S)
            if self._slow():
                self._health.failing("recognition_slow")
            for running in self._running:
                over = self._clock.monotonic() - running.since > self._limits.abandon_after_s
                if over and not running.result.done():
                    running.result.set_exception(Unavailable("the decode hangs; it was given up"))

    def _slow(self) -> bool:
        usual = min(self._limits.slow_factor * self._usual_s, self._limits.abandon_after_s / 2)
        began_before = self._clock.monotonic() - max(self._limits.slow_after_s, usual)
        return any(running.since < began_before for running in self._running)

    def _note_wait(self, job: Job, started: float) -> None:
        if job.final and started - job.spoken_at > 1.0 + self._limits.shed_wait_s:
            self._no_partials_until = started + self._limits.shed_for_s
            self._give_up(self._backlog.shed())

    def _under_load(self) -> bool:
        waiting = self._backlog.finals > 0
        return waiting or self._clock.monotonic() < self._no_partials_until

    def _partial_fits(self) -> bool:
        """Partials use what is left over: one worker always stays free for the next final."""
        free = self._limits.workers - len(self._running)
        return free > 1 or self._limits.workers == 1

    def _give_up(self, jobs: list[Job]) -> None:
        for job in jobs:
            job.done.cancel()
            self._measures.shed.inc()
        self._measure()

    def _measure(self) -> None:
        self._measures.queue.labels("final").set(self._backlog.finals)
        self._measures.queue.labels("ahead").set(self._backlog.ahead)
        self._measures.queue.labels("partial").set(self._backlog.partials)
