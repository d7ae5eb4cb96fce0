"""The transcriber: opens legs, shares one engine among them, and tells when it is in trouble."""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Literal, Protocol, Self

from services.contracts.audio import AudioLeg, LegStart
from services.contracts.events import Event, ServiceState, ServiceStateEvent
from services.kit.clock import SYSTEM_CLOCK, Clock
from services.kit.errors import Conflict, SouffleurError, Unavailable
from services.kit.metrics import Metrics
from services.kit.settings import Settings
from services.transcribe.decoding import DecodeThreads
from services.transcribe.engines import open_engine
from services.transcribe.engines.port import Engine
from services.transcribe.leg import Leg
from services.transcribe.listening import Listener
from services.transcribe.metrics import TranscribeMeasures
from services.transcribe.scheduling import Limits, Scheduler
from services.transcribe.vad import SileroModel

_LOG = logging.getLogger(__name__)
_LISTENERS = 2
_SPARE_THREADS = 6
_DRAIN_S = 10.0


class Journal(Protocol):
    """What the transcriber needs of the journal."""

    async def publish(self, tenant: str, event: Event, *, producer: str, seq: int) -> object:
        """Store an event once, in its producer's order."""


@dataclass(frozen=True)
class _Incident:
    """A time of degraded service, and the conversations that were told of it."""

    number: int
    reason: str
    told: set[tuple[str, str]]


class TranscriberSink:
    """Turns legs of audio into turns of the journal (``contracts.audio.AudioSink``)."""

    def __init__(
        self,
        *,
        journal: Journal,
        engine: Engine,
        settings: Settings,
        clock: Clock,
        limits: Limits,
        measures: TranscribeMeasures,
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._partials = settings.speech_partials and engine.capabilities.partials
        self._ahead = engine.capabilities.repeatable
        self._measures = measures
        self._silero = SileroModel()
        self._threads = DecodeThreads(
            engine, words=settings.speech_words, most=limits.workers + _SPARE_THREADS
        )
        self._states: asyncio.Queue[str | None] = asyncio.Queue()
        self._scheduler = Scheduler(self._threads, clock, self._states.put_nowait, measures, limits)
        self._listeners = ThreadPoolExecutor(_LISTENERS, thread_name_prefix="listen")
        self._tasks: asyncio.TaskGroup | None = None
        self._legs: dict[tuple[str, str], Leg] = {}
        self._serving: set[asyncio.Task[None]] = set()
        self._incident: _Incident | None = None
        self._instance = uuid.uuid4().hex[:12]
        self._incidents = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Serve until the block ends, then close what is open and publish its last finals."""
        try:
            async with asyncio.TaskGroup() as tasks:
                workers = [
                    tasks.create_task(self._scheduler.run()),
                    tasks.create_task(self._tell_states()),
                ]
                self._tasks = tasks
                try:
                    yield self
                finally:
                    self._tasks = None
                    await self._drain()
                    for task in [*workers, *self._serving]:
                        task.cancel()
        finally:
            await asyncio.to_thread(self._threads.close)
            self._listeners.shutdown(wait=False, cancel_futures=True)

    @property
    def ready(self) -> bool:
        """Whether a new leg would be taken."""
        return self._tasks is not None and not self._scheduler.full

    @property
    def degraded(self) -> str | None:
        """Why recognition is degraded, or ``None``."""
        return self._scheduler.degraded

    async def open(self, leg: LegStart) -> AudioLeg:
        """Start a leg.

        Raises:
            Conflict: when the leg is open already.
            Unavailable: while stopping, or when too many utterances wait.
        """
        key = (leg.tenant, leg.leg_id)
        if self._tasks is None:
            raise Unavailable("the transcriber is stopping; open the leg again", retry_after_s=2.0)
        if self._scheduler.full:
            raise Unavailable("too many utterances wait for recognition", retry_after_s=5.0)
        if key in self._legs:
            raise Conflict("this leg is open already: give each connection its own", "leg_id")
        self._legs[key] = opened = Leg(
            leg,
            Listener(leg, self._silero),
            submit=self._scheduler.submit,
            publish=partial(self._publish, leg),
            clock=self._clock,
            executor=self._listeners,
            measures=self._measures,
            partials=self._partials,
            ahead=self._ahead,
        )
        serving = self._tasks.create_task(self._serve(key, opened))
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)
        if self._incident is not None:
            self._states.put_nowait(self._incident.reason)
        return opened

    async def _publish(self, leg: LegStart, event: Event, seq: int) -> None:
        await self._journal.publish(leg.tenant, event, producer=leg.leg_id, seq=seq)

    async def _serve(self, key: tuple[str, str], leg: Leg) -> None:
        try:
            await leg.run()
        finally:
            del self._legs[key]

    async def _drain(self) -> None:
        """Close the legs that are still open, all at once, within the time for draining."""
        closing = [_close(leg) for leg in self._legs.values()]
        try:
            async with asyncio.timeout(_DRAIN_S):
                await asyncio.gather(*closing)
        except TimeoutError:
            _LOG.warning("legs were cut off", extra={"legs": len(self._legs)})

    async def _tell_states(self) -> None:
        """Publish ``service.degraded`` and ``service.restored`` to the conversations concerned."""
        while True:
            reason = await self._states.get()
            if reason is not None:
                if self._incident is None:
                    self._incidents += 1
                    self._incident = _Incident(self._incidents, reason, set())
                legs = {
                    (tenant, leg.start.conversation_id) for (tenant, _), leg in self._legs.items()
                }
                news = legs - self._incident.told
                self._incident.told.update(news)
                await self._tell("service.degraded", self._incident, news, seq=1)
            elif self._incident is not None:
                incident, self._incident = self._incident, None
                await self._tell("service.restored", incident, incident.told, seq=2)

    async def _tell(
        self,
        kind: Literal["service.degraded", "service.restored"],
        incident: _Incident,
        conversations: set[tuple[str, str]],
        *,
        seq: int,
    ) -> None:
        state = ServiceState(service="transcribe", reason=incident.reason)
        producer = f"transcribe-{self._instance}-{incident.number}"
        _LOG.warning(kind, extra={"reason": incident.reason, "conversations": len(conversations)})
        for tenant, conversation in sorted(conversations):
            event = ServiceStateEvent(
                conversation_id=conversation, time=self._clock.now(), type=kind, data=state
            )
            try:
                await self._journal.publish(tenant, event, producer=producer, seq=seq)
            except (SouffleurError, OSError):
                _LOG.warning("a service state could not be published")


async def _close(leg: Leg) -> None:
    try:
        await leg.close()
    except SouffleurError:
        _LOG.warning("a leg did not end cleanly")


class Transcriber:
    """The transcriber of this process."""

    @staticmethod
    @asynccontextmanager
    async def open(
        settings: Settings,
        journal: Journal,
        engine: Engine | None = None,
        *,
        clock: Clock = SYSTEM_CLOCK,
        limits: Limits | None = None,
        metrics: Metrics | None = None,
    ) -> AsyncIterator[TranscriberSink]:
        """Load the engine of the settings (unless one is given) and serve until the block ends.

        At the end, legs that are still open are closed and their last finals published, for 10 s.

        Raises:
            SouffleurError: when the model is missing or cannot be loaded.
        """
        if engine is None:
            engine = await asyncio.to_thread(open_engine, settings)
        sink = TranscriberSink(
            journal=journal,
            engine=engine,
            settings=settings,
            clock=clock,
            limits=limits or Limits(workers=settings.speech_workers),
            measures=TranscribeMeasures(metrics or Metrics()),
        )
        async with sink.running():
            yield sink
