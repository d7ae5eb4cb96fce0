"""Short ways to write conversations down, for the tests of the assistant."""

from datetime import UTC, datetime, timedelta

from services.assist.context import Context
from services.assist.folding import apply
from services.contracts.analysis import Entity, Prediction, TurnAnalysed
from services.contracts.conversation import Turn
from services.contracts.customer import ContextUpdated, Customer, CustomerField, HistoryItem
from services.contracts.events import (
    ContextUpdatedEvent,
    Event,
    SuggestionFeedbackEvent,
    TurnAnalysedEvent,
    TurnFinalEvent,
    TurnPartialEvent,
)
from services.contracts.playbook import Playbook
from services.contracts.suggestions import SuggestionFeedback

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
CONVERSATION = "c1"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def turn(id_: str, role: str, text: str, seconds: float = 0, **more: object) -> Turn:
    ms = int(seconds * 1000)
    given = {"id": id_, "role": role, "text": text, "start_ms": ms, "end_ms": ms + 500}
    return Turn.model_validate({**given, "channel": "chat", **more})


def said(id_: str, role: str, text: str, seconds: float = 0, **more: object) -> TurnFinalEvent:
    data = turn(id_, role, text, seconds, **more)
    return TurnFinalEvent(conversation_id=CONVERSATION, time=at(seconds), data=data)


def speaking(id_: str, role: str, seconds: float) -> TurnPartialEvent:
    data = turn(id_, role, "je", seconds, final=False, channel="voice")
    return TurnPartialEvent(conversation_id=CONVERSATION, time=at(seconds), data=data)


def read(
    turn_id: str,
    seconds: float = 0,
    *,
    intent: tuple[str | None, float] | None = None,
    mood: tuple[str, float] | None = None,
    cue: tuple[str, float] | None = None,
    action: tuple[str, float] | None = None,
    spans: tuple[Entity, ...] = (),
) -> TurnAnalysedEvent:
    """The models' reading; a mood is (label, score)."""
    predictions: dict[str, Prediction] = {}
    for head, value in (("intent", intent), ("cue", cue), ("adviser_action", action)):
        if value is not None:
            predictions[head] = Prediction(label=value[0], confidence=value[1])
    if mood is not None:
        predictions["sentiment"] = Prediction(label=mood[0], confidence=0.9, score=mood[1])
    data = TurnAnalysed(turn_id=turn_id, predictions=predictions, entities=spans, latency_ms=1.0)
    return TurnAnalysedEvent(conversation_id=CONVERSATION, time=at(seconds), data=data)


def customer(
    fields: dict[str, object] | None = None,
    history: tuple[HistoryItem, ...] = (),
    seconds: float = 0,
) -> ContextUpdatedEvent:
    made = tuple(
        CustomerField.model_validate(
            {"name": name, "value": value, "origin": "CRM", "date": at(-86_400)}
        )
        for name, value in (fields or {}).items()
    )
    record = Customer(id="k1", version=1, updated_at=at(0), fields=made, history=history)
    return ContextUpdatedEvent(
        conversation_id=CONVERSATION, time=at(seconds), data=ContextUpdated(customer=record)
    )


def feedback(what: str, suggestion_id: str, seconds: float = 0) -> SuggestionFeedbackEvent:
    return SuggestionFeedbackEvent.model_validate(
        {
            "type": f"suggestion.{what}",
            "conversation_id": CONVERSATION,
            "time": at(seconds),
            "data": SuggestionFeedback(suggestion_id=suggestion_id),
        }
    )


def fold(*events: Event, context: Context | None = None) -> Context:
    known = context or Context()
    for event in events:
        known = apply(known, event)
    return known


def text(words: str) -> dict[str, str]:
    return {"fr": words, "en": f"{words} (en)"}


def playbook(
    actions: list[dict[str, object]] | None = None, cues: list[dict[str, object]] | None = None
) -> Playbook:
    """A playbook of two intents, with the given rules."""
    return Playbook.model_validate(
        {
            "id": "tiny",
            "version": 1,
            "name": text("Petit"),
            "topics": [{"id": "orders", "name": text("Commandes")}],
            "intents": [
                {"id": "late", "topic": "orders", "name": text("Retard"), "examples": {}},
                {"id": "refund", "topic": "orders", "name": text("Rembours."), "examples": {}},
            ],
            "actions": actions or [],
            "cues": cues or [],
        }
    )


def action(id_: str, when: dict[str, object], **more: object) -> dict[str, object]:
    base = {"id": id_, "title": text(f"Faire {id_}"), "reason": text(f"Parce que {id_}")}
    return {**base, "when": when, **more}


def cue(id_: str, when: dict[str, object] | None = None, **more: object) -> dict[str, object]:
    base = {"id": id_, "title": text(f"Signal {id_}"), "reason": text(f"Vu {id_}")}
    return {**base, "when": when or {}, **more}
