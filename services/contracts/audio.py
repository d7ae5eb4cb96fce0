"""Audio on its way from a channel to the transcriber: formats, legs and the sink they go into."""

from typing import Annotated, Literal, Protocol

from pydantic import Field

from services.contracts.base import Contract, Identifier, Language

Encoding = Literal["pcm_s16le", "mulaw"]
SampleRate = Literal[8000, 16000]
SpeechRole = Literal["customer", "adviser"]


class AudioFormat(Contract):
    """How samples are laid out on the wire."""

    encoding: Encoding
    sample_rate: SampleRate
    channels: Annotated[int, Field(ge=1, le=2)] = 1

    @property
    def bytes_per_frame(self) -> int:
        """Bytes of one sample over all channels."""
        return self.channels * (2 if self.encoding == "pcm_s16le" else 1)

    def duration_ms(self, size: int) -> float:
        """Milliseconds of audio in ``size`` bytes."""
        return 1000.0 * size / (self.bytes_per_frame * self.sample_rate)


class LegStart(Contract):
    """One participant's mono stream within a conversation.

    ``leg_id`` is unique per connection, so that a reconnected leg numbers its turns afresh.
    ``offset_ms`` is where the leg's first sample lies on the conversation's timeline.
    """

    tenant: Identifier
    conversation_id: Identifier
    leg_id: Identifier
    role: SpeechRole
    encoding: Encoding
    sample_rate: SampleRate
    language: Language | None = None
    offset_ms: Annotated[int, Field(ge=0)] = 0


class AudioLeg(Protocol):
    """An open leg. Its transcripts go to the journal; nothing comes back here."""

    async def push(self, samples: bytes) -> None:
        """Add mono samples in the leg's encoding, in order.

        Raises:
            SouffleurError: when the transcriber is gone; the caller keeps its connection.
        """

    async def close(self) -> None:
        """End the leg: returns once its last final is in the journal."""


class AudioSink(Protocol):
    """Where audio goes: the transcriber in this process, or the transcribe service."""

    async def open(self, leg: LegStart) -> AudioLeg:
        """Start a leg.

        Raises:
            SouffleurError: ``unavailable`` when no transcriber can take it now.
        """
