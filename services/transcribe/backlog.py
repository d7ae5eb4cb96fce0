"""What waits to be recognised, and in which order: finals first, partials last."""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass

from services.contracts.base import Language
from services.transcribe.audio import Samples
from services.transcribe.engines.port import Transcript


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
        ahead: whether it becomes the final unless somebody goes on speaking.
        begun: whether its decode was started.
    """

    key: tuple[str, int]
    final: bool
    samples: Samples
    language: Callable[[], Language | None]
    spoken_at: float
    done: "asyncio.Future[Transcript]"
    ahead: bool = False
    begun: bool = False

    @property
    def full(self) -> bool:
        """Whether it deserves what a final does."""
        return self.final or self.ahead

    @property
    def kind(self) -> str:
        """Return the job's label in the metrics."""
        return "ahead" if self.ahead else "final" if self.final else "partial"


class Backlog:
    """The waiting jobs: the final spoken first, then those ahead, then partials, oldest first."""

    def __init__(self) -> None:
        self._finals: list[tuple[float, int, Job]] = []
        self._ahead: dict[tuple[str, int], Job] = {}
        self._partials: dict[tuple[str, int], Job] = {}
        self._count = itertools.count()

    @property
    def finals(self) -> int:
        """Finals that wait."""
        return len(self._finals)

    @property
    def ahead(self) -> int:
        """Likely finals that wait."""
        return len(self._ahead)

    @property
    def partials(self) -> int:
        """Partials that wait."""
        return len(self._partials)

    def add(self, job: Job) -> list[Job]:
        """Add a job; return the unfinished ones of the same utterance that it supersedes."""
        if job.final:
            heapq.heappush(self._finals, (job.spoken_at, next(self._count), job))
            superseded = [self._ahead.pop(job.key, None), self._partials.pop(job.key, None)]
        elif job.ahead:
            superseded = [self._ahead.get(job.key), self._partials.pop(job.key, None)]
            self._ahead[job.key] = job
        else:
            superseded = [self._partials.get(job.key)]
            self._partials[job.key] = job
        return [old for old in superseded if old is not None]

    def take(self, *, ahead: bool = True, partials: bool) -> Job | None:
        """Remove and return the next job that still stands, of the kinds that are allowed."""
        if self._finals:
            return heapq.heappop(self._finals)[2]
        for allowed, waiting in ((ahead, self._ahead), (partials, self._partials)):
            while allowed and waiting:
                job = waiting.pop(next(iter(waiting)))
                if not job.done.done():
                    return job
        return None

    def shed(self) -> list[Job]:
        """Remove and return every job but the finals."""
        dropped = [*self._ahead.values(), *self._partials.values()]
        self._ahead.clear()
        self._partials.clear()
        return dropped
