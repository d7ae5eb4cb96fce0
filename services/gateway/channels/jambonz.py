"""The ``listen`` of jambonz: one JSON message about the call, then linear samples of its sides."""

from typing import Annotated

from pydantic import Field

from services.contracts.audio import SpeechRole
from services.gateway.channels.base import AudioChunk, CodecEvent, LegOpened
from services.gateway.channels.call_details import CallDetails
from services.gateway.channels.first_message import FirstMessageCodec
from services.gateway.channels.frames import read_object
from services.gateway.channels.media_streams import Message, read
from services.gateway.channels.raw_audio import STEREO_ROLES, split_linear
from services.gateway.channels.samples import Sound, sound
from services.kit.errors import InvalidInput

SUBPROTOCOL = "audio.jambonz.org"


class JambonzCall(Message):
    """The first message: the call's attributes, with what ``listen`` was told."""

    call: Annotated[str | None, Field(alias="callSid")] = None
    rate: Annotated[int, Field(alias="sampleRate")]
    mix: Annotated[str, Field(alias="mixType")] = "mono"


class JambonzCodec(FirstMessageCodec):
    """One ``listen``. In stereo the caller is left; jambonz closes the socket when it is over."""

    first = "the JSON message"
    _sides = 1

    def _open(self, text: str) -> list[CodecEvent]:
        message = read_object(text)
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

    def _chunks(self, sound: Sound, data: bytes) -> list[CodecEvent]:
        if self._sides == 1:
            return super()._chunks(sound, data)
        if len(data) % 4:
            raise InvalidInput("A frame holds whole samples of each channel.", field="audio")
        return [AudioChunk(index, samples) for index, samples in enumerate(split_linear(data))]
