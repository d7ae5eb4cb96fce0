"""Decides which cards reach the adviser: few, true now, and never while they speak (P1, P2)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from services.assist.context import Card, CardState, Context
from services.assist.suggesters.suggester import Candidate
from services.contracts.events import Event, SuggestionOfferedEvent, SuggestionWithdrawnEvent
from services.contracts.suggestions import (
    Suggestion,
    SuggestionKind,
    SuggestionOffered,
    SuggestionWithdrawn,
)

MIN_CONFIDENCE: dict[SuggestionKind, float] = {"next_best_action": 0.5, "cue": 0.6}
"""Below, silence (P1). An action rests on an intent that is rather right than wrong (from 0.59); a
cue, which speaks of a person's feelings, needs more."""

DEFAULT_CONFIDENCE = 0.6
"""For a kind without its own number."""

SLOTS: dict[SuggestionKind, int] = {"next_best_action": 2, "cue": 1}
"""Cards live at a time: two things to do and one signal are what one sees while listening."""

MAX_LIVE = 3
"""Cards live at a time over all kinds."""

DEFAULT_SLOTS = 1
"""For a kind without its own number."""

REPLACE_MARGIN = 0.1
"""A full slot is taken over only by a clearly better card, so that the screen does not waver."""

IGNORED = 0.05
"""What a live card loses of its claim to its slot with each customer turn that nobody used it."""

TIE = 0.05
"""Confidences this close are a tie, and the playbook's priority decides."""

NEWS_MARGIN = 0.15
"""A card whose words stay the same is updated only when it became this much surer."""

BUDGET_WINDOW = timedelta(minutes=1)

LEAST_TO_KEEP_ONE = 3
"""From so many cards a minute, one is kept for a cue: a new topic brings several actions at once,
and what a person feels must not wait behind them."""

DISMISSED_COOLDOWN = timedelta(minutes=15)
"""The adviser said no: about the rest of the conversation."""

ACCEPTED_COOLDOWN = timedelta(minutes=5)
"""The adviser took note; a signal that lasts may come up again later."""

EXPIRED_COOLDOWN = timedelta(minutes=10)
"""It had its time on the screen and nobody wanted it."""

WITHDRAWN_COOLDOWN = timedelta(seconds=20)
"""It was not true any more: the same subject does not blink back at once."""

_COOLDOWNS: dict[CardState, timedelta] = {
    "dismissed": DISMISSED_COOLDOWN,
    "accepted": ACCEPTED_COOLDOWN,
    "expired": EXPIRED_COOLDOWN,
    "withdrawn": WITHDRAWN_COOLDOWN,
}

RELEASE_TURNS = 1
"""Customer turns for which a held card may still come out by itself; then it waits to be pulled."""

CUE_TURNS = 2
"""Customer turns for which a cue stays up after its signal: feelings do not end with the sentence,
and a stale cue misleads."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One change of the adviser's screen."""

    type: Literal[
        "suggestion.offered", "suggestion.updated", "suggestion.withdrawn", "suggestion.expired"
    ]
    suggestion: Suggestion
    held: bool = False

    def of(self, playbook: str | None) -> "Decision":
        """Return the decision with the name of the playbook that a new card came from."""
        card = self.suggestion
        arrives = self.type in {"suggestion.offered", "suggestion.updated"}
        if playbook is None or not arrives or card.kind == "knowledge":
            return self
        payload = {**card.payload, "playbook": playbook}
        return replace(self, suggestion=card.model_copy(update={"payload": payload}))

    def event(self, conversation_id: str, now: datetime) -> Event:
        """Return the decision as a conversation event."""
        if self.type == "suggestion.offered" or self.type == "suggestion.updated":
            data = SuggestionOffered(suggestion=self.suggestion, held=self.held)
            return SuggestionOfferedEvent(
                type=self.type, conversation_id=conversation_id, time=now, data=data
            )
        gone = SuggestionWithdrawn(suggestion_id=self.suggestion.id)
        return SuggestionWithdrawnEvent(
            type=self.type, conversation_id=conversation_id, time=now, data=gone
        )


def choose(
    candidates: Iterable[Candidate], context: Context, now: datetime
) -> tuple[Decision, ...]:
    """Return what changes on the screen, given every card that holds now.

    * After the end every card goes; while the adviser speaks nothing moves, and what still holds
      comes once they have finished.
    * A live card that holds no more goes, or is updated in place when it has news. The same subject
      never has two live cards.
    * New cards come best first into free slots, within the adviser's budget; beyond it, and in
      quiet mode, they are held: not shown, there to be pulled.
    """
    if context.ended:
        return tuple(Decision("suggestion.expired", card.suggestion) for card in context.live_cards)
    if context.adviser_is_speaking(now):
        return ()
    wanted = _best_of_each_subject(candidates)
    gone = tuple(_leaving(context, wanted))
    leaving = {decision.suggestion.id for decision in gone}
    live = [card for card in context.live_cards if card.suggestion.id not in leaving]
    budget = Budget.of(context, now)
    kept = tuple(_news(live, wanted, context, budget))
    return (*gone, *kept, *_arriving(live, wanted, context, budget, now))


Subject = tuple[SuggestionKind, str]


def _subject(suggestion: Suggestion) -> Subject:
    return suggestion.kind, suggestion.subject


def rank(candidate: Candidate) -> tuple[int, int, float, str]:
    """Sort key, best first: confidence in steps of ``TIE``, then priority, then confidence."""
    card = candidate.suggestion
    return -round(card.confidence / TIE), -candidate.priority, -card.confidence, card.subject


def _best_of_each_subject(candidates: Iterable[Candidate]) -> dict[Subject, Candidate]:
    best: dict[Subject, Candidate] = {}
    for candidate in sorted(candidates, key=rank):
        card = candidate.suggestion
        # A faint signal neither renews a cue nor keeps it; an action that fades may stay a while.
        if card.kind != "cue" or card.confidence >= MIN_CONFIDENCE["cue"]:
            best.setdefault(_subject(card), candidate)
    return best


@dataclass(slots=True)
class Budget:
    """How many more cards may take the adviser's attention within the minute."""

    quiet: bool
    left: int
    kept_for_cue: int

    @classmethod
    def of(cls, context: Context, now: datetime) -> "Budget":
        """Count the cards of the last minute against the adviser's own limit."""
        recent = sum(
            1
            for card in context.cards.values()
            if card.shown_at is not None and now - card.shown_at < BUDGET_WINDOW
        )
        limit = context.preferences.cards_per_minute
        had_cue = any(
            card.suggestion.kind == "cue"
            for card in context.cards.values()
            if card.shown_at is not None and now - card.shown_at < BUDGET_WINDOW
        )
        kept = 0 if had_cue or limit < LEAST_TO_KEEP_ONE else 1
        return cls(context.preferences.quiet, max(0, limit - recent), kept)

    def take(self, kind: SuggestionKind) -> bool:
        """Spend one card's worth; false when the card must be held."""
        if self.quiet or self.left <= (0 if kind == "cue" else self.kept_for_cue):
            return False
        self.left -= 1
        if kind == "cue":
            self.kept_for_cue = 0
        return True


def _leaving(context: Context, wanted: dict[Subject, Candidate]) -> Iterable[Decision]:
    for card in context.live_cards:
        kind = card.suggestion.kind
        if not context.preferences.kinds.get(kind, True):
            yield Decision("suggestion.withdrawn", card.suggestion)
        elif _subject(card.suggestion) in wanted:
            continue
        elif kind != "cue":
            yield Decision("suggestion.withdrawn", card.suggestion)
        elif context.customer_turns - card.turn_number >= CUE_TURNS:
            yield Decision("suggestion.expired", card.suggestion)


def _news(
    live: Sequence[Card], wanted: dict[Subject, Candidate], context: Context, budget: Budget
) -> Iterable[Decision]:
    for card in live:
        candidate = wanted.get(_subject(card.suggestion))
        if candidate is None:
            continue
        new, old = candidate.suggestion, card.suggestion
        # The card keeps its id and its turn: to the adviser it is the same card.
        new = new.model_copy(update={"id": old.id, "turn_id": old.turn_id})
        fresh = context.customer_turns - card.turn_number <= RELEASE_TURNS
        sure = new.confidence >= MIN_CONFIDENCE.get(new.kind, DEFAULT_CONFIDENCE)
        released = card.state == "held" and fresh and sure and budget.take(new.kind)
        if released or _has_news(old, new):
            yield Decision("suggestion.updated", new, held=card.state == "held" and not released)


def _has_news(old: Suggestion, new: Suggestion) -> bool:
    if (old.title, old.body, old.reason) != (new.title, new.body, new.reason):
        return True
    if new.kind == "cue":
        return old.evidence != new.evidence
    return new.confidence >= old.confidence + NEWS_MARGIN


def _arriving(
    live: Sequence[Card],
    wanted: dict[Subject, Candidate],
    context: Context,
    budget: Budget,
    now: datetime,
) -> Iterable[Decision]:
    present = {_subject(card.suggestion): card for card in live}
    for subject, candidate in wanted.items():
        card = candidate.suggestion
        if subject in present or not _may_come(card, context, now):
            continue
        kind = card.kind
        same_kind = [old for old in present.values() if old.suggestion.kind == kind]
        full = len(same_kind) >= SLOTS.get(kind, DEFAULT_SLOTS) or len(present) >= MAX_LIVE
        if full:
            worth = {old.suggestion.id: _worth(old, wanted, context) for old in same_kind}
            worst = min(
                same_kind,
                key=lambda old: (round(worth[old.suggestion.id] / TIE), _priority(old, wanted)),
                default=None,
            )
            if worst is None or not _takes_over(card, worst, worth[worst.suggestion.id], wanted):
                continue
            yield Decision("suggestion.expired", worst.suggestion)
            del present[_subject(worst.suggestion)]
        held = not budget.take(kind)
        state: Literal["held", "open"] = "held" if held else "open"
        present[subject] = Card(card, state, now, None if held else now, context.customer_turns)
        yield Decision("suggestion.offered", card, held=held)


def _takes_over(
    card: Suggestion, old: Card, worth: float, wanted: dict[Subject, Candidate]
) -> bool:
    # Between equals the one that is there stays, however long: cards do not take turns.
    known = wanted.get(_subject(old.suggestion))
    better = known is None or card.confidence > known.suggestion.confidence
    return better and card.confidence >= worth + REPLACE_MARGIN


def _worth(card: Card, wanted: dict[Subject, Candidate], context: Context) -> float:
    """What a live card's claim to its slot is worth now; nothing when it only lingers."""
    candidate = wanted.get(_subject(card.suggestion))
    if candidate is None:
        return 0.0
    return candidate.suggestion.confidence - IGNORED * (context.customer_turns - card.turn_number)


def _priority(card: Card, wanted: dict[Subject, Candidate]) -> int:
    candidate = wanted.get(_subject(card.suggestion))
    return candidate.priority if candidate else 0


def _may_come(card: Suggestion, context: Context, now: datetime) -> bool:
    if not context.preferences.kinds.get(card.kind, True):
        return False
    if not card.evidence or card.confidence < MIN_CONFIDENCE.get(card.kind, DEFAULT_CONFIDENCE):
        return False
    # A card that was closed stays closed; the subject may come back with a later turn.
    if card.id in context.cards:
        return False
    return not any(
        _subject(old.suggestion) == _subject(card) and now - old.changed_at < _cooldown(old)
        for old in context.cards.values()
    )


def _cooldown(card: Card) -> timedelta:
    return _COOLDOWNS.get(card.state, timedelta(0))
