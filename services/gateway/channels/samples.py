"""The sounds that telephony sends, and how they become the encodings that we transcribe."""

from collections.abc import Callable
from dataclasses import dataclass

from services.contracts.audio import AudioFormat, Encoding, SampleRate
from services.kit.errors import InvalidInput

_KINDS = {
    "audio/x-mulaw": "mulaw",
    "pcmu": "mulaw",
    "ulaw": "mulaw",
    "audio/x-alaw": "alaw",
    "pcma": "alaw",
    "alaw": "alaw",
    "audio/l16": "linear",
    "l16": "linear",
    "slin": "linear",
    "slin16": "linear",
}
"""The names that protocols give to G.711 and to linear 16-bit samples, in lower case."""


@dataclass(frozen=True)
class Sound:
    """Mono samples as they come.

    Attributes:
        encoding: what ``decode`` makes of them.
        sample_rate: samples a second.
        decode: how they become that encoding.
    """

    encoding: Encoding
    sample_rate: SampleRate
    decode: Callable[[bytes], bytes] = bytes

    @property
    def format(self) -> AudioFormat:
        """How the decoded samples are laid out."""
        return AudioFormat(encoding=self.encoding, sample_rate=self.sample_rate)

    def samples(self, data: bytes, field: str = "audio") -> bytes:
        """Return the samples of a frame in our encoding.

        Raises:
            InvalidInput: when the frame ends within a sample.
        """
        samples = self.decode(data)
        if len(samples) % self.format.bytes_per_frame:
            raise InvalidInput("A sample has two bytes; this frame ends within one.", field=field)
        return samples


def sound(name: str, rate: int, *, field: str) -> Sound:
    """Return the sound of a protocol's ``name`` (``PCMU``, ``audio/x-mulaw``, ``slin16``...).

    Raises:
        InvalidInput: when it is none that we transcribe; names ``field``.
    """
    kind = _KINDS.get(name.lower())
    if kind is None:
        raise InvalidInput("Send G.711 mu-law or A-law, or linear 16-bit samples.", field=field)
    if rate not in (8_000, 16_000) or (rate == 16_000 and kind != "linear"):
        msg = "Send 8000 samples a second; linear samples may also come at 16000."
        raise InvalidInput(msg, field=field)
    at: SampleRate = 8_000 if rate == 8_000 else 16_000
    if kind == "mulaw":
        return Sound("mulaw", at)
    if kind == "alaw":
        return Sound("pcm_s16le", at, linear_from_alaw)
    return Sound("pcm_s16le", at)


def linear_from_alaw(data: bytes) -> bytes:
    """Return A-law samples (ITU-T G.711) as linear 16-bit, little-endian."""
    return b"".join([_LINEAR[code] for code in data])


def _linear(code: int) -> bytes:
    code ^= 0x55
    exponent, mantissa = (code >> 4) & 7, code & 15
    size = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 264) << (exponent - 1)
    return (size if code & 0x80 else -size).to_bytes(2, "little", signed=True)


_LINEAR = tuple(_linear(code) for code in range(256))
