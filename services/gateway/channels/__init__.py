"""The channels: one sans-I/O codec per protocol, listed here by hand.

To add one, write its codec in a file of this folder and add a line to ``CHANNELS``.
"""

from collections.abc import Callable
from dataclasses import dataclass

from services.gateway.channels.base import Codec
from services.gateway.channels.chat import ChatCodec
from services.gateway.channels.raw_audio import RawAudioCodec


@dataclass(frozen=True)
class ChannelEntry:
    """A protocol: where it is served and what reads it."""

    name: str
    path: str
    codec: Callable[[], Codec]


CHANNELS: tuple[ChannelEntry, ...] = (
    ChannelEntry("raw_audio", "/v1/ingest/audio", RawAudioCodec),
    ChannelEntry("chat", "/v1/ingest/chat", ChatCodec),
)
