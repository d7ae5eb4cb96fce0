"""Where an utterance starts and ends: a pure state machine over what each frame sounds like."""

from collections.abc import Sequence
from dataclasses import dataclass

FRAME_MS = 32
"""Length of a frame; the detector decides once per frame."""


@dataclass(frozen=True)
class Rules:
    """When speech starts and stops, in milliseconds unless said otherwise.

    Attributes:
        onset: probability from which a frame is speech while nobody speaks.
        offset: probability below which a frame is silence while somebody speaks.
        silence_ms: silence that ends an utterance.
        preroll_ms: audio kept from before the first frame of speech.
        tail_ms: audio kept from after the last frame of speech; once it is complete, the utterance
            is recognised ahead of its end.
        longest_ms: an utterance is cut at this length, at the quietest point of ``cut_ms``.
        cut_ms: how far back from the end the cut may be.
        shortest_ms: an utterance with less speech than this is a click, and dropped.
    """

    onset: float = 0.5
    offset: float = 0.35
    silence_ms: int = 500
    preroll_ms: int = 300
    tail_ms: int = 300
    longest_ms: int = 14_000
    cut_ms: int = 4_000
    shortest_ms: int = 160


DEFAULT_RULES = Rules()

_IDLE = 6
"""Frames that may be gathered while nobody speaks: less than a short word and its tail."""


@dataclass(frozen=True)
class Span:
    """An utterance in frames of the leg; ``start`` and ``end`` bound the audio to recognise.

    ``speech_start`` and ``speech_end`` bound what was spoken; every end is exclusive.
    """

    number: int
    start: int
    speech_start: int
    speech_end: int
    end: int


class Endpointer:
    """Feed it one frame after the other; it answers with finished utterances."""

    def __init__(self, rules: Rules = DEFAULT_RULES) -> None:
        self._rules = rules
        self._frame = 0
        self._number = 0
        self._floor = 0
        self._start = 0
        self._speech: list[bool] = []
        self._energy: list[float] = []

    @property
    def frame(self) -> int:
        """Frames fed so far."""
        return self._frame

    @property
    def silence(self) -> int:
        """Frames since the last one of speech, in the utterance under way."""
        return _trailing_silence(self._speech)

    @property
    def due(self) -> int:
        """Frames until an utterance can end, or be complete but for its end; at least 1."""
        if not self._speech:
            return _IDLE
        tail = _frames(self._rules.tail_ms) - self.silence
        return tail if tail > 0 else max(1, _frames(self._rules.silence_ms) - self.silence)

    @property
    def keep_from(self) -> int:
        """The oldest frame whose audio may still be asked for."""
        if self._speech:
            return self._start
        return max(self._floor, self._frame - _frames(self._rules.preroll_ms))

    def feed(self, probability: float, energy: float) -> Span | None:
        """Take the next frame; return the utterance that it ends, if it ends one."""
        rules = self._rules
        spoken = probability >= (rules.offset if self._speech else rules.onset)
        if not self._speech:
            if spoken:
                self._start = self.keep_from
                quiet = self._frame - self._start
                self._speech = [False] * quiet + [True]
                self._energy = [0.0] * quiet + [energy]
            self._frame += 1
            return None
        self._frame += 1
        self._speech.append(spoken)
        self._energy.append(energy)
        if self.silence >= _frames(rules.silence_ms):
            return self._end()
        if len(self._speech) >= _frames(rules.longest_ms):
            return self._cut()
        return None

    def current(self) -> Span | None:
        """Return the utterance under way, when enough has been said to be one."""
        return self._span(len(self._speech)) if self._speech else None

    def ahead(self) -> Span | None:
        """Return the utterance that ends if nobody goes on: its tail is complete, its end is not.

        Should the silence last, the same span comes from ``feed``.
        """
        spare = self.silence - _frames(self._rules.tail_ms)
        return self._span(len(self._speech) - spare) if self._speech and spare >= 0 else None

    def finish(self) -> Span | None:
        """End the stream; return the utterance under way, if there is one."""
        return self._end() if self._speech else None

    def _end(self) -> Span | None:
        tail = min(self.silence, _frames(self._rules.tail_ms))
        span = self._span(len(self._speech) - self.silence + tail)
        self._floor = self._start + len(self._speech) - self.silence + tail
        self._speech, self._energy = [], []
        return self._counted(span)

    def _cut(self) -> Span | None:
        """End the utterance at its quietest recent point; the rest begins the next one."""
        at = _quietest(self._energy, len(self._energy) - _frames(self._rules.cut_ms))
        span = self._span(at)
        self._start += at
        self._floor = self._start
        self._speech, self._energy = self._speech[at:], self._energy[at:]
        if not any(self._speech):
            self._speech, self._energy = [], []
        return self._counted(span)

    def _span(self, length: int) -> Span | None:
        speech = self._speech[:length]
        if sum(speech) * FRAME_MS < self._rules.shortest_ms:
            return None
        first = speech.index(True)
        last = length - _trailing_silence(speech)
        start = self._start
        return Span(self._number, start, start + first, start + last, start + length)

    def _counted(self, span: Span | None) -> Span | None:
        if span is not None:
            self._number += 1
        return span


def _frames(milliseconds: int) -> int:
    return -(-milliseconds // FRAME_MS)


def _trailing_silence(speech: Sequence[bool]) -> int:
    silent = 0
    for spoken in reversed(speech):
        if spoken:
            break
        silent += 1
    return silent


def _quietest(energy: Sequence[float], first: int) -> int:
    """Return the middle of the quietest 160 ms from frame ``first`` on."""
    first = max(1, first)
    best = min(range(first, len(energy) - 4), key=lambda at: sum(energy[at : at + 5]))
    return best + 2
