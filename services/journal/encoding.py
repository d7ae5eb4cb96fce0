"""How events lie in Redis, and which of them are work for consumers."""

from services.contracts.conversation import Turn
from services.contracts.events import EVENT, ConversationEvent, Event

WORK_TYPES = frozenset(
    {
        "conversation.started",
        "conversation.transferred",
        "conversation.ended",
        "turn.final",
        "context.updated",
        "suggestion.accepted",
        "suggestion.edited",
        "suggestion.dismissed",
        "preferences.changed",
    }
)
"""Events that consumers are given; all others only go to the conversation's own stream."""


def encode(event: Event) -> tuple[str, str, str, str]:
    """Return (type, turn id or "", "1" when it is work, the event as JSON)."""
    turn = event.data.id if isinstance(event.data, Turn) else ""
    return event.type, turn, "1" if event.type in WORK_TYPES else "0", event.model_dump_json()


def decode(event_id: str, payload: str) -> ConversationEvent:
    """Return the event that ``encode`` wrote."""
    return ConversationEvent(id=event_id, event=EVENT.validate_json(payload))
