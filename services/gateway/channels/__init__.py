"""The channels: one sans-I/O codec per protocol, listed here by hand.

To add one, write its codec in a file of this folder and add a line to ``CHANNELS``.
"""

from collections.abc import Callable
from dataclasses import dataclass

from services.gateway.admission import (
    Admit,
    audiohook_signature,
    bearer_or_test_call,
    bearer_token,
)
from services.gateway.auth import SUBPROTOCOL
from services.gateway.channels import asterisk, jambonz
from services.gateway.channels.audiohook import AudioHookCodec
from services.gateway.channels.base import Codec, Handshake
from services.gateway.channels.chat import ChatCodec
from services.gateway.channels.raw_audio import RawAudioCodec
from services.gateway.channels.telnyx import TelnyxCodec
from services.gateway.channels.twilio import TwilioCodec
from services.gateway.channels.vonage import VonageCodec
from services.gateway.credentials import Credentials
from services.gateway.twilio_signatures import twilio_signature


@dataclass(frozen=True)
class ChannelEntry:
    """A protocol: where it is served, who may use it and what reads it.

    ``subprotocols`` are those that it can agree to, the dearest first.
    """

    name: str
    path: str
    codec: Callable[[Handshake], Codec]
    admit: Admit = bearer_token
    subprotocols: tuple[str, ...] = ()


CHANNELS: tuple[ChannelEntry, ...] = (
    ChannelEntry(
        "raw_audio", "/v1/ingest/audio", RawAudioCodec, bearer_or_test_call, (SUBPROTOCOL,)
    ),
    ChannelEntry("audiohook", "/v1/ingest/audiohook", AudioHookCodec, audiohook_signature),
    ChannelEntry("twilio", "/v1/ingest/twilio/{key}", TwilioCodec, twilio_signature),
    ChannelEntry(
        "telnyx",
        "/v1/ingest/telnyx",
        TelnyxCodec,
        Credentials("telnyx", "x-telnyx-streaming-auth-token"),
    ),
    ChannelEntry(
        "asterisk",
        "/v1/ingest/asterisk",
        asterisk.AsteriskCodec,
        Credentials("asterisk"),
        (asterisk.SUBPROTOCOL,),
    ),
    ChannelEntry(
        "jambonz",
        "/v1/ingest/jambonz",
        jambonz.JambonzCodec,
        Credentials("jambonz"),
        (jambonz.SUBPROTOCOL,),
    ),
    ChannelEntry("vonage", "/v1/ingest/vonage", VonageCodec, Credentials("vonage")),
    ChannelEntry("chat", "/v1/ingest/chat", ChatCodec),
)
