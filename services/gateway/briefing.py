"""What an adviser should know before the first word: taken from the sources, never written anew.

Each line is a quotation with its source, in the words of whoever said or wrote it. Nothing is
summed up by a model, so nothing can be made up, and it costs one reading of the journal.
"""

from collections.abc import Iterable
from datetime import datetime

from services.contracts.adviser import CardState, Screen
from services.contracts.base import Contract, Identifier, Timestamp
from services.contracts.conversation import Channel, Turn
from services.contracts.customer import Customer, HistoryItem
from services.contracts.suggestions import ContextEvidence, Evidence, TurnEvidence

RECENT_CONTACTS = 5
UNSOLVED = frozenset({"unsolved", "abandoned", "transferred"})


class BriefingItem(Contract):
    """One line: ``text`` is the source's own, ``evidence`` says where it stands."""

    text: str
    label: str | None = None
    evidence: Evidence


class Promise(BriefingItem):
    """What the company promised and has not been seen to keep."""

    due: Timestamp | None = None
    overdue: bool = False


class Mood(BriefingItem):
    """The customer's mood in their latest turn that shows one; ``trend`` since the first such."""

    score: float
    trend: float


class Briefing(Contract):
    """The state of a conversation and of its customer, as of now."""

    conversation_id: Identifier
    channel: Channel | None
    started_at: Timestamp | None
    as_of: Timestamp
    asks: BriefingItem | None = None
    mood: Mood | None = None
    record: tuple[BriefingItem, ...] = ()
    history: tuple[BriefingItem, ...] = ()
    open_promises: tuple[Promise, ...] = ()
    tried: tuple[BriefingItem, ...] = ()


def brief(screen: Screen, customer: Customer | None, now: datetime) -> Briefing:
    """Return the briefing. Pure.

    Args:
        screen: the conversation so far.
        customer: the record of the CRM, the newest there is.
        now: what is due is judged by it.
    """
    past = sorted(
        (item for item in (customer.history if customer else ()) if item.at <= now),
        key=lambda item: item.at,
        reverse=True,
    )
    return Briefing(
        conversation_id=screen.conversation_id,
        channel=screen.channel,
        started_at=screen.started_at,
        as_of=now,
        asks=_asks(screen),
        mood=_mood(screen),
        record=_record(customer),
        history=tuple(_contact(item) for item in past[:RECENT_CONTACTS]),
        open_promises=tuple(_promises(past, now)),
        tried=(*_tried_before(past), *_tried_now(screen)),
    )


def _asks(screen: Screen) -> BriefingItem | None:
    """Return the turn in which the customer said what they want; the first one while unclear."""
    turn = _turn(screen, screen.intent_turn_id)
    if turn is None or turn.role != "customer":
        turn = next((turn for turn in screen.turns if turn.role == "customer"), None)
        return None if turn is None else _said(turn)
    return _said(turn, screen.intent.label if screen.intent else None)


def _mood(screen: Screen) -> Mood | None:
    if not screen.mood:
        return None
    first, last = screen.mood[0], screen.mood[-1]
    turn = _turn(screen, last.turn_id)
    # Points of the mood line are customers' turns only; looked at again, because it matters (P3).
    if turn is None or turn.role != "customer":
        return None
    said = _said(turn, last.label)
    return Mood(**dict(said), score=last.score, trend=round(last.score - first.score, 4))


def _record(customer: Customer | None) -> tuple[BriefingItem, ...]:
    return tuple(
        BriefingItem(
            text=str(field.value),
            label=field.label or field.name,
            evidence=ContextEvidence(
                field=field.name, value=str(field.value), origin=field.origin, date=field.date
            ),
        )
        for field in (customer.fields if customer else ())
    )


def _contact(item: HistoryItem) -> BriefingItem:
    return BriefingItem(
        text=item.summary, label=item.outcome, evidence=_written(item, "summary", item.summary)
    )


def _promises(past: Iterable[HistoryItem], now: datetime) -> Iterable[Promise]:
    for item in past:
        if item.outcome == "solved" and item.promise is None:
            return  # what was promised before is settled
        if item.promise is not None:
            yield Promise(
                text=item.promise,
                evidence=_written(item, "promise", item.promise),
                due=item.promise_due,
                overdue=item.promise_due is not None and item.promise_due < now,
            )


def _tried_before(past: Iterable[HistoryItem]) -> Iterable[BriefingItem]:
    for item in past:
        if item.outcome == "solved":
            return
        if item.outcome in UNSOLVED:
            yield _contact(item)


def _tried_now(screen: Screen) -> Iterable[BriefingItem]:
    for turn in screen.turns:
        if turn.role == "bot":
            yield _said(turn, "bot")
        elif turn.role == "adviser":
            action = _action(screen, turn)
            if action is not None:
                yield _said(turn, action)
    for card in screen.cards:
        if card.state in {"accepted", "edited"}:
            yield _taken(card)


def _action(screen: Screen, turn: Turn) -> str | None:
    analysis = screen.analyses.get(turn.id)
    read = analysis.predictions.get("adviser_action") if analysis else None
    return read.label if read else None


def _taken(card: CardState) -> BriefingItem:
    suggestion = card.suggestion
    return BriefingItem(
        text=suggestion.title, label=suggestion.subject, evidence=suggestion.evidence[0]
    )


def _said(turn: Turn, label: str | None = None) -> BriefingItem:
    evidence = TurnEvidence(turn_id=turn.id, start=0, end=len(turn.text), quote=turn.text)
    return BriefingItem(text=turn.text, label=label, evidence=evidence)


def _written(item: HistoryItem, part: str, value: str) -> ContextEvidence:
    return ContextEvidence(
        field=f"history.{item.id}.{part}", value=value, origin=item.origin, date=item.at
    )


def _turn(screen: Screen, turn_id: str | None) -> Turn | None:
    return next((turn for turn in screen.turns if turn.id == turn_id), None)
