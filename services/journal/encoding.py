"""How events lie in Redis, and which of them are work for consumers."""

from collections import OrderedDict
from typing import get_args

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
"""Events that consumers are given unless they ask for more."""

FED_TYPES: frozenset[str] = frozenset(
    name
    for model in get_args(get_args(Event)[0])
    for name in get_args(model.model_fields["type"].annotation)
) - {"turn.partial"}
"""Events that consumers may ask for: all but turns that are still being spoken."""


REMEMBERED = 512
"""Events whose JSON is not read again: what one part of a program publishes, another soon reads."""

_known: OrderedDict[str, Event] = OrderedDict()


def encode(event: Event) -> tuple[str, str, str, str]:
    """Return (type, turn id or "", "1" when consumers may want it, the event as JSON)."""
    turn = event.data.id if isinstance(event.data, Turn) else ""
    payload = event.model_dump_json()
    _remember(payload, event)
    return event.type, turn, "1" if event.type in FED_TYPES else "0", payload


def decode(event_id: str, payload: str) -> ConversationEvent:
    """Return the event that ``encode`` wrote; immutable, so that one may serve many readers."""
    event = _known.get(payload)
    if event is None:
        event = EVENT.validate_json(payload)
        _remember(payload, event)
    return ConversationEvent(id=event_id, event=event)


def _remember(payload: str, event: Event) -> None:
    _known[payload] = event
    if len(_known) > REMEMBERED:
        _known.popitem(last=False)
