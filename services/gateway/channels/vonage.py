"""Vonage Voice API: a ``connect`` to a WebSocket endpoint, one socket for each participant."""

import re
from typing import Annotated

from pydantic import Field

from services.gateway.channels.base import CodecEvent, LegOpened, UnexpectedFrame
from services.gateway.channels.call_details import CallDetails
from services.gateway.channels.first_message import FirstMessageCodec
from services.gateway.channels.frames import read_object
from services.gateway.channels.media_streams import Message, read
from services.gateway.channels.samples import sound
from services.kit.errors import InvalidInput

_CONTENT = re.compile(r"(audio/l16)\s*;\s*rate=(\d{4,6})", re.IGNORECASE)


class VonageConnected(Message):
    """The first message, with the endpoint's ``headers`` beside these."""

    event: str
    content: Annotated[str, Field(alias="content-type")]


class VonageCodec(FirstMessageCodec):
    """One socket. The endpoint's ``headers`` come at the top of the first message."""

    first = "websocket:connected"

    def _open(self, text: str) -> list[CodecEvent]:
        message = read_object(text)
        connected = read(VonageConnected, message, "message")
        if connected.event != "websocket:connected":
            raise UnexpectedFrame("Send websocket:connected first.", field="event")
        content = _CONTENT.fullmatch(connected.content.strip())
        if content is None:
            raise InvalidInput("Use audio/l16;rate=16000.", field="content-type")
        details = CallDetails.read(self._query, message)
        found = sound(content[1], int(content[2]), field="content-type")
        if details.role is None:
            # A socket hears everybody unless the NCCO says whom, so nothing can be guessed.
            msg = "Say who is heard: role customer or adviser in the endpoint's headers."
            raise InvalidInput(msg, field="role")
        self._sound = found
        leg = LegOpened(0, details.role, found.encoding, found.sample_rate, details.language)
        return [details.opened(), leg]
