"""Folds a conversation's events into its context, from those events and nothing else.

The journal holds the events, so any worker can rebuild the same context after a takeover.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from types import MappingProxyType

from services.assist.context import (
    INTENT_TURNS,
    Answer,
    Card,
    CardState,
    Context,
    CueHeard,
    IntentSeen,
    Mood,
)
from services.assist.customer import SOURCES
from services.assist.customer.history import facts_of
from services.assist.evidence import trimmed, turn_evidence
from services.assist.language import language_of
from services.contracts.analysis import Entity, Prediction, TurnAnalysed
from services.contracts.conversation import Turn
from services.contracts.events import Event
from services.contracts.knowledge import FoundPassage
from services.contracts.suggestions import Suggestion, TurnEvidence

MAX_TURNS = 40
"""Turns kept: quotes come from the last few minutes; older ones keep their quote with the fact."""

MAX_MOODS = 6
"""Sentiments kept: a mood that was six customer turns ago says little of now."""

MAX_CARDS = 60
"""Cards remembered, newest last: enough for the cooldowns of an hour of conversation."""

DONE_CONFIDENCE = 0.6
"""An action heard in the adviser's words counts as done from here: a card hidden too early is worse
than one that stays a little long, so the bar is above even odds."""

CUE_HEARD = 0.5
"""A turn may give several cues away: each that is rather there than not counts."""

SWITCH_CONFIDENCE = 0.5
"""A different intent becomes the current one from here: one unsure turn changes no topic."""

SHORT_QUOTE_WORDS = 6
SHORT_QUOTE_CONFIDENCE = 0.75
"""A short follow-up question ("how soon can that be?") says little out of its context: in so few
words, only a sure reading changes the topic."""


def apply(context: Context, event: Event) -> Context:
    """Return the context after ``event``; the same events always give the same context."""
    match event.type:
        case "conversation.started":
            return replace(context, declared_language=event.data.language)
        case "turn.partial":
            return _speaking(context, event.data, event.time)
        case "turn.final":
            return _turn(context, event.data)
        case "turn.analysed":
            return _analysed(context, event.data)
        case "context.updated":
            return _customer(context, event)
        case "suggestion.offered" | "suggestion.updated":
            return _offered(context, event.data.suggestion, event.time, held=event.data.held)
        case "suggestion.withdrawn":
            return _card(context, event.data.suggestion_id, "withdrawn", event.time)
        case "suggestion.expired":
            return _card(context, event.data.suggestion_id, "expired", event.time)
        case "suggestion.shown":
            return _card(context, event.data.suggestion_id, "open", event.time)
        case "suggestion.accepted" | "suggestion.edited":
            return _card(context, event.data.suggestion_id, "accepted", event.time)
        case "suggestion.dismissed":
            return _card(context, event.data.suggestion_id, "dismissed", event.time)
        case "preferences.changed":
            return replace(context, preferences=event.data)
        case "service.degraded" | "service.restored" if event.data.service == "assist":
            return replace(context, degraded=event.type == "service.degraded")
        case "conversation.ended":
            return replace(context, ended=True, adviser_partial=None)
        case _:
            return context


def _speaking(context: Context, turn: Turn, at: datetime) -> Context:
    # A partial may overtake its own final; the final then stands.
    if turn.role != "adviser" or context.turn(turn.id) is not None:
        return context
    return replace(context, adviser_partial=(turn.id, at))


def _turn(context: Context, turn: Turn) -> Context:
    if context.turn(turn.id) is not None:
        return context
    return replace(
        context,
        spoken=turn.language or language_of(turn.text) or context.spoken,
        turns=(*context.turns, turn)[-MAX_TURNS:],
        customer_turns=context.customer_turns + (turn.role == "customer"),
        adviser_partial=None if turn.role == "adviser" else context.adviser_partial,
    )


def _customer(context: Context, event: Event) -> Context:
    customer = next(filter(None, (source.customer(event) for source in SOURCES)), None)
    if customer is None:
        return context
    return replace(
        context, facts=facts_of(customer, event.time), customer_language=customer.language
    )


def _analysed(context: Context, analysis: TurnAnalysed) -> Context:
    turn = context.turn(analysis.turn_id)
    if turn is None:
        return context
    predictions = analysis.predictions
    if turn.role == "adviser":
        action = predictions.get("adviser_action")
        if action is None or action.label is None or action.confidence < DONE_CONFIDENCE:
            return context
        return replace(context, done=context.done | {action.label})
    if turn.role != "customer":
        return context
    spans = {(entity.type, entity.value): entity for entity in analysis.entities}
    context = _intent(context, turn, predictions.get("intent"), spans)
    context = _mood(context, turn, predictions.get("sentiment"), spans)
    context = _answer(context, turn, analysis.passages)
    context = _leaning(context, predictions.get("next_action"))
    return _cue(context, turn, predictions.get("cue"), spans)


def _answer(context: Context, turn: Turn, passages: Sequence[FoundPassage]) -> Context:
    if not passages:
        return context
    best = passages[0]
    start, end = trimmed(turn.text, *(best.asked or (0, len(turn.text))))
    quote = TurnEvidence(turn_id=turn.id, start=start, end=end, quote=turn.text[start:end])
    return replace(context, answer=Answer(best, quote, context.customer_turns))


Spans = Mapping[tuple[str, str], Entity]


def _intent(context: Context, turn: Turn, seen: Prediction | None, spans: Spans) -> Context:
    if seen is None or seen.label is None:
        return context
    now = context.customer_turns
    known = {intent.label: intent for intent in context.intents}
    evidence = turn_evidence(turn, spans.get(("intent", seen.label)))
    is_short = len(evidence.quote.split()) <= SHORT_QUOTE_WORDS
    bar = SHORT_QUOTE_CONFIDENCE if is_short else SWITCH_CONFIDENCE
    if known and seen.label not in known and seen.confidence < bar:
        return context
    intent = IntentSeen(seen.label, seen.confidence, evidence, now)
    before = known.pop(seen.label, None)
    if before is not None and before.confidence > seen.confidence:
        # Said again, less clearly: the clearer words stay as the evidence.
        intent = replace(before, turn_number=now)
    alive = (old for old in known.values() if now - old.turn_number < INTENT_TURNS)
    return replace(context, intents=(*alive, intent))


def _mood(context: Context, turn: Turn, seen: Prediction | None, spans: Spans) -> Context:
    if seen is None or seen.label is None:
        return context
    # No single sentence makes a turn neutral: all of it is quoted then.
    span = None if seen.label == "neutral" else spans.get(("sentiment", seen.label))
    evidence = turn_evidence(turn, span)
    mood = Mood(seen.label, seen.score or 0.0, seen.confidence, evidence)
    return replace(context, moods=(*context.moods, mood)[-MAX_MOODS:])


def _leaning(context: Context, seen: Prediction | None) -> Context:
    if seen is None or seen.label is None:
        return context  # "yes, please" leaves what was said before
    leanings = {label.label: label.confidence for label in seen.top}
    return replace(context, leanings=MappingProxyType(leanings))


def _cue(context: Context, turn: Turn, heard: Prediction | None, spans: Spans) -> Context:
    if heard is None or heard.label is None:
        return context
    sure = {label.label: label.confidence for label in heard.top if label.confidence >= CUE_HEARD}
    new = {
        label: CueHeard(
            confidence, turn_evidence(turn, spans.get(("cue", label))), context.customer_turns
        )
        for label, confidence in {heard.label: heard.confidence, **sure}.items()
    }
    return replace(context, cues=MappingProxyType({**context.cues, **new}))


def _offered(context: Context, suggestion: Suggestion, at: datetime, *, held: bool) -> Context:
    old = context.cards.get(suggestion.id)
    shown_at = None if held else (old.shown_at if old and old.shown_at else at)
    card = Card(suggestion, "held" if held else "open", at, shown_at, context.customer_turns)
    kept = {id_: card for id_, card in context.cards.items() if id_ != suggestion.id}
    items = list(chain(kept.items(), [(suggestion.id, card)]))[-MAX_CARDS:]
    return replace(context, cards=MappingProxyType(dict(items)))


def _card(context: Context, suggestion_id: str, state: CardState, at: datetime) -> Context:
    card = context.cards.get(suggestion_id)
    # A click that crossed a withdrawal still counts; a late "shown" reopens nothing.
    if card is None or (state in {"open", "withdrawn", "expired"} and not card.is_live):
        return context
    shown_at = card.shown_at or (at if state == "open" else None)
    changed = replace(card, state=state, changed_at=at, shown_at=shown_at)
    done = context.done
    if state == "accepted" and card.suggestion.kind == "next_best_action":
        done = done | {card.suggestion.subject}
    cards = MappingProxyType({**context.cards, suggestion_id: changed})
    return replace(context, cards=cards, done=done)
