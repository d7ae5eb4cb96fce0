"""A transcript as a turn on the conversation's timeline."""

import math

from services.contracts.audio import LegStart
from services.contracts.conversation import Turn, Word
from services.transcribe.engines.port import Transcript
from services.transcribe.listening import Utterance


def turn_of(leg: LegStart, utterance: Utterance, transcript: Transcript) -> Turn:
    """Return the turn of an utterance; a partial and its final share their id."""
    return Turn(
        id=f"{leg.leg_id}-{utterance.number}",
        role=leg.role,
        text=transcript.text,
        language=transcript.language,
        start_ms=utterance.start_ms,
        end_ms=utterance.end_ms,
        final=utterance.final,
        words=_timed(utterance, transcript),
        confidence=round(min(1.0, math.exp(transcript.mean_logprob)), 4),
        channel="voice",
    )


def _timed(utterance: Utterance, transcript: Transcript) -> tuple[Word, ...] | None:
    """Put an engine's words on the conversation's timeline."""
    if transcript.words is None:
        return None
    return tuple(
        Word(
            text=word.text,
            start_ms=utterance.audio_ms + round(1000 * word.start_s),
            end_ms=utterance.audio_ms + round(1000 * word.end_s),
            confidence=word.confidence,
        )
        for word in transcript.words
    )
