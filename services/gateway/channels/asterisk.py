"""Asterisk's chan_websocket: one socket for each party, which the dial string's query describes."""

from services.gateway.channels.base import CodecEvent, LegOpened, UnexpectedFrame
from services.gateway.channels.call_details import CallDetails
from services.gateway.channels.first_message import FirstMessageCodec
from services.gateway.channels.frames import read_object
from services.gateway.channels.media_streams import Message, read
from services.gateway.channels.samples import sound
from services.kit.errors import InvalidInput

SUBPROTOCOL = "media"

_START = "MEDIA_START"


class MediaStart(Message):
    """The first message, in JSON or in plain text."""

    event: str
    connection_id: str
    format: str


class AsteriskCodec(FirstMessageCodec):
    """One WebSocket channel; Asterisk closes it when the channel is hung up.

    Its other events (DTMF_END, MEDIA_XON, STATUS...) answer commands, and we give none.
    """

    first = _START

    def _open(self, text: str) -> list[CodecEvent]:
        start = _media_start(text)
        if start.event != _START:
            raise UnexpectedFrame("Send MEDIA_START first.", field="event")
        details = CallDetails.read(self._query)
        if details.role is None:
            msg = "Say who speaks: v(role=customer) or v(role=adviser) in the dial string."
            raise InvalidInput(msg, field="role")
        rate = 16_000 if start.format == "slin16" else 8_000
        found = sound(start.format, rate, field="format")
        self._sound = found
        leg = LegOpened(0, details.role, found.encoding, found.sample_rate, details.language)
        return [details.opened(start.connection_id), leg]


def _media_start(text: str) -> MediaStart:
    """Read the first message: JSON, or the plain text of Asterisk before 20.18, 22.8 and 23.2."""
    words = text.split()
    if words and words[0] == _START:
        pairs = (word.partition(":") for word in words[1:])
        return read(MediaStart, {"event": _START} | {k: v for k, _, v in pairs}, _START)
    return read(MediaStart, read_object(text), _START)
