"""Scores the transcriber on recordings: what the live service hears in each, in words."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import soundfile as sf
import soxr

from services.contracts.audio import LegStart
from services.contracts.base import Language
from services.evaluation.report import Indices, Report, Score, bootstrap
from services.evaluation.request import EvalRequest
from services.evaluation.rows import Row, read_rows
from services.evaluation.wer import errors, words
from services.transcribe import guards
from services.transcribe.audio import SAMPLE_RATE, Samples
from services.transcribe.engines import open_engine
from services.transcribe.engines.port import LANGUAGES, Engine
from services.transcribe.listening import Listener
from services.transcribe.vad import SileroModel

_PUSH_BYTES = 640
"""20 ms of 16 kHz PCM, as a channel sends it."""


@dataclass(frozen=True)
class _Heard:
    """One recording: word errors, words said, seconds of audio and of CPU."""

    language: str
    wrong: int
    said: int
    audio_s: float
    cpu_s: float


async def evaluate(request: EvalRequest, progress: Callable[[int, int], None]) -> Report:
    """Score rows ``{"audio","text","lang"}``; ``audio`` is a path relative to the rows' file.

    Each recording runs through the live ear (voice activity, endpointing), the engine's final
    decode and the guards; the turns of one recording are joined. Partials are not decoded.

    Raises:
        SouffleurError: when a row is wrong, a recording cannot be read, or the model is missing.
    """
    rows = read_rows(request.data)
    said = [words(row.text("text"), row.choice("lang", LANGUAGES)) for row in rows]
    for row, spoken in zip(rows, said, strict=True):
        if not spoken:
            raise row.wrong("text", "must hold a word")
        _file_of(row)
    engine = await asyncio.to_thread(open_engine, request.settings)
    silero = SileroModel()
    heard: list[_Heard] = []
    for number, (row, spoken) in enumerate(zip(rows, said, strict=True), start=1):
        heard.append(await asyncio.to_thread(_hear, row, spoken, engine, silero))
        progress(number, len(rows))
    return _report(heard)


def _hear(row: Row, said: list[str], engine: Engine, silero: SileroModel) -> _Heard:
    language: Language = "fr" if row.text("lang") == "fr" else "en"
    samples = _samples(row)
    started = time.process_time()
    text = transcribe(samples, language, engine, silero)
    cpu_s = time.process_time() - started
    wrong = errors(said, words(text, language))
    return _Heard(language, wrong, len(said), len(samples) / SAMPLE_RATE, cpu_s)


def transcribe(samples: Samples, language: Language, engine: Engine, silero: SileroModel) -> str:
    """Return what the live service would show of 16 kHz samples: its finals, joined."""
    leg = LegStart(
        tenant="evaluation",
        conversation_id="evaluation",
        leg_id="evaluation",
        role="customer",
        encoding="pcm_s16le",
        sample_rate=SAMPLE_RATE,
        language=language,
    )
    listener = Listener(leg, silero)
    pcm = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
    utterances = []
    for at in range(0, len(pcm), _PUSH_BYTES):
        utterances += listener.push(pcm[at : at + _PUSH_BYTES])
    utterances += listener.finish()
    turns = []
    for utterance in utterances:
        if not utterance.final:
            continue
        transcript = engine.transcribe(utterance.samples, language, final=True, words=False)
        if guards.rejection(transcript, utterance.seconds) is None:
            turns.append(transcript.text)
    return " ".join(turns)


def _file_of(row: Row) -> Any:
    path = row.path.parent / row.text("audio")
    if not path.is_file():
        raise row.wrong("audio", f"there is no file {path}")
    return path


def _samples(row: Row) -> Samples:
    """Return the recording as mono samples at 16 kHz; its channels are mixed."""
    try:
        audio, rate = sf.read(_file_of(row), dtype="float32", always_2d=True)
    except sf.LibsndfileError as error:
        raise row.wrong("audio", f"cannot be read: {error}") from None
    mono: Samples = audio.mean(axis=1)
    if rate == SAMPLE_RATE:
        return mono
    resampled: Samples = soxr.resample(mono, rate, SAMPLE_RATE, quality="HQ")
    return resampled


def _report(heard: list[_Heard]) -> Report:
    wrong, said = np.array([one.wrong for one in heard]), np.array([one.said for one in heard])
    cpu, audio = np.array([one.cpu_s for one in heard]), np.array([one.audio_s for one in heard])
    languages = np.array([one.language for one in heard])
    by_language = {
        str(language): _rate(wrong[languages == language], said[languages == language]).value
        for language in np.unique(languages)
    }
    return Report(
        "speech",
        len(heard),
        1000 * float(cpu.mean()),
        {"wer": _rate(wrong, said), "cpu_s_per_audio_s": _rate(cpu, audio)},
        {
            "wer_by_language": {name: round(value, 4) for name, value in by_language.items()},
            "audio_s": round(float(audio.sum()), 1),
            "words": int(said.sum()),
        },
    )


def _rate(part: Any, whole: Any) -> Score:
    def ratio(drawn: Indices) -> float:
        return float(part[drawn].sum() / whole[drawn].sum())

    return bootstrap(ratio, len(part))
