"""Asterisk's AudioSocket: type, length and payload over bare TCP, a connection for each party."""

import uuid

from services.contracts.audio import SpeechRole
from services.gateway.channels.base import (
    AudioChunk,
    CodecEvent,
    ConversationOpened,
    Finished,
    LegOpened,
    Refused,
    UnexpectedFrame,
)
from services.gateway.channels.samples import Sound
from services.kit.errors import InvalidInput, SouffleurError

HANG_UP, UUID = 0x00, 0x01
AUDIO_8K, AUDIO_16K = 0x10, 0x12

_OTHER_SOUNDS = range(0x11, 0x19)
_SOUNDS = {AUDIO_8K: Sound("pcm_s16le", 8_000), AUDIO_16K: Sound("pcm_s16le", 16_000)}
_ROLES: dict[str, SpeechRole] = {"0": "customer", "1": "adviser"}
_HEADER = 3


class AudioSocketCodec:
    """One connection. Nothing is ever sent back: that would be heard on the line.

    The UUID's last digit says who speaks: 0 the customer, 1 the adviser. With a 0 there it is the
    conversation's id, so that both parties' connections meet.
    """

    def __init__(self) -> None:
        self._data = bytearray()
        self._name: str | None = None
        self._role: SpeechRole = "customer"
        self._kind: int | None = None
        self._done = False

    def receive(self, data: bytes) -> list[CodecEvent]:
        """Take what came, in pieces of any size, and return what happened."""
        self._data += data
        out: list[CodecEvent] = []
        try:
            while not self._done and (packet := self._packet()) is not None:
                out += self._take(*packet)
        except SouffleurError as error:
            self._done = True
            out.append(Refused(error, fatal=True))
        return out

    def ended(self) -> list[CodecEvent]:
        """Take the end of the connection, which is a hang-up too."""
        done, self._done = self._done, True
        return [] if done or self._kind is None else [Finished()]

    def _packet(self) -> tuple[int, bytes] | None:
        if len(self._data) < _HEADER:
            return None
        end = _HEADER + int.from_bytes(self._data[1:_HEADER], "big")
        if len(self._data) < end:
            return None
        kind, payload = self._data[0], bytes(self._data[_HEADER:end])
        del self._data[:end]
        return kind, payload

    def _take(self, kind: int, payload: bytes) -> list[CodecEvent]:
        if kind == HANG_UP:
            return self.ended()
        if kind == UUID:
            self._identify(payload)
        elif self._name is None:
            raise UnexpectedFrame("Send the UUID first.", field="type")
        if kind in _SOUNDS:
            return self._audio(kind, payload)
        if kind in _OTHER_SOUNDS:
            raise InvalidInput("Use slin or slin16: 8 or 16 kHz.", field="type")
        # Digits, errors of Asterisk and what is new to us.
        return []

    def _identify(self, payload: bytes) -> None:
        if self._name is not None:
            raise UnexpectedFrame("There is one UUID to a connection.", field="uuid")
        if len(payload) != 16:
            raise InvalidInput("A UUID has 16 bytes.", field="uuid")
        name = str(uuid.UUID(bytes=payload))
        if name[-1] not in _ROLES:
            msg = "End the UUID with 0 for the customer, with 1 for the adviser."
            raise InvalidInput(msg, field="uuid")
        self._name, self._role = name[:-1] + "0", _ROLES[name[-1]]

    def _audio(self, kind: int, payload: bytes) -> list[CodecEvent]:
        found = _SOUNDS[kind]
        opening: list[CodecEvent] = []
        if self._kind is None:
            # Which sound it is shows in the first packet only.
            self._kind = kind
            leg = LegOpened(0, self._role, found.encoding, found.sample_rate)
            opening = [ConversationOpened(channel="voice", conversation_id=self._name), leg]
        elif self._kind != kind:
            raise UnexpectedFrame("The sample rate changed.", field="type")
        return [*opening, AudioChunk(0, found.samples(payload))]
