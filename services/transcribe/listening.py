"""One leg's ear: bytes in, utterances with their audio out; runs in a worker thread."""

from collections import deque
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from services.contracts.audio import LegStart
from services.transcribe.audio import SAMPLE_RATE, AudioDecoder, Samples
from services.transcribe.endpointing import DEFAULT_RULES, Endpointer, Rules, Span
from services.transcribe.vad import FRAME, FRAME_MS, SileroModel, VoiceActivity

_PARTIAL_PAUSE = 7
"""Frames of silence after which a partial would say nothing new: the final is near."""


@dataclass(frozen=True)
class Utterance:
    """Audio to recognise, with its place on the conversation's timeline.

    Attributes:
        number: counts the leg's utterances from 0; partials and their final share it.
        samples: 16 kHz audio, with a little silence on both sides.
        audio_ms: where ``samples`` begin.
        start_ms: where speech begins.
        end_ms: where speech ends.
        age_s: how long ago speech ended when this was cut out, in audio time.
        final: whether the utterance is complete.
        ahead: whether it will be complete, with this audio, if the silence lasts a little longer.
    """

    number: int
    samples: Samples
    audio_ms: int
    start_ms: int
    end_ms: int
    age_s: float
    final: bool
    ahead: bool = False

    @property
    def seconds(self) -> float:
        """Length of the audio."""
        return len(self.samples) / SAMPLE_RATE


class Ear(Protocol):
    """What a leg hears with (``Listener``); its calls block."""

    def push(self, data: bytes) -> list[Utterance]:
        """Take bytes; return the utterances they complete or continue."""

    def settle(self) -> list[Utterance]:
        """End the utterance under way."""

    def finish(self) -> list[Utterance]:
        """End the stream."""

    @property
    def pausing(self) -> bool:
        """Whether the utterance that was sent ahead may still turn out to be complete."""

    @property
    def due_ms(self) -> int:
        """How much more audio it takes until a pause can matter; each call costs a thread hop."""


class Listener:
    """Decodes a leg, detects speech and cuts it into utterances."""

    def __init__(
        self,
        leg: LegStart,
        model: SileroModel,
        *,
        rules: Rules = DEFAULT_RULES,
        partial_every_ms: int = 1000,
    ) -> None:
        self._decoder = AudioDecoder(leg.encoding, leg.sample_rate)
        self._activity = VoiceActivity(model)
        self._endpointer = Endpointer(rules)
        self._offset_ms = leg.offset_ms
        self._rest = np.zeros(0, np.float32)
        self._frames: deque[Samples] = deque()
        self._first = 0
        self._partial_every = partial_every_ms // FRAME_MS
        self._partial_at = 0
        self._ahead: Span | None = None

    @property
    def pausing(self) -> bool:
        """Whether the utterance that was sent ahead may still turn out to be complete."""
        return self._ahead is not None

    @property
    def due_ms(self) -> int:
        """How much more audio it takes until a pause can matter; each call costs a thread hop."""
        return self._endpointer.due * FRAME_MS - 1000 * len(self._rest) // SAMPLE_RATE

    def push(self, data: bytes) -> list[Utterance]:
        """Take more bytes; return the finals they complete, then at most one unfinished one."""
        return self._hear(self._decoder.push(data))

    def settle(self) -> list[Utterance]:
        """End the utterance under way, because the audio stalled."""
        span = self._endpointer.finish()
        found = [self._cut_out(span, final=True)] if span else []
        self._ahead = None
        self._forget()
        return found

    def finish(self) -> list[Utterance]:
        """End the leg: return its last utterance, if somebody was still speaking."""
        rest = self._decoder.finish()
        missing = -(len(self._rest) + len(rest)) % FRAME
        return self._hear(np.concatenate([rest, np.zeros(missing, np.float32)])) + self.settle()

    def _hear(self, samples: Samples) -> list[Utterance]:
        samples = np.concatenate([self._rest, samples])
        whole = len(samples) - len(samples) % FRAME
        self._rest = samples[whole:]
        frames = samples[:whole].reshape(-1, FRAME)
        probabilities = self._activity.feed(samples[:whole])
        energies = np.mean(np.square(frames), axis=1)
        found: list[Utterance] = []
        for frame, probability, energy in zip(frames, probabilities, energies, strict=True):
            self._frames.append(frame)
            span = self._endpointer.feed(float(probability), float(energy))
            if span is not None:
                found.append(self._cut_out(span, final=True))
                self._partial_at = span.end
            self._forget()
        return found + (self._sent_ahead() or self._partial())

    def _sent_ahead(self) -> list[Utterance]:
        """Return the utterance whose end is likely, once a pause."""
        before, self._ahead = self._ahead, self._endpointer.ahead()
        if self._ahead is None or self._ahead == before:
            return []
        return [self._cut_out(self._ahead, ahead=True)]

    def _partial(self) -> list[Utterance]:
        span = self._endpointer.current()
        if span is None or self._endpointer.silence >= _PARTIAL_PAUSE:
            return []
        since = span.end - max(self._partial_at, span.start)
        if since < self._partial_every:
            return []
        self._partial_at = span.end
        return [self._cut_out(span)]

    def _cut_out(self, span: Span, *, final: bool = False, ahead: bool = False) -> Utterance:
        frames = [self._frames[at - self._first] for at in range(span.start, span.end)]
        return Utterance(
            number=span.number,
            samples=np.concatenate(frames),
            audio_ms=self._offset_ms + span.start * FRAME_MS,
            start_ms=self._offset_ms + span.speech_start * FRAME_MS,
            end_ms=self._offset_ms + span.speech_end * FRAME_MS,
            age_s=(self._endpointer.frame - span.speech_end) * FRAME_MS / 1000,
            final=final,
            ahead=ahead,
        )

    def _forget(self) -> None:
        while self._first < self._endpointer.keep_from and self._frames:
            self._frames.popleft()
            self._first += 1
