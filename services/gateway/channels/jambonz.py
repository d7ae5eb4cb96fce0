"""The ``listen`` of jambonz: one JSON message about the call, then linear samples of its sides."""

from typing import Annotated, Any

from pydantic import Field

from services.contracts.audio import SpeechRole
from services.gateway.channels.base import (
    AudioChunk,
    CodecEvent,
    Handshake,
    LegOpened,
    ListeningCodec,
    Refused,
    UnexpectedFrame,
)
from services.gateway.channels.call_details import CallDetails
from services.gateway.channels.frames import read_object
from services.gateway.channels.media_streams import Message, read
from services.gateway.channels.raw_audio import STEREO_ROLES, split_linear
from services.gateway.channels.samples import Sound, sound
from services.kit.errors import InvalidInput, SouffleurError

SUBPROTOCOL = "audio.jambonz.org"


class JambonzCall(Message):
    """The first message: the call's attributes, with what ``listen`` was told."""

    call: Annotated[str | None, Field(alias="callSid")] = None
    rate: Annotated[int, Field(alias="sampleRate")]
    mix: Annotated[str, Field(alias="mixType")] = "mono"


class JambonzCodec(ListeningCodec):
    """One ``listen``. In stereo the caller is left; jambonz closes the socket when it is over."""

    closing_ends = True

    def __init__(self, handshake: Handshake) -> None:
        self._query = handshake.query
        self._sound: Sound | None = None
        self._sides = 0

    def receive_text(self, text: str) -> list[CodecEvent]:
        if self._sound is not None:
            return []  # DTMF and the state of prompts, which do not concern us
        try:
            return self._open(read_object(text))
        except SouffleurError as error:
            return [Refused(error, fatal=True)]

    def receive_bytes(self, data: bytes) -> list[CodecEvent]:
        if self._sound is None:
            return [Refused(UnexpectedFrame("Send the JSON message first."), fatal=True)]
        if len(data) % (2 * self._sides):
            error = InvalidInput("A frame holds whole samples of each channel.", field="audio")
            return [Refused(error, fatal=True)]
        sides = (data,) if self._sides == 1 else split_linear(data)
        return [AudioChunk(index, samples) for index, samples in enumerate(sides)]

    def _open(self, message: dict[str, Any]) -> list[CodecEvent]:
        call = read(JambonzCall, message, "message")
        # `metadata` is merged into the message by some releases and nested by others.
        nested = message.get("metadata")
        details = CallDetails.read(self._query, message, nested if isinstance(nested, dict) else {})
        if call.mix not in ("mono", "stereo"):
            msg = "Use stereo, or mono: in a mix nobody knows who speaks."
            raise InvalidInput(msg, field="mixType")
        roles: tuple[SpeechRole, ...] = STEREO_ROLES
        if call.mix == "mono":
            roles = (details.role or "customer",)
        found = sound("l16", call.rate, field="sampleRate")
        self._sound, self._sides = found, len(roles)
        return [
            details.opened(call.call),
            *(
                LegOpened(index, role, found.encoding, found.sample_rate, details.language)
                for index, role in enumerate(roles)
            ),
        ]
