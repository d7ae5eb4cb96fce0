"""Guards against what recognisers make up: on silence and music, in loops, or far too much."""

import re
import unicodedata
import zlib
from collections.abc import Sequence

from services.transcribe.engines.port import Transcript

# Fitted to Whisper base with short windows: between what noise, hiss and music come to and what
# speech does (tests/integration/test_transcribe_whisper.py). A log-probability that is low alone is
# often a mumbled "oui, bonjour".
_NO_SPEECH = 0.6
_PERHAPS_NO_SPEECH = 0.3
_LEAST_LOGPROB = -1.0
_LEAST_LOGPROB_OF_SPEECH = -1.3
_MOST_CHARACTERS_PER_SECOND = 30.0
_LEAST_CHARACTERS_PER_SECOND = 2.0
_LOOP_RATIO = 2.4

_CREDITS = (
    "sous titres realises",
    "sous titres par",
    "sous titrage",
    "sous titre st 501",
    "sous titreur com",
    "amara org",
    "merci d avoir regarde",
    "merci de votre attention et a bientot",
    "n oubliez pas de vous abonner",
    "abonnez vous a la chaine",
    "abonnez vous a ma chaine",
    "thanks for watching",
    "thank you for watching",
    "please subscribe",
    "like and subscribe",
    "subtitles by",
    "subtitled by",
    "captions by",
    "transcription by castingwords",
    "transcribed by",
    "www mooji org",
    "copyright wdr",
)
"""Lines of video credits that Whisper learned; nobody says them on a service call."""

_FILLERS = frozenset(
    {
        "merci",
        "merci beaucoup",
        "au revoir",
        "oui",
        "thank you",
        "thank you very much",
        "thanks",
        "you",
        "bye",
        "bye bye",
        "okay",
        "ok",
        "oh",
        "ah",
        "hum",
        "hmm",
        "mm",
        "the",
        "so",
    }
)
"""What silence is often read as. People do say these, so only an unsure one is dropped."""


def plain(text: str) -> str:
    """Return the words alone: lower case, no accents, no punctuation, single spaces."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(mark for mark in folded if not unicodedata.combining(mark))
    return re.sub(r"[\W_]+", " ", kept).strip()


def rejection(transcript: Transcript, seconds: float) -> str | None:
    """Return why a transcript must not be shown, or ``None`` when it may.

    Args:
        transcript: what the engine heard.
        seconds: length of the audio it heard.
    """
    words = plain(transcript.text)
    doubt = transcript.no_speech_prob > _PERHAPS_NO_SPEECH
    least = _LEAST_LOGPROB if doubt else _LEAST_LOGPROB_OF_SPEECH
    reasons = {
        "empty": not words,
        "no_speech": transcript.no_speech_prob > _NO_SPEECH,
        "improbable": transcript.mean_logprob < least,
        "credits": any(line in words for line in _CREDITS),
        "filler": words in _FILLERS and (doubt or transcript.mean_logprob < _LEAST_LOGPROB),
        "annotation": bool(re.fullmatch(r"[\[(*♪].*[\])*♪]", transcript.text.strip())),
        "too_long": is_too_long(transcript.text, seconds),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def is_too_long(text: str, seconds: float) -> bool:
    """Return whether nobody can say so much in that time."""
    return len(text) > 20 + _MOST_CHARACTERS_PER_SECOND * seconds


def is_too_short(text: str, seconds: float) -> bool:
    """Return whether a long utterance gave suspiciously little text."""
    return seconds > 4.0 and len(text) < _LEAST_CHARACTERS_PER_SECOND * seconds


def is_loop(text: str) -> bool:
    """Return whether the text repeats itself as only a stuck decoder does."""
    data = text.encode()
    compressed = len(data) / max(1, len(zlib.compress(data)))
    return compressed > _LOOP_RATIO or without_loops(text) != text


def without_loops(text: str) -> str:
    """Return the text with stuck repetitions said once."""
    words = text.split()
    return " ".join(words[at] for at in said_once(words))


def said_once(words: Sequence[str]) -> list[int]:
    """Return the places of the words that remain when stuck repetitions are said once.

    A single word may be said six times in a row ("non non non"), a longer run of words three times.
    """
    keys = [plain(word) for word in words]
    kept: list[int] = []
    at = 0
    while at < len(words):
        length, repeats = _loop_at(keys, at)
        kept += range(at, at + length)
        at += length * repeats
    return kept


def _loop_at(keys: Sequence[str], at: int) -> tuple[int, int]:
    """Return (words, repeats) of the stuck run that starts here; (1, 1) when there is none."""
    for length in range(1, min(12, (len(keys) - at) // 2) + 1):
        run = keys[at : at + length]
        repeats = 1
        while keys[at + repeats * length : at + (repeats + 1) * length] == run:
            repeats += 1
        if repeats > (6 if length == 1 else 3):
            return length, repeats
    return 1, 1
