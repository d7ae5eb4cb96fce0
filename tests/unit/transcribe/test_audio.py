"""Decoding: G.711 by its own definition, streams that do not depend on how they are cut."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.transcribe.audio import AudioDecoder
from services.transcribe.mel import log_mel


def decode(data: bytes, encoding: str, rate: int, cuts: list[int]) -> np.ndarray:
    decoder = AudioDecoder(encoding, rate)  # type: ignore[arg-type]
    bounds = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    parts = [decoder.push(data[a:b]) for a, b in itertools.pairwise(bounds)]
    return np.concatenate([*parts, decoder.finish()])


def test_mulaw_values() -> None:
    # ITU-T G.711: 0xFF and 0x7F are zero, 0x80 and 0x00 the extremes.
    decoded = decode(bytes([0xFF, 0x7F, 0x80, 0x00, 0xEF]), "mulaw", 16000, [])
    assert (decoded * 32768).tolist() == [0, 0, 32124, -32124, 132]


def test_pcm_values() -> None:
    data = np.array([0, 32767, -32768, 1], "<i2").tobytes()
    assert (decode(data, "pcm_s16le", 16000, []) * 32768).tolist() == [0, 32767, -32768, 1]


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=4000), st.lists(st.integers(0, 4000), max_size=8))
@pytest.mark.parametrize(("encoding", "rate"), [("pcm_s16le", 8000), ("mulaw", 8000)])
def test_how_a_stream_is_cut_changes_nothing(
    encoding: str, rate: int, data: bytes, cuts: list[int]
) -> None:
    whole = decode(data, encoding, rate, [])
    assert np.allclose(decode(data, encoding, rate, cuts), whole, atol=1e-6)


def test_resampling_keeps_time() -> None:
    time = np.arange(8000) / 8000
    tone = (np.sin(2 * np.pi * 440 * time) * 20000).astype("<i2").tobytes()
    out = decode(tone, "pcm_s16le", 8000, [3, 999, 5001])
    assert len(out) == pytest.approx(16000, abs=2)
    expected = np.sin(2 * np.pi * 440 * np.arange(len(out)) / 16000) * 20000 / 32768
    assert np.abs(out[500:-500] - expected[500:-500]).max() < 0.01


def test_the_spectrogram_is_whispers() -> None:
    from faster_whisper.feature_extractor import FeatureExtractor

    rng = np.random.default_rng(7)
    time = np.arange(32000) / 16000
    audio = (np.sin(2 * np.pi * 300 * time) * 0.2 + rng.normal(0, 0.02, 32000)).astype(np.float32)
    theirs = FeatureExtractor()(np.pad(audio, (0, 16000 * 3)), padding=0)
    assert np.allclose(log_mel(audio, 5.0)[:, :499], theirs[:, :499], atol=2e-3)
    assert log_mel(audio, 5.0).shape == (80, 500)
