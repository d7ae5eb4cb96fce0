"""The adviser's screen as a pure fold over the conversation's events.

The panel folds in the same way, so that a snapshot and the events after it always give what a later
snapshot gives. What the fold says:

* turns are in the order of their start, then of arrival; the final takes the partial's place and a
  partial that comes after its final is dropped; the end of the conversation drops what is partial;
* the mood line has a point for each *customer* turn with a sentiment score, never another (P3);
* the intent is the last one that was recognised;
* a moment of a turn stands once, in the order of arrival, as it was told last;
* a card keeps its place; accepted, edited or dismissed is for good (a later offer or update changes
  its content only); shown lasts until the card is held back; withdrawn or expired takes the card
  away unless the adviser has acted on it.
"""

from bisect import bisect_right
from collections.abc import Iterable
from typing import Any

from services.contracts.adviser import CardState, MoodPoint, Screen, SuggestionState
from services.contracts.analysis import MomentDetected, TurnAnalysed
from services.contracts.conversation import Turn
from services.contracts.events import (
    ContextUpdatedEvent,
    ConversationEndedEvent,
    ConversationEvent,
    ConversationStartedEvent,
    MomentDetectedEvent,
    PreferencesChangedEvent,
    ServiceStateEvent,
    SuggestionFeedbackEvent,
    SuggestionOfferedEvent,
    SuggestionWithdrawnEvent,
    TurnAnalysedEvent,
    TurnFinalEvent,
    TurnPartialEvent,
)
from services.contracts.suggestions import SuggestionFeedback, SuggestionOffered

_ACTED_ON: frozenset[SuggestionState] = frozenset({"accepted", "edited", "dismissed"})

_FEEDBACK: dict[str, SuggestionState] = {
    "suggestion.shown": "shown",
    "suggestion.accepted": "accepted",
    "suggestion.edited": "edited",
    "suggestion.dismissed": "dismissed",
}


def fold(screen: Screen, events: Iterable[ConversationEvent]) -> Screen:
    """Apply events one after the other."""
    for event in events:
        screen = apply(screen, event)
    return screen


def apply(screen: Screen, event: ConversationEvent) -> Screen:
    """Return the screen after ``event``. Pure; the same event twice changes nothing more."""
    changes = _changes(screen, event)
    return screen.model_copy(update=changes) if changes else screen


def _changes(screen: Screen, envelope: ConversationEvent) -> dict[str, Any]:
    event = envelope.event
    match event:
        case TurnPartialEvent():
            return _partial(screen, event.data)
        case TurnFinalEvent():
            return {
                "turns": _placed(screen.turns, event.data),
                "partials": _without(screen.partials, event.data.id),
            }
        case TurnAnalysedEvent():
            return _analysed(screen, event.data)
        case MomentDetectedEvent():
            return {"moments": _noted(screen.moments, event.data)}
        case SuggestionOfferedEvent():
            return {"cards": _offered(screen.cards, event.data)}
        case SuggestionFeedbackEvent():
            return {"cards": _judged(screen.cards, event.data, _FEEDBACK[event.type])}
        case SuggestionWithdrawnEvent():
            gone = event.data.suggestion_id
            return {
                "cards": tuple(
                    card
                    for card in screen.cards
                    if card.suggestion.id != gone or card.state in _ACTED_ON
                )
            }
        case ConversationStartedEvent():
            return {
                "channel": event.data.channel,
                "language": event.data.language,
                "started_at": event.time,
            }
        case ConversationEndedEvent():
            return {"ended_at": event.time, "partials": ()}
        case ContextUpdatedEvent():
            return {"customer": event.data.customer}
        case PreferencesChangedEvent():
            return {"preferences": event.data}
        case ServiceStateEvent():
            degraded = {k: v for k, v in screen.degraded.items() if k != event.data.service}
            if event.type == "service.degraded":
                degraded[event.data.service] = event.data.reason
            return {"degraded": degraded}
    return {}


def _partial(screen: Screen, turn: Turn) -> dict[str, Any]:
    # Searched from the end: a partial that comes late concerns one of the last turns.
    if any(known.id == turn.id for known in reversed(screen.turns)):
        return {}
    return {"partials": _placed(screen.partials, turn)}


def _placed(turns: tuple[Turn, ...], turn: Turn) -> tuple[Turn, ...]:
    others = _without(turns, turn.id)
    at = bisect_right(others, turn.start_ms, key=lambda other: other.start_ms)
    return (*others[:at], turn, *others[at:])


def _without(turns: tuple[Turn, ...], turn_id: str) -> tuple[Turn, ...]:
    if not any(turn.id == turn_id for turn in turns):
        return turns
    return tuple(turn for turn in turns if turn.id != turn_id)


def _analysed(screen: Screen, analysis: TurnAnalysed) -> dict[str, Any]:
    changes: dict[str, Any] = {"analyses": {**screen.analyses, analysis.turn_id: analysis}}
    intent = analysis.predictions.get("intent")
    if intent is not None and intent.label is not None:
        changes |= {"intent": intent, "intent_turn_id": analysis.turn_id}
    sentiment = analysis.predictions.get("sentiment")
    turn = next((turn for turn in reversed(screen.turns) if turn.id == analysis.turn_id), None)
    if (
        turn is not None
        and turn.role == "customer"
        and sentiment is not None
        and sentiment.label is not None
        and sentiment.score is not None
    ):
        point = MoodPoint(
            turn_id=turn.id,
            at_ms=turn.end_ms,
            label=sentiment.label,
            score=sentiment.score,
            confidence=sentiment.confidence,
        )
        others = tuple(other for other in screen.mood if other.turn_id != turn.id)
        at = bisect_right(others, point.at_ms, key=lambda other: other.at_ms)
        changes["mood"] = (*others[:at], point, *others[at:])
    return changes


def _noted(
    moments: tuple[MomentDetected, ...], moment: MomentDetected
) -> tuple[MomentDetected, ...]:
    name = (moment.turn_id, moment.moment)
    for at, known in enumerate(moments):
        if (known.turn_id, known.moment) == name:
            return (*moments[:at], moment, *moments[at + 1 :])
    return (*moments, moment)


def _offered(cards: tuple[CardState, ...], offer: SuggestionOffered) -> tuple[CardState, ...]:
    suggestion = offer.suggestion
    for at, card in enumerate(cards):
        if card.suggestion.id == suggestion.id:
            state = _reoffered(card.state, held=offer.held)
            return (*cards[:at], CardState(suggestion=suggestion, state=state), *cards[at + 1 :])
    return (*cards, CardState(suggestion=suggestion, state="held" if offer.held else "offered"))


def _reoffered(state: SuggestionState, *, held: bool) -> SuggestionState:
    if state in _ACTED_ON:
        return state
    if held:
        return "held"
    return "shown" if state == "shown" else "offered"


def _judged(
    cards: tuple[CardState, ...], feedback: SuggestionFeedback, state: SuggestionState
) -> tuple[CardState, ...]:
    return tuple(
        card.model_copy(update={"state": state})
        if card.suggestion.id == feedback.suggestion_id
        and (state != "shown" or card.state not in _ACTED_ON)
        else card
        for card in cards
    )
