"""The shape that several telephone systems share: one message about the call, then its audio."""

from abc import ABC, abstractmethod
from typing import ClassVar

from services.gateway.channels.base import (
    AudioChunk,
    CodecEvent,
    Handshake,
    ListeningCodec,
    Refused,
    UnexpectedFrame,
)
from services.gateway.channels.samples import Sound
from services.kit.errors import SouffleurError


class FirstMessageCodec(ListeningCodec, ABC):
    """One WebSocket whose first text message opens the call; later ones do not concern us.

    The other side closes the socket when the call is over. A subclass says how its first message is
    read (``_open``, which sets ``_sound``) and may say how its audio is split (``_chunks``).
    """

    closing_ends = True

    first: ClassVar[str]
    """What the first message is called, for whoever sends another one."""

    def __init__(self, handshake: Handshake) -> None:
        self._query = handshake.query
        self._sound: Sound | None = None

    def receive_text(self, text: str) -> list[CodecEvent]:
        if self._sound is not None:
            return []
        try:
            return self._open(text)
        except SouffleurError as error:
            return [Refused(error, fatal=True)]

    def receive_bytes(self, data: bytes) -> list[CodecEvent]:
        if self._sound is None:
            return [Refused(UnexpectedFrame(f"Send {self.first} first."), fatal=True)]
        try:
            return self._chunks(self._sound, data)
        except SouffleurError as error:
            return [Refused(error, fatal=True)]

    @abstractmethod
    def _open(self, text: str) -> list[CodecEvent]:
        """Read the first message.

        Raises:
            SouffleurError: when it is another one, or says too little; the call is refused.
        """

    def _chunks(self, sound: Sound, data: bytes) -> list[CodecEvent]:
        return [AudioChunk(0, sound.samples(data))]
