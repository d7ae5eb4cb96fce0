"""Whose utterance is recognised next: one queue for all legs, finals before partials."""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from services.contracts.base import Language
from services.kit.clock import Clock
from services.kit.errors import Unavailable
from services.transcribe import metrics
from services.transcribe.audio import Samples
from services.transcribe.engines.port import Transcript

_WATCH_S = 0.25


@dataclass(eq=False)
class Job:
    """One utterance to recognise.

    Attributes:
        key: (leg, utterance): partials and the final of one utterance share it.
        final: whether the utterance is complete.
        samples: its audio.
        language: asked when the decode starts, so that what was detected meanwhile counts.
        spoken_at: when its speech ended, on the monotonic clock.
        done: resolved with the transcript; cancelled when the job is given up.
    """

    key: tuple[str, int]
    final: bool
    samples: Samples
    language: Callable[[], Language | None]
    spoken_at: float
    done: "asyncio.Future[Transcript]"

    @property
    def kind(self) -> str:
        """Return the job's label in the metrics."""
        return "final" if self.final else "partial"


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


class Backlog:
    """The waiting jobs: the final spoken first, then the partial that has waited longest."""

    def __init__(self) -> None:
        self._finals: list[tuple[float, int, Job]] = []
        self._partials: dict[tuple[str, int], Job] = {}
        self._count = itertools.count()

    @property
    def finals(self) -> int:
        """Finals that wait."""
        return len(self._finals)

    @property
    def partials(self) -> int:
        """Partials that wait."""
        return len(self._partials)

    def add(self, job: Job) -> Job | None:
        """Add a job; return the partial of the same utterance that it supersedes."""
        if job.final:
            heapq.heappush(self._finals, (job.spoken_at, next(self._count), job))
            return self._partials.pop(job.key, None)
        superseded = self._partials.get(job.key)
        self._partials[job.key] = job
        return superseded

    def take(self, *, partials: bool) -> Job | None:
        """Remove and return the next job; partials only where they are allowed."""
        if self._finals:
            return heapq.heappop(self._finals)[2]
        if partials and self._partials:
            return self._partials.pop(next(iter(self._partials)))
        return None

    def shed(self) -> list[Job]:
        """Remove and return every partial."""
        dropped = list(self._partials.values())
        self._partials.clear()
        return dropped


class Health:
    """Turns failures and successes of decodes into one state, and tells when it changes."""

    def __init__(self, report: Callable[[str | None], None]) -> None:
        self._report = report
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
        metrics.DEGRADED.set(reason is not None)
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
        limits: Limits = Limits(),
    ) -> None:
        self._decode = decode
        self._clock = clock
        self._limits = limits
        self._health = Health(report)
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
        """Queue a job; a partial may be cancelled at once, a final is refused only when full."""
        if job.final and self._backlog.finals >= self._limits.most_finals:
            self._health.failing("overloaded")
            job.done.set_exception(Unavailable("the recognition queue is full"))
            return
        if not job.final and self._under_load():
            self._give_up([job])
            return
        superseded = self._backlog.add(job)
        self._give_up([superseded] if superseded else [])
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
            job = self._backlog.take(partials=self._partial_fits())
            if job is None:
                self._wake.clear()
                await self._wake.wait()
                continue
            self._measure()
            await self._run(job)
            self._wake.set()

    async def _run(self, job: Job) -> None:
        """Decode one job; whatever happens to it, the worker goes on."""
        started = self._clock.monotonic()
        self._note_wait(job, started)
        running = _Running(job, started, self._decode(job))
        self._running.add(running)
        try:
            transcript = await running.result
        except Exception as error:  # noqa: BLE001 - an engine may raise anything
            self._health.failing("recognition_failed")
            metrics.DECODES.labels(job.kind, "failed").inc()
            if not job.done.done():
                job.done.set_exception(error)
        else:
            metrics.DECODES.labels(job.kind, "done").inc()
            if job.final:
                metrics.FINAL_LAG_SECONDS.observe(self._clock.monotonic() - job.spoken_at)
            self._usual_s += 0.2 * (self._clock.monotonic() - started - self._usual_s)
            if not job.done.done():
                job.done.set_result(transcript)
            self._running.discard(running)
            if not self._slow():
                self._health.working()
        finally:
            self._running.discard(running)
            metrics.DECODE_SECONDS.labels(job.kind).observe(self._clock.monotonic() - started)

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
        return not self._under_load() and (free > 1 or self._limits.workers == 1)

    def _give_up(self, jobs: list[Job]) -> None:
        for job in jobs:
            job.done.cancel()
            metrics.SHED.inc()
        self._measure()

    def _measure(self) -> None:
        metrics.QUEUE.labels("final").set(self._backlog.finals)
        metrics.QUEUE.labels("partial").set(self._backlog.partials)
