"""Our own raw audio profile: a JSON start frame, binary samples, a JSON stop frame.

One stereo socket carries both participants (left customer, right adviser); or each has a mono
socket of its own, the second of which joins by the same ``conversation_id``.
"""

from array import array
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from services.contracts.audio import AudioFormat, Encoding, SampleRate, SpeechRole
from services.contracts.base import Contract, Identifier, Language
from services.gateway.channels.base import (
    AudioChunk,
    CodecEvent,
    ConversationOpened,
    Finished,
    Handshake,
    LegOpened,
    ListeningCodec,
    Refused,
    UnexpectedFrame,
)
from services.gateway.channels.frames import FrameWriter, read_frame
from services.kit.errors import Forbidden, InvalidInput, SouffleurError

STEREO_ROLES: tuple[SpeechRole, SpeechRole] = ("customer", "adviser")


class AudioStart(Contract):
    """First frame of an audio socket. ``role`` is for one channel only."""

    type: Literal["start"]
    conversation_id: Identifier | None = None
    role: SpeechRole | None = None
    sample_rate: SampleRate
    encoding: Encoding
    channels: Literal[1, 2]
    language: Language | None = None
    customer_id: Identifier | None = None
    adviser_id: Identifier | None = None


class AudioStop(Contract):
    """Last frame of an audio socket."""

    type: Literal["stop"]


class AudioStarted(Contract):
    """The call is open; its legs have these ids."""

    type: Literal["started"] = "started"
    conversation_id: Identifier
    leg_ids: tuple[Identifier, ...]


class AudioStopped(Contract):
    """The last words are recognised; the close follows."""

    type: Literal["stopped"] = "stopped"


AUDIO_FRAME: TypeAdapter[AudioStart | AudioStop] = TypeAdapter(
    Annotated[AudioStart | AudioStop, Field(discriminator="type")]
)


class RawAudioCodec(ListeningCodec):
    """Reads and writes the frames of one audio socket. Every error ends the connection."""

    def __init__(self, handshake: Handshake) -> None:
        # Set only for a test call, which its ticket binds to a conversation and an adviser.
        self._bounds = handshake.config
        self._writer = FrameWriter()
        self._format: AudioFormat | None = None
        self._done = False

    def receive_text(self, text: str) -> list[CodecEvent]:
        try:
            frame = read_frame(AUDIO_FRAME, text)
            if isinstance(frame, AudioStart):
                return self._start(frame)
            if self._format is None:
                raise UnexpectedFrame("Send a start frame before the stop.", field="type")
        except SouffleurError as error:
            return [Refused(error, fatal=True)]
        self._done = True
        return [Finished()]

    def receive_bytes(self, data: bytes) -> list[CodecEvent]:
        if self._format is None:
            return [
                Refused(
                    UnexpectedFrame("Send the start frame as JSON text before any audio."),
                    fatal=True,
                )
            ]
        if self._done:
            return []
        if len(data) % self._format.bytes_per_frame:
            error = InvalidInput(
                f"A message of {self._format.encoding} with {self._format.channels} channel(s) "
                f"holds a multiple of {self._format.bytes_per_frame} bytes.",
                field="audio",
            )
            return [Refused(error, fatal=True)]
        if self._format.channels == 1:
            return [AudioChunk(0, data)]
        linear = self._format.encoding == "pcm_s16le"
        sides = split_linear(data) if linear else (data[0::2], data[1::2])
        return [AudioChunk(index, samples) for index, samples in enumerate(sides)]

    def started(self, conversation_id: str, leg_ids: list[str], offset_ms: float) -> None:
        del offset_ms
        self._writer.add(AudioStarted(conversation_id=conversation_id, leg_ids=tuple(leg_ids)))

    def refused(self, error: SouffleurError) -> None:
        self._writer.add_error(error)

    def finished(self) -> None:
        self._writer.add(AudioStopped())

    def data_to_send(self) -> list[str]:
        return self._writer.take()

    def _start(self, frame: AudioStart) -> list[CodecEvent]:
        if self._format is not None:
            raise UnexpectedFrame("There is one start frame to a socket.", field="type")
        if frame.channels == 1 and frame.role is None:
            raise InvalidInput("Say who speaks: customer or adviser.", field="role")
        if frame.channels == 2 and frame.role is not None:
            msg = "Leave the role out: left is the customer, right the adviser."
            raise InvalidInput(msg, field="role")
        self._format = AudioFormat(
            encoding=frame.encoding, sample_rate=frame.sample_rate, channels=frame.channels
        )
        self._check_bounds(frame)
        roles = STEREO_ROLES if frame.role is None else (frame.role,)
        return [
            ConversationOpened(
                channel="voice",
                conversation_id=self._bound("conversation_id", frame.conversation_id),
                customer_id=frame.customer_id,
                adviser_id=self._bound("adviser_id", frame.adviser_id),
                language=frame.language,
            ),
            *(
                LegOpened(index, role, frame.encoding, frame.sample_rate, frame.language)
                for index, role in enumerate(roles)
            ),
        ]

    def _bound(self, name: str, given: str | None) -> str | None:
        return str(self._bounds[name]) if name in self._bounds else given

    def _check_bounds(self, frame: AudioStart) -> None:
        """Refuse a test call that is to be somebody else's, or about a customer."""
        for name in ("conversation_id", "adviser_id"):
            given = getattr(frame, name)
            if given is not None and given != self._bound(name, given):
                raise Forbidden(
                    "The ticket was given for another call; leave this out.", field=name
                )
        if self._bounds and frame.customer_id is not None:
            msg = "A test call is about no customer; leave this out."
            raise Forbidden(msg, field="customer_id")


def split_linear(data: bytes) -> tuple[bytes, bytes]:
    """Return the left and the right of interleaved 16-bit samples."""
    samples = array("H", data)  # two bytes each; they are only moved, so their order is kept
    return samples[0::2].tobytes(), samples[1::2].tobytes()
