"""Speech and the speech model for tests; the model is fetched once for all runs."""

import io
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import soxr

from services.kit import modelstore
from services.kit.errors import Unavailable
from services.transcribe.audio import SAMPLE_RATE, Samples

CACHE = Path(
    os.environ.get("SOUFFLEUR_TEST_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "souffleur-tests"
)

DEMO = Path(__file__).parents[2] / "services" / "demo" / "data"


def say(text: str, language: str) -> Samples:
    """Return a text spoken by espeak-ng, at 16 kHz, through a telephone's 8 kHz.

    It is speech to a detector of speech; no recogniser understands it well.
    """
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    command = ["espeak-ng", "-v", {"fr": "fr-fr", "en": "en-gb"}[language], "-s", "140", "--stdout"]
    wav = subprocess.run([*command, text], capture_output=True, check=True).stdout
    audio, rate = sf.read(io.BytesIO(wav), dtype="float32")
    narrow = soxr.resample(audio, rate, 8000)
    return soxr.resample(0.7 * narrow, 8000, SAMPLE_RATE).astype(np.float32)


def recorded(call: str, role: str, start_s: float, end_s: float) -> Samples:
    """Return a piece of one side of a demonstration call, at 16 kHz."""
    audio, rate = sf.read(DEMO / call / "conversation.flac", dtype="float32")
    side = audio[int(start_s * rate) : int(end_s * rate), 0 if role == "customer" else 1]
    return soxr.resample(side, rate, SAMPLE_RATE).astype(np.float32)


def pcm(samples: Samples) -> bytes:
    """Return samples as 16-bit little-endian PCM."""
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def silence(seconds: float) -> Samples:
    """Return digital silence at 16 kHz."""
    return np.zeros(int(seconds * SAMPLE_RATE), np.float32)


def speech_model() -> Path:
    """Return a data directory that holds the speech model, fetched once for all test runs."""
    try:
        modelstore.fetch("whisper-base", CACHE)
    except Unavailable as error:
        pytest.skip(f"the speech model cannot be fetched here: {error.detail}")
    return CACHE
