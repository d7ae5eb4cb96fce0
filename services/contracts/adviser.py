"""Frames of the adviser's socket, and the screen they build."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, TypeAdapter

from services.contracts.analysis import MomentDetected, Prediction, TurnAnalysed
from services.contracts.base import Contract, Identifier, Timestamp
from services.contracts.conversation import Channel, ConversationSummary, Turn, TurnText
from services.contracts.customer import Customer
from services.contracts.events import Event, EventId, Preferences, ServiceState
from services.contracts.suggestions import Suggestion

SuggestionState = Literal["offered", "held", "shown", "accepted", "edited", "dismissed"]


class MoodPoint(Contract):
    """One point of the mood line: the sentiment score of one customer turn."""

    turn_id: Identifier
    at_ms: Annotated[int, Field(ge=0)]
    label: str
    score: Annotated[float, Field(ge=-1.0, le=1.0)]
    confidence: float


class CardState(Contract):
    """A suggestion and what became of it."""

    suggestion: Suggestion
    state: SuggestionState


class Screen(Contract):
    """The adviser's whole screen: a pure fold over the conversation's events."""

    conversation_id: Identifier
    channel: Channel | None = None
    language: str | None = None
    started_at: Timestamp | None = None
    ended_at: Timestamp | None = None
    turns: tuple[Turn, ...] = ()
    partials: tuple[Turn, ...] = ()
    analyses: dict[str, TurnAnalysed] = {}
    mood: tuple[MoodPoint, ...] = ()
    intent: Prediction | None = None
    intent_turn_id: Identifier | None = None
    moments: tuple[MomentDetected, ...] = ()
    customer: Customer | None = None
    cards: tuple[CardState, ...] = ()
    preferences: Preferences = Preferences()
    degraded: dict[str, str] = {}


class SnapshotFrame(Contract):
    """First frame, and after ``resync``: the whole screen as of ``cursor``."""

    type: Literal["snapshot"] = "snapshot"
    cursor: EventId
    screen: Screen
    labels: dict[str, Any] = {}
    """Names of intents, ``{intent_id: {"fr","en"}}``."""


class EventFrame(Contract):
    """Something happened. On the wire ``event`` is the whole envelope, with the event's ``id``."""

    type: Literal["event"] = "event"
    event: Event


class ResumedFrame(Contract):
    """First frame after a ``resume`` that was taken; events up to ``cursor`` follow at once."""

    type: Literal["resumed"] = "resumed"
    cursor: EventId


class ResyncFrame(Contract):
    """The cursor leads nowhere any more: forget the screen, a snapshot follows."""

    type: Literal["resync"] = "resync"


class ServiceFrame(ServiceState):
    """Redis went down or came back; ``service`` is ``journal``, which cannot carry such an event.

    It has no id and changes neither the screen nor the cursor; it holds for this connection.
    """

    type: Literal["degraded", "restored"]


class ConversationsFrame(Contract):
    """Sent on a socket that follows no conversation: the live ones, newest first."""

    type: Literal["conversations"] = "conversations"
    items: tuple[ConversationSummary, ...]


class ErrorFrame(Contract):
    """A message of the client's that could not be taken; the connection goes on."""

    type: Literal["error"] = "error"
    code: str
    detail: str
    field: str | None = None


class Resume(Contract):
    """Ask for everything after ``last_event_id``."""

    type: Literal["resume"]
    last_event_id: EventId


class Feedback(Contract):
    """What became of a card."""

    type: Literal[
        "suggestion.shown", "suggestion.accepted", "suggestion.edited", "suggestion.dismissed"
    ]
    suggestion_id: Identifier
    action_id: Identifier | None = None
    text: Annotated[str, StringConstraints(max_length=8_000)] | None = None


class SetPreferences(Preferences):
    """Set how much to show; it holds for this conversation."""

    type: Literal["preferences"]


class SendTurn(Contract):
    """A chat reply typed in the panel."""

    type: Literal["turn"]
    text: TurnText


AdviserMessage = Annotated[
    Resume | Feedback | SetPreferences | SendTurn, Field(discriminator="type")
]
ADVISER_MESSAGE: TypeAdapter[AdviserMessage] = TypeAdapter(AdviserMessage)
