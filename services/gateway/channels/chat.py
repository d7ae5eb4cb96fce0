"""Our own chat protocol: JSON turns in, acknowledgements and the adviser's replies out."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from services.contracts.base import Contract, Identifier, Language, Role, Timestamp
from services.contracts.conversation import PANEL_TURN, TurnText
from services.contracts.events import ConversationEvent, TurnFinalEvent
from services.gateway.channels.base import (
    ChatTurn,
    CodecEvent,
    ConversationOpened,
    Finished,
    Handshake,
    ListeningCodec,
    Refused,
    UnexpectedFrame,
)
from services.gateway.channels.frames import FrameWriter, read_frame
from services.kit.errors import SouffleurError


class ChatStart(Contract):
    """First frame of a chat socket."""

    type: Literal["start"]
    conversation_id: Identifier | None = None
    customer_id: Identifier | None = None
    adviser_id: Identifier | None = None
    language: Language | None = None
    channel: Literal["chat", "email", "messaging"] = "chat"


class ChatTurnFrame(Contract):
    """One message of the chat. With an ``id``, sending it again does no harm."""

    type: Literal["turn"]
    id: Identifier | None = None
    role: Role
    text: TurnText
    language: Language | None = None
    at: Timestamp | None = None


class ChatEnd(Contract):
    """The chat is over."""

    type: Literal["end"]


class ChatStarted(Contract):
    """The chat is open."""

    type: Literal["started"] = "started"
    conversation_id: Identifier


class ChatAcknowledged(Contract):
    """A turn is safe in the journal."""

    type: Literal["ack"] = "ack"
    turn_id: Identifier


class ChatReply(Contract):
    """What the adviser wrote in the panel, for the customer."""

    type: Literal["turn"] = "turn"
    id: Identifier
    role: Literal["adviser"] = "adviser"
    text: TurnText
    at: Timestamp


class ChatEnded(Contract):
    """The chat is over; the close follows."""

    type: Literal["ended"] = "ended"


CHAT_FRAME: TypeAdapter[ChatStart | ChatTurnFrame | ChatEnd] = TypeAdapter(
    Annotated[ChatStart | ChatTurnFrame | ChatEnd, Field(discriminator="type")]
)


class ChatCodec(ListeningCodec):
    """Reads and writes the frames of one chat socket. An error in a turn does not end it."""

    follows = True

    def __init__(self, handshake: Handshake) -> None:
        del handshake  # everything is in the start frame
        self._writer = FrameWriter()
        self._open = False

    def receive_text(self, text: str) -> list[CodecEvent]:
        try:
            frame = read_frame(CHAT_FRAME, text)
            if isinstance(frame, ChatStart):
                return [self._start(frame)]
            if not self._open:
                raise UnexpectedFrame("Send the start frame first.", field="type")
        except SouffleurError as error:
            return [Refused(error, fatal=not self._open)]
        if isinstance(frame, ChatEnd):
            return [Finished()]
        return [ChatTurn(frame.role, frame.text, frame.id, frame.language, frame.at)]

    def receive_bytes(self, data: bytes) -> list[CodecEvent]:
        del data
        error = UnexpectedFrame("A chat is JSON text; there is no binary frame.")
        return [Refused(error, fatal=not self._open)]

    def started(self, conversation_id: str, leg_ids: list[str], offset_ms: float) -> None:
        del leg_ids, offset_ms
        self._writer.add(ChatStarted(conversation_id=conversation_id))

    def acknowledged(self, turn_id: str) -> None:
        self._writer.add(ChatAcknowledged(turn_id=turn_id))

    def happened(self, event: ConversationEvent) -> None:
        """Pass on what the adviser wrote in the panel, for the customer to read."""
        happened = event.event
        if isinstance(happened, TurnFinalEvent) and happened.data.id.startswith(PANEL_TURN):
            turn = happened.data
            self._writer.add(ChatReply(id=turn.id, text=turn.text, at=happened.time))

    def refused(self, error: SouffleurError) -> None:
        self._writer.add_error(error)

    def finished(self) -> None:
        self._writer.add(ChatEnded())

    def data_to_send(self) -> list[str]:
        return self._writer.take()

    def _start(self, frame: ChatStart) -> ConversationOpened:
        if self._open:
            raise UnexpectedFrame("There is one start frame to a socket.", field="type")
        self._open = True
        return ConversationOpened(
            channel=frame.channel,
            conversation_id=frame.conversation_id,
            customer_id=frame.customer_id,
            adviser_id=frame.adviser_id,
            language=frame.language,
        )
