"""Short ways to say what happened in a conversation."""

from datetime import UTC, datetime

from services.contracts.analysis import TurnAnalysed
from services.contracts.conversation import ConversationStarted, Turn
from services.contracts.events import (
    ConversationEvent,
    ConversationStartedEvent,
    Preferences,
    PreferencesChangedEvent,
    TurnAnalysedEvent,
    TurnFinalEvent,
    TurnPartialEvent,
)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def started(conversation: str) -> ConversationStartedEvent:
    return ConversationStartedEvent(
        conversation_id=conversation, time=NOON, data=ConversationStarted(channel="chat")
    )


def said(conversation: str, turn: str, text: str = "Bonjour") -> TurnFinalEvent:
    return TurnFinalEvent(conversation_id=conversation, time=NOON, data=_turn(turn, text, True))


def saying(conversation: str, turn: str, text: str = "Bon") -> TurnPartialEvent:
    return TurnPartialEvent(conversation_id=conversation, time=NOON, data=_turn(turn, text, False))


def analysed(conversation: str, turn: str) -> TurnAnalysedEvent:
    return TurnAnalysedEvent(
        conversation_id=conversation,
        time=NOON,
        data=TurnAnalysed(turn_id=turn, predictions={}, latency_ms=1.0),
    )


def quieter(conversation: str) -> PreferencesChangedEvent:
    return PreferencesChangedEvent(
        conversation_id=conversation, time=NOON, data=Preferences(quiet=True)
    )


def turns_analysed(events: list[ConversationEvent]) -> list[str]:
    return [e.event.data.turn_id for e in events if isinstance(e.event, TurnAnalysedEvent)]


def turns_said(events: list[ConversationEvent]) -> list[str]:
    return [e.event.data.id for e in events if isinstance(e.event, TurnFinalEvent)]


def _turn(turn: str, text: str, final: bool) -> Turn:
    return Turn(
        id=turn, role="customer", text=text, start_ms=0, end_ms=1, final=final, channel="chat"
    )
