"""Telnyx media streaming: Twilio's protocol in other words, with packets that overtake others."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from services.gateway.channels.media_streams import MediaStreamsCodec, Message, Opening, read
from services.gateway.channels.samples import sound


def _by_name(given: object) -> object:
    """Take parameters in the form in which they are given to Telnyx too: a list of pairs."""
    if not isinstance(given, list):
        return given
    pairs = [each for each in given if isinstance(each, dict)]
    return {str(pair.get("name")): pair.get("value") for pair in pairs}


class TelnyxFormat(Message):
    """How the samples are laid out."""

    encoding: str
    rate: Annotated[int, Field(alias="sample_rate")]


class TelnyxStart(Message):
    """What ``start`` holds."""

    call: Annotated[str, Field(alias="call_control_id")]
    session: Annotated[str | None, Field(alias="call_session_id")] = None
    format: Annotated[TelnyxFormat, Field(alias="media_format")]
    parameters: Annotated[
        dict[str, Any], Field(alias="custom_parameters"), BeforeValidator(_by_name)
    ] = {}


class TelnyxCodec(MediaStreamsCodec):
    """One Telnyx stream. It does not say which tracks will come, so both sides are awaited."""

    stream_field = "stream_id"
    window = 5

    def opening(self, message: Mapping[str, Any]) -> Opening:
        start = read(TelnyxStart, message.get("start"), "start")
        return Opening(
            stream=str(message.get("stream_id", "")),
            call=start.session or start.call,
            tracks=("inbound", "outbound"),
            sound=sound(start.format.encoding, start.format.rate, field="start.media_format"),
            parameters=start.parameters,
        )
