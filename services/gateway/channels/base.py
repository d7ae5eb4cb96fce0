"""What every channel's codec has in common: what comes out of it, and how it is driven.

A codec is sans-I/O: frames go in, things that happened come out, and ``data_to_send`` gives the
frames to write. It never waits, knows no journal and no clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from services.contracts.audio import Encoding, SampleRate, SpeechRole
from services.contracts.base import Language, Role
from services.contracts.conversation import Channel
from services.contracts.events import ConversationEvent
from services.kit.errors import MalformedInput, SouffleurError


@dataclass(frozen=True)
class Handshake:
    """The opening request of a socket.

    Attributes:
        headers: by lower-case name.
        query: the parameters after the question mark, the last of each name.
        subprotocol: the one that was agreed on.
        config: what the tenant set for this integration.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    subprotocol: str | None = None
    config: Mapping[str, str | bool | int] = field(default_factory=dict)


@dataclass(frozen=True)
class ConversationOpened:
    """The other side names its conversation, or leaves that to us (``conversation_id`` is None)."""

    channel: Channel
    conversation_id: str | None = None
    customer_id: str | None = None
    adviser_id: str | None = None
    language: Language | None = None


@dataclass(frozen=True)
class LegOpened:
    """A mono stream of one participant begins; ``index`` names it in what follows."""

    index: int
    role: SpeechRole
    encoding: Encoding
    sample_rate: SampleRate
    language: Language | None = None


@dataclass(frozen=True)
class AudioChunk:
    """Samples of one leg, in order, in the leg's encoding."""

    index: int
    samples: bytes


@dataclass(frozen=True)
class Gap:
    """Time that passed on a leg without samples: lost, paused or discarded. Nothing shifts."""

    index: int
    duration_ms: float


@dataclass(frozen=True)
class LanguageChanged:
    """The call goes on in another language; ``None`` lets the recogniser find out."""

    language: Language | None


@dataclass(frozen=True)
class ChatTurn:
    """Something written. ``id`` is the sender's own, by which a repeat is recognised."""

    role: Role
    text: str
    id: str | None = None
    language: Language | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class Finished:
    """The other side is done, and says so.

    ``completed`` is false when the conversation may go on over another connection.
    """

    completed: bool = True


@dataclass(frozen=True)
class Refused:
    """A frame that could not be taken. ``fatal`` ends the connection."""

    error: SouffleurError
    fatal: bool


CodecEvent = (
    ConversationOpened
    | LegOpened
    | AudioChunk
    | Gap
    | LanguageChanged
    | ChatTurn
    | Finished
    | Refused
)


class UnexpectedFrame(MalformedInput):
    """A frame of a kind that has no place here (binary before the start, binary in a chat)."""

    code = "unexpected_frame"
    close_code = 1003


class UnreadableFrame(MalformedInput):
    """A frame whose text is not what it should be (broken JSON, no object)."""

    code = "malformed_input"
    close_code = 1007


class Codec(Protocol):
    """One protocol of one channel.

    Attributes:
        follows: whether ``happened`` wants the conversation's events.
        other_side_closes: whether the last frame is followed by the other side's close, not ours.
        closing_ends: whether an orderly close ends the call, where no frame says that it is over.
    """

    follows: bool
    other_side_closes: bool
    closing_ends: bool

    def receive_text(self, text: str) -> list[CodecEvent]:
        """Take a text frame and return what happened."""

    def receive_bytes(self, data: bytes) -> list[CodecEvent]:
        """Take a binary frame and return what happened."""

    def started(self, conversation_id: str, leg_ids: list[str], offset_ms: float) -> None:
        """Say that the conversation is open; its timeline is at ``offset_ms`` now."""

    def acknowledged(self, turn_id: str) -> None:
        """Say that a turn is safe in the journal."""

    def happened(self, event: ConversationEvent) -> None:
        """Pass on what happened in the conversation, as far as the other side wants it."""

    def refused(self, error: SouffleurError) -> None:
        """Say that something could not be taken."""

    def finished(self) -> None:
        """Say that everything is flushed."""

    def data_to_send(self) -> list[str]:
        """Return the text frames to write, and forget them."""


class ListeningCodec:
    """What a codec is that only listens: it answers nothing unless it says so."""

    follows = False
    other_side_closes = False
    closing_ends = False

    def started(self, conversation_id: str, leg_ids: list[str], offset_ms: float) -> None:
        """Say nothing."""

    def acknowledged(self, turn_id: str) -> None:
        """Say nothing."""

    def happened(self, event: ConversationEvent) -> None:
        """Say nothing."""

    def refused(self, error: SouffleurError) -> None:
        """Say nothing: the close code says it."""

    def finished(self) -> None:
        """Say nothing."""

    def data_to_send(self) -> list[str]:
        """Return nothing."""
        return []
