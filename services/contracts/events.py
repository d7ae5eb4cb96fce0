"""The closed union of conversation events: everything that happens is one of these."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, TypeAdapter

from services.contracts.analysis import MomentDetected, TurnAnalysed
from services.contracts.base import Contract, Identifier, Language, Timestamp
from services.contracts.conversation import (
    ConversationEnded,
    ConversationStarted,
    ConversationTransferred,
    Turn,
)
from services.contracts.customer import ContextUpdated
from services.contracts.suggestions import (
    SuggestionFeedback,
    SuggestionOffered,
    SuggestionWithdrawn,
)

EventId = Annotated[str, StringConstraints(pattern=r"^\d+-\d+$")]
"""``<epoch>-<offset>``; it rises within a conversation. The epoch changes when data may be lost."""


class ServiceState(Contract):
    """Data of ``service.degraded`` and ``service.restored``: which part, and what still works."""

    service: Literal["transcribe", "assist", "journal"]
    reason: str


class Preferences(Contract):
    """Data of ``preferences.changed``: how much of the adviser's attention cards may take (P2).

    ``language`` is the one the adviser reads cards in; the conversation's own when ``None``.
    """

    language: Language | None = None
    quiet: bool = False
    cards_per_minute: Annotated[int, Field(ge=0, le=60)] = 4
    kinds: dict[str, bool] = {}


class _Event(Contract):
    """Envelope without its id: what a producer hands to the journal."""

    conversation_id: Identifier
    time: Timestamp


class ConversationStartedEvent(_Event):
    """A conversation begins."""

    type: Literal["conversation.started"] = "conversation.started"
    data: ConversationStarted


class ConversationTransferredEvent(_Event):
    """The conversation moves to another adviser."""

    type: Literal["conversation.transferred"] = "conversation.transferred"
    data: ConversationTransferred


class ConversationEndedEvent(_Event):
    """The conversation is over: no turn is taken any more; the last ones may still be analysed."""

    type: Literal["conversation.ended"] = "conversation.ended"
    data: ConversationEnded


class TurnPartialEvent(_Event):
    """A turn still being spoken; the next event with its turn id supersedes it."""

    type: Literal["turn.partial"] = "turn.partial"
    data: Turn


class TurnFinalEvent(_Event):
    """A complete turn."""

    type: Literal["turn.final"] = "turn.final"
    data: Turn


class TurnAnalysedEvent(_Event):
    """What the models read in a turn."""

    type: Literal["turn.analysed"] = "turn.analysed"
    data: TurnAnalysed


class MomentDetectedEvent(_Event):
    """Something that matters was said; follows the ``turn.analysed`` it comes from."""

    type: Literal["moment.detected"] = "moment.detected"
    data: MomentDetected


class ContextUpdatedEvent(_Event):
    """The customer's record arrived or changed."""

    type: Literal["context.updated"] = "context.updated"
    data: ContextUpdated


class SuggestionOfferedEvent(_Event):
    """A card is whispered."""

    type: Literal["suggestion.offered", "suggestion.updated"] = "suggestion.offered"
    data: SuggestionOffered


class SuggestionWithdrawnEvent(_Event):
    """A card no longer holds."""

    type: Literal["suggestion.withdrawn", "suggestion.expired"] = "suggestion.withdrawn"
    data: SuggestionWithdrawn


class SuggestionFeedbackEvent(_Event):
    """What became of a card."""

    type: Literal[
        "suggestion.shown", "suggestion.accepted", "suggestion.edited", "suggestion.dismissed"
    ]
    data: SuggestionFeedback


class PreferencesChangedEvent(_Event):
    """The adviser set how much they want to see, for this conversation."""

    type: Literal["preferences.changed"] = "preferences.changed"
    data: Preferences


class ServiceStateEvent(_Event):
    """A part of Souffleur went down or came back."""

    type: Literal["service.degraded", "service.restored"]
    data: ServiceState


Event = Annotated[
    ConversationStartedEvent
    | ConversationTransferredEvent
    | ConversationEndedEvent
    | TurnPartialEvent
    | TurnFinalEvent
    | TurnAnalysedEvent
    | MomentDetectedEvent
    | ContextUpdatedEvent
    | SuggestionOfferedEvent
    | SuggestionWithdrawnEvent
    | SuggestionFeedbackEvent
    | PreferencesChangedEvent
    | ServiceStateEvent,
    Field(discriminator="type"),
]
"""What a producer publishes (no id yet)."""

EVENT: TypeAdapter[Event] = TypeAdapter(Event)


class ConversationEvent(Contract):
    """An event as the journal keeps it and as the wire shows it: the envelope with its id.

    The JSON form is ``{"id","type","conversation_id","time","data"}``.
    """

    id: EventId
    event: Event

    def wire(self) -> dict[str, object]:
        """Return the JSON-ready envelope of ``interfaces.md``."""
        body = self.event.model_dump(mode="json")
        return {
            "id": self.id,
            "type": body["type"],
            "conversation_id": body["conversation_id"],
            "time": body["time"],
            "data": body["data"],
        }


def cursor_of(event_id: str) -> tuple[int, int]:
    """Split an event id into (epoch, offset).

    Raises:
        ValueError: when it is not ``<epoch>-<offset>``.
    """
    epoch, separator, offset = event_id.partition("-")
    if not separator:
        msg = f"not an event id: {event_id!r}"
        raise ValueError(msg)
    return int(epoch), int(offset)
