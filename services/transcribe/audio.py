"""Decode a leg's bytes into 16 kHz float samples, as a stream."""

from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from services.contracts.audio import Encoding, SampleRate

Samples = NDArray[np.float32]
"""Mono samples in [-1, 1], one dimension."""

SAMPLE_RATE = 16_000
"""What the voice activity detector and the recognisers take, in samples per second."""


def _mulaw_table() -> Samples:
    """Return the value of each mu-law byte (ITU-T G.711)."""
    code = ~np.arange(256, dtype=np.uint8)
    exponent = (code >> 4) & 7
    mantissa = (code & 15).astype(np.int32)
    magnitude = (((mantissa << 3) + 132) << exponent) - 132
    return (np.where(code & 128, -magnitude, magnitude) / 32768.0).astype(np.float32)


_MULAW = _mulaw_table()


class AudioDecoder:
    """Turns the bytes of one leg into samples at 16 kHz; it keeps what does not fit yet."""

    def __init__(self, encoding: Encoding, sample_rate: SampleRate) -> None:
        self._encoding = encoding
        self._odd = b""
        self._resampler: Any = None
        if sample_rate != SAMPLE_RATE:
            self._resampler = soxr.ResampleStream(
                sample_rate, SAMPLE_RATE, 1, dtype="float32", quality="HQ"
            )

    def push(self, data: bytes) -> Samples:
        """Decode bytes; half a sample at the end waits for the next call."""
        return self._resample(self._decode(data), last=False)

    def finish(self) -> Samples:
        """Return what the resampler still holds; half a sample at the end is dropped."""
        self._odd = b""
        return self._resample(np.zeros(0, np.float32), last=True)

    def _decode(self, data: bytes) -> Samples:
        if self._encoding == "mulaw":
            return _MULAW[np.frombuffer(data, np.uint8)]
        data = self._odd + data
        whole = len(data) - len(data) % 2
        self._odd = data[whole:]
        return np.frombuffer(data[:whole], "<i2").astype(np.float32) / 32768.0

    def _resample(self, samples: Samples, *, last: bool) -> Samples:
        if self._resampler is None:
            return samples
        resampled: Samples = self._resampler.resample_chunk(samples, last=last)
        return resampled
