"""Twilio Media Streams: both sides of a call, forked by ``<Start><Stream track="both_tracks">``."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from services.gateway.channels.media_streams import (
    MediaStreamsCodec,
    Message,
    Opening,
    TrackName,
    read,
)
from services.gateway.channels.samples import sound
from services.kit.errors import Forbidden


class TwilioFormat(Message):
    """How the samples are laid out."""

    encoding: str
    rate: Annotated[int, Field(alias="sampleRate")]


class TwilioStart(Message):
    """What ``start`` holds."""

    account: Annotated[str, Field(alias="accountSid")]
    stream: Annotated[str, Field(alias="streamSid")]
    call: Annotated[str, Field(alias="callSid")]
    tracks: Annotated[tuple[TrackName, ...], Field(min_length=1)]
    format: Annotated[TwilioFormat, Field(alias="mediaFormat")]
    parameters: Annotated[dict[str, Any], Field(alias="customParameters")] = {}


class TwilioCodec(MediaStreamsCodec):
    """One Twilio stream. Its messages come in order; what the network lost shows in timestamps."""

    stream_field = "streamSid"

    def opening(self, message: Mapping[str, Any]) -> Opening:
        start = read(TwilioStart, message.get("start"), "start")
        if self.config.get("account_sid", start.account) != start.account:
            raise Forbidden("This path is another account's.", field="start.accountSid")
        return Opening(
            stream=start.stream,
            call=start.call,
            tracks=tuple(dict.fromkeys(start.tracks)),
            sound=sound(start.format.encoding, start.format.rate, field="start.mediaFormat"),
            parameters=start.parameters,
        )
