"""What Twilio's Media Streams and its dialects have in common: JSON with audio in base64."""

import base64
import binascii
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.contracts.audio import SpeechRole
from services.gateway.channels.base import (
    AudioChunk,
    CodecEvent,
    Finished,
    Gap,
    Handshake,
    LegOpened,
    ListeningCodec,
    Refused,
    UnexpectedFrame,
)
from services.gateway.channels.call_details import CallDetails
from services.gateway.channels.frames import read_object
from services.gateway.channels.samples import Sound
from services.gateway.channels.timeline import LATEST_MS, Track
from services.gateway.validation import from_validation
from services.kit.errors import InvalidInput, SouffleurError

TrackName = Literal["inbound", "outbound"]

BEHIND_MS = 1_000.0
"""A side so far behind the other one sends nothing just now: its silence is filled in, so that the
recogniser learns that the speaker has stopped."""

KEPT_BEHIND_MS = 500.0
"""How far behind it is left: what comes late still finds its place."""

M = TypeVar("M", bound=BaseModel)


class Message(BaseModel):
    """Part of a message. Unknown fields are left alone: the protocols grow by them."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Packet(Message):
    """Audio of one track; numbers come as texts. ``timestamp`` counts ms since the stream began."""

    track: TrackName
    chunk: Annotated[int, Field(ge=0)] = 0
    timestamp: Annotated[int, Field(ge=0, le=LATEST_MS)] | None = None
    payload: str


@dataclass(frozen=True)
class Opening:
    """What a ``start`` message says.

    Attributes:
        stream: its id; messages of other streams are left alone.
        call: the provider's id of the call.
        tracks: those that may come.
        sound: of every track.
        parameters: what the integrator adds.
    """

    stream: str
    call: str
    tracks: tuple[TrackName, ...]
    sound: Sound
    parameters: Mapping[str, Any]


class MediaStreamsCodec(ListeningCodec):
    """One stream of a call. It only listens; sequence numbers are not held against it."""

    stream_field: ClassVar[str]
    window: ClassVar[int] = 0

    def __init__(self, handshake: Handshake) -> None:
        self.config = handshake.config
        self._query = handshake.query
        self._stream: str | None = None
        self._sound: Sound | None = None
        self._tracks: dict[TrackName, Track] = {}
        self._done = False

    @abstractmethod
    def opening(self, message: Mapping[str, Any]) -> Opening:
        """Return what a ``start`` message says.

        Raises:
            SouffleurError: when it cannot be taken.
        """

    def receive_text(self, text: str) -> list[CodecEvent]:
        try:
            return [] if self._done else self._message(read_object(text))
        except SouffleurError as error:
            return [Refused(error, fatal=True)]

    def receive_bytes(self, data: bytes) -> list[CodecEvent]:
        del data
        error = UnexpectedFrame("Media streams are JSON text; there is no binary frame.")
        return [] if self._done else [Refused(error, fatal=True)]

    def _message(self, message: Mapping[str, Any]) -> list[CodecEvent]:
        match message.get("event"):
            case "start":
                return self._start(self.opening(message))
            case "media" | "stop" if self._stream is None:
                raise UnexpectedFrame("Send start before media and stop.", field="event")
            case "media" if message.get(self.stream_field, self._stream) == self._stream:
                return [*self._media(read(Packet, message.get("media"), "media"))]
            case "stop" if message.get(self.stream_field, self._stream) == self._stream:
                self._done = True
                rest = [event for track in self._tracks.values() for event in track.flush()]
                return [*rest, Finished()]
        # connected, dtmf, mark, error and what is new to us ask for nothing.
        return []

    def _start(self, opening: Opening) -> list[CodecEvent]:
        if self._stream is not None:
            raise UnexpectedFrame("There is one start message to a socket.", field="event")
        details = CallDetails.read(self._query, opening.parameters)
        roles = _roles(opening.parameters.get("inbound_role") or self.config.get("inbound_role"))
        self._stream, self._sound = opening.stream, opening.sound
        legs = []
        for index, name in enumerate(opening.tracks):
            self._tracks[name] = Track(index, opening.sound, self.window)
            encoding, rate = opening.sound.encoding, opening.sound.sample_rate
            legs.append(LegOpened(index, roles[name], encoding, rate, details.language))
        return [details.opened(opening.call), *legs]

    def _media(self, packet: Packet) -> list[AudioChunk | Gap]:
        track = self._tracks.get(packet.track)
        if track is None or self._sound is None:
            return []
        samples = self._sound.samples(_decoded(packet.payload), "media.payload")
        events = track.push(packet.timestamp, packet.chunk, samples)
        for other in self._tracks.values():
            if other.heard and track.position_ms - other.position_ms > BEHIND_MS:
                events += other.silence_until(track.position_ms - KEPT_BEHIND_MS)
        return events


def read(model: type[M], data: Any, field: str) -> M:
    """Return part of a message.

    Raises:
        InvalidInput: names the place below ``field`` that does not fit.
    """
    try:
        return model.model_validate(data)
    except ValidationError as invalid:
        error = from_validation(invalid)
        where = f"{field}.{error.field}" if error.field else field
        raise InvalidInput(error.detail, field=where) from None


def _decoded(payload: str) -> bytes:
    try:
        return base64.b64decode(payload, validate=True)
    except (ValueError, binascii.Error):
        raise InvalidInput("Send base64.", field="media.payload") from None


def _roles(inbound: object) -> Mapping[TrackName, SpeechRole]:
    """Say who is on which track. On a call that an adviser places, they are the inbound side."""
    if inbound in (None, "customer"):
        return {"inbound": "customer", "outbound": "adviser"}
    if inbound == "adviser":
        return {"inbound": "adviser", "outbound": "customer"}
    raise InvalidInput("Use customer or adviser.", field="inbound_role")
