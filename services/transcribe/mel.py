"""Whisper's log-mel spectrogram, in numpy."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from services.transcribe.audio import SAMPLE_RATE, Samples

FRAMES_PER_SECOND = 100

_FFT = 400
_HOP = SAMPLE_RATE // FRAMES_PER_SECOND
_LOG_STEP = np.log(6.4) / 27.0
_KNEE_HZ, _KNEE_MEL = 1000.0, 15.0


def log_mel(samples: Samples, seconds: float, bands: int = 80) -> NDArray[np.float32]:
    """Return the (bands, 100 * seconds) spectrogram of audio padded with silence to ``seconds``.

    As in openai/whisper (``audio.py``), whose window is always 30 s: 25 ms Hann windows each 10 ms,
    Slaney mel bands, log10, clipped 8 below the maximum, then (x + 4) / 4.
    """
    frames = round(seconds * FRAMES_PER_SECOND)
    wanted = frames * _HOP
    padded = np.zeros(wanted, np.float32)
    padded[: min(wanted, len(samples))] = samples[:wanted]
    padded = np.pad(padded, _FFT // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, _FFT)[::_HOP][:frames]
    # Most of a short utterance's window is silence: its spectrum need not be computed.
    spoken = min(frames, len(samples) // _HOP + 3)
    power = np.zeros((frames, _FFT // 2 + 1), np.float32)
    power[:spoken] = np.abs(np.fft.rfft(windows[:spoken] * _hann(), axis=1)) ** 2
    log_spectrum = np.log10(np.maximum(_bands(bands) @ power.T, 1e-10))
    log_spectrum = np.maximum(log_spectrum, log_spectrum.max() - 8.0)
    return np.ascontiguousarray((log_spectrum + 4.0) / 4.0, dtype=np.float32)


@cache
def _hann() -> NDArray[np.float32]:
    return np.hanning(_FFT + 1)[:-1].astype(np.float32)


@cache
def _bands(count: int) -> NDArray[np.float32]:
    """Return the (count, 201) Slaney filter bank of triangles with equal area."""
    edges = _hertz(np.linspace(0.0, _mel(SAMPLE_RATE / 2), count + 2))
    bins = np.fft.rfftfreq(_FFT, 1.0 / SAMPLE_RATE)
    width = np.diff(edges)
    ramps = edges[:, None] - bins[None, :]
    rising, falling = -ramps[:-2] / width[:-1, None], ramps[2:] / width[1:, None]
    weights = np.maximum(0.0, np.minimum(rising, falling))
    area = 2.0 / (edges[2:] - edges[:-2])
    filters: NDArray[np.float32] = (weights * area[:, None]).astype(np.float32)
    return filters


def _mel(hertz: float) -> float:
    return float(_KNEE_MEL + np.log(hertz / _KNEE_HZ) / _LOG_STEP)


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    linear = mels * (_KNEE_HZ / _KNEE_MEL)
    return np.where(mels < _KNEE_MEL, linear, _KNEE_HZ * np.exp(_LOG_STEP * (mels - _KNEE_MEL)))
