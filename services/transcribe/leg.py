"""One participant's stream: bytes in, its turns published in order."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field

from services.contracts.audio import AudioFormat, LegStart
from services.contracts.base import Language
from services.contracts.conversation import Turn
from services.contracts.events import Event, TurnFinalEvent, TurnPartialEvent
from services.kit.clock import Clock
from services.kit.errors import Conflict, SouffleurError, Unavailable
from services.transcribe import guards
from services.transcribe.backlog import Job
from services.transcribe.engines.port import Transcript
from services.transcribe.listening import Ear, Utterance
from services.transcribe.metrics import TranscribeMeasures
from services.transcribe.turns import turn_of

Publish = Callable[[Event, int], Awaitable[object]]
"""Store an event under the leg's sequence number (from 1); a repeat of a number is harmless."""

_LOG = logging.getLogger(__name__)
_SURE_LANGUAGE = 0.8
_CLEAR_S = 1.0


@dataclass(frozen=True)
class LegRules:
    """How a leg paces itself.

    Attributes:
        batch_ms: audio that is at most gathered before it is listened to.
        most_ms: audio that may wait; a faster sender is held back.
        stall_s: without audio for so long, the utterance under way ends.
        close_s: how long ``close`` waits for the last final.
        retry_s: first pause before a failed publication is tried again; it doubles up to 2 s.
    """

    batch_ms: int = 256
    most_ms: int = 20_000
    stall_s: float = 1.5
    close_s: float = 30.0
    retry_s: float = 0.1


@dataclass(eq=False)
class _Slot:
    """One utterance on its way out: the newest partial, then what its final came to.

    ``ahead`` is the decode that becomes the final if nobody goes on speaking.
    """

    number: int
    ahead: Job | None = None
    partial: Turn | None = None
    final: Turn | None = None
    awaited: bool = False
    settled: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class Leg:
    """An open leg (``contracts.audio.AudioLeg``). ``run`` does its work until it is closed."""

    def __init__(
        self,
        start: LegStart,
        ear: Ear,
        *,
        submit: Callable[[Job], None],
        publish: Publish,
        clock: Clock,
        executor: Executor,
        measures: TranscribeMeasures,
        partials: bool = True,
        ahead: bool = True,
        rules: LegRules = LegRules(),
    ) -> None:
        self.start = start
        self._ear = ear
        self._submit_job = submit
        self._publish = publish
        self._clock = clock
        self._executor = executor
        self._measures = measures
        self._partials = partials
        self._ahead = ahead
        self._rules = rules
        self._language: Language | None = start.language
        form = AudioFormat(encoding=start.encoding, sample_rate=start.sample_rate)
        per_ms = form.bytes_per_frame * start.sample_rate // 1000
        self._bytes_per_ms, self._most = per_ms, rules.most_ms * per_ms
        self._batch = self._enough()
        self._pending = bytearray()
        self._arrived, self._room = asyncio.Event(), asyncio.Event()
        self._ended = self._complete = False
        self._finished = asyncio.Event()
        self._slots: asyncio.Queue[_Slot | None] = asyncio.Queue()
        self._slot: _Slot | None = None
        self._seq = 0

    async def push(self, samples: bytes) -> None:
        """Add audio; waits while too much of it is pending.

        Raises:
            Conflict: after ``close``.
            Unavailable: when the transcriber has stopped.
        """
        if self._ended:
            raise Conflict("the leg is closed")
        while len(self._pending) >= self._most and not self._finished.is_set():
            self._room.clear()
            await self._room.wait()
        if self._finished.is_set():
            raise Unavailable("the transcriber has stopped; open the leg again", retry_after_s=1.0)
        self._pending += samples
        if len(self._pending) >= self._batch:
            self._arrived.set()

    async def close(self) -> None:
        """End the leg; returns once its last final is in the journal.

        Raises:
            Unavailable: when that takes too long or the transcriber stopped before.
        """
        self._ended = True
        self._arrived.set()
        try:
            async with asyncio.timeout(self._rules.close_s):
                await self._finished.wait()
        except TimeoutError:
            raise Unavailable("the last turn could not be stored in time") from None
        if not self._complete:
            raise Unavailable("the transcriber stopped before the leg's last turn")

    async def run(self) -> None:
        """Listen and publish until the leg is closed; never raises but for a cancellation."""
        self._measures.legs.inc()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen())
                tasks.create_task(self._publish_turns())
            self._complete = True
        except* Exception as group:  # noqa: BLE001 - one leg must not stop the others
            _LOG.error("a leg failed", exc_info=group.exceptions[0])
        finally:
            self._measures.legs.dec()
            self._finished.set()
            self._room.set()

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            stalled = await self._next_batch()
            data = bytes(self._pending)
            self._pending.clear()
            self._room.set()
            heard = await loop.run_in_executor(self._executor, self._ear.push, data)
            if stalled:
                heard += await loop.run_in_executor(self._executor, self._ear.settle)
            if self._ended and not self._pending:
                heard += await loop.run_in_executor(self._executor, self._ear.finish)
            for utterance in heard:
                self._recognise(utterance)
            if not self._ear.pausing:
                self._take_back()
            self._batch = self._enough()
            if self._pending and len(self._pending) >= self._batch:
                self._arrived.set()
            elif not self._ended:
                self._arrived.clear()
            if self._ended and not self._pending:
                break
        self._drop_unfinished()
        self._slots.put_nowait(None)

    def _enough(self) -> int:
        """Return how many bytes are worth listening to."""
        return self._bytes_per_ms * min(self._rules.batch_ms, max(1, self._ear.due_ms))

    async def _next_batch(self) -> bool:
        """Wait for a batch of audio or the end; return whether the audio stalled instead."""
        try:
            async with asyncio.timeout(self._rules.stall_s):
                await self._arrived.wait()
        except TimeoutError:
            return True
        if not self._ended:
            self._arrived.clear()
        return False

    def _recognise(self, utterance: Utterance) -> None:
        if not (utterance.final or (self._ahead if utterance.ahead else self._partials)):
            return
        slot = self._slot_of(utterance.number)
        slot.awaited = slot.awaited or utterance.final
        if utterance.final and self._was_ahead(slot, utterance):
            return
        done: asyncio.Future[Transcript] = asyncio.get_running_loop().create_future()
        job = Job(
            key=(self.start.leg_id, utterance.number),
            final=utterance.final,
            samples=utterance.samples,
            language=lambda: self._language,
            spoken_at=self._clock.monotonic() - utterance.age_s,
            done=done,
            ahead=utterance.ahead,
        )
        done.add_done_callback(lambda result: self._recognised(slot, utterance, job, result))
        if utterance.ahead:
            self._take_back()
            slot.ahead = job
        self._submit_job(job)

    def _was_ahead(self, slot: _Slot, utterance: Utterance) -> bool:
        """Take what was begun ahead as the final, where it is the same audio."""
        job, slot.ahead = slot.ahead, None
        if job is None or job.done.cancelled():
            return False
        same = job.begun and len(job.samples) == len(utterance.samples)
        self._measures.ahead.labels("used" if same else "late").inc()
        if same:
            job.done.add_done_callback(
                lambda result: self._recognised(slot, utterance, job, result)
            )
        return same

    def _take_back(self) -> None:
        """Drop what was sent ahead, because somebody goes on speaking."""
        slot = self._slot
        if slot is not None and slot.ahead is not None:
            self._measures.ahead.labels("dropped").inc()
            if not slot.ahead.begun:
                slot.ahead.done.cancel()
            slot.ahead = None

    def _recognised(
        self, slot: _Slot, utterance: Utterance, job: Job, result: "asyncio.Future[Transcript]"
    ) -> None:
        """Take a transcript, a failure or a cancellation; a partial after its final is ignored."""
        if not (utterance.final or self._partials):
            return
        failed = result.cancelled() or result.exception() is not None
        turn = None if failed else self._turn(utterance, result.result())
        if slot.settled:
            return
        if utterance.final:
            slot.final, slot.settled = turn, True
            if not failed:
                self._measures.final_lag_seconds.observe(self._clock.monotonic() - job.spoken_at)
        else:
            slot.partial = turn or slot.partial
        slot.changed.set()

    def _turn(self, utterance: Utterance, transcript: Transcript) -> Turn | None:
        """Return the turn that a transcript makes, or ``None`` when a guard rejects it."""
        reason = guards.rejection(transcript, utterance.seconds)
        if reason is not None:
            self._measures.rejected.labels(reason).inc()
            return None
        clear = utterance.final and utterance.seconds >= _CLEAR_S
        if self._language is None and clear and transcript.language_confidence >= _SURE_LANGUAGE:
            self._language = transcript.language
        return turn_of(self.start, utterance, transcript)

    def _slot_of(self, number: int) -> _Slot:
        if self._slot is None or self._slot.number != number:
            self._drop_unfinished()
            self._slot = _Slot(number)
            self._slots.put_nowait(self._slot)
        return self._slot

    def _drop_unfinished(self) -> None:
        """Settle an utterance whose final will not come, such as a click that seemed speech."""
        if self._slot is not None and not self._slot.awaited:
            self._slot.settled = True
            self._slot.changed.set()

    async def _publish_turns(self) -> None:
        """Publish utterance after utterance, so that finals keep the order of speech."""
        while (slot := await self._slots.get()) is not None:
            shown: Turn | None = None
            while not slot.settled:
                await slot.changed.wait()
                slot.changed.clear()
                partial, slot.partial = slot.partial, None
                if partial is not None and not slot.settled:
                    shown = partial
                    await self._store(partial)
            # What was shown stays said, even when its final failed.
            final = slot.final or (shown and shown.model_copy(update={"final": True}))
            if final is not None:
                await self._store(final)

    async def _store(self, turn: Turn) -> None:
        """Publish a turn under the next number, again and again while the journal is away."""
        kind = TurnFinalEvent if turn.final else TurnPartialEvent
        event = kind(conversation_id=self.start.conversation_id, time=self._clock.now(), data=turn)
        pause = self._rules.retry_s
        while True:
            try:
                await self._publish(event, self._seq + 1)
            except SouffleurError as error:
                if not isinstance(error, Unavailable):
                    _LOG.warning("a turn was refused", extra={"code": error.code})
                    return
            except OSError:
                _LOG.warning("the journal cannot be reached")
            else:
                self._seq += 1
                return
            await self._clock.sleep(pause)
            pause = min(2.0, 2 * pause)
