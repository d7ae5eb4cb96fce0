"""The policy keeps its promises whatever happens in a conversation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.assist import policy
from services.assist.context import Context
from services.assist.folding import apply
from services.assist.policy import BUDGET_WINDOW, MAX_LIVE, MIN_CONFIDENCE, SLOTS, Decision, choose
from services.assist.suggesters.suggester import Candidate, suggestion_id
from services.contracts.events import Preferences, PreferencesChangedEvent
from services.contracts.suggestions import Suggestion, SuggestionKind
from tests.fakes.scenes import CONVERSATION, at, feedback, fold, read, said, speaking

SUBJECTS = ("trace", "refund", "call_back", "escalate")


def candidate(
    subject: str,
    confidence: float = 0.8,
    turn_id: str = "t1",
    kind: SuggestionKind = "next_best_action",
    priority: int = 50,
    title: str | None = None,
) -> Candidate:
    words = {"source": "turn", "turn_id": turn_id, "start": 0, "end": 2, "quote": "Ah"}
    made = Suggestion.model_validate(
        {
            "id": suggestion_id(turn_id, kind, subject),
            "kind": kind,
            "subject": subject,
            "title": title or f"Faire {subject}",
            "reason": "Parce que",
            "confidence": confidence,
            "turn_id": turn_id,
            "evidence": [words],
        }
    )
    return Candidate(made, priority)


def play(context: Context, decisions: Sequence[Decision], now: datetime) -> Context:
    return fold(*(decision.event(CONVERSATION, now) for decision in decisions), context=context)


def shape(decisions: Sequence[Decision]) -> list[tuple[str, str, bool]]:
    return [(d.type.partition(".")[2], d.suggestion.subject, d.held) for d in decisions]


STARTED = fold(said("t1", "customer", "Ah"))


def test_the_best_two_actions_and_one_cue_are_shown() -> None:
    candidates = [
        candidate("trace", 0.7),
        candidate("refund", 0.9),
        candidate("call_back", 0.6),
        candidate("annoyed", 0.64, kind="cue"),
        candidate("repeat", 0.62, kind="cue"),
    ]
    decisions = choose(candidates, STARTED, at(1))
    assert [(kind, subject) for kind, subject, _ in shape(decisions)] == [
        ("offered", "refund"),
        ("offered", "trace"),
        ("offered", "annoyed"),
    ]


def test_priority_decides_between_equals() -> None:
    candidates = [candidate("trace", 0.81, priority=10), candidate("refund", 0.8, priority=90)]
    assert choose(candidates, STARTED, at(1))[0].suggestion.subject == "refund"


def test_a_card_that_no_longer_holds_goes() -> None:
    context = play(STARTED, choose([candidate("trace")], STARTED, at(1)), at(1))
    assert shape(choose([candidate("refund")], context, at(2))) == [
        ("withdrawn", "trace", False),
        ("offered", "refund", False),
    ]


def test_the_same_subject_again_is_the_same_card() -> None:
    context = play(STARTED, choose([candidate("trace", 0.6)], STARTED, at(1)), at(1))
    context = fold(said("t2", "customer", "Ah"), context=context)
    assert choose([candidate("trace", 0.65, "t2")], context, at(2)) == ()
    [update] = choose([candidate("trace", 0.9, "t2")], context, at(2))
    assert update.type == "suggestion.updated"
    assert update.suggestion.id == suggestion_id("t1", "next_best_action", "trace")
    assert update.suggestion.turn_id == "t1"
    [update] = choose([candidate("trace", 0.6, "t2", title="Autre titre")], context, at(2))
    assert update.suggestion.title == "Autre titre"
    after = play(context, [update], at(2))
    assert len(after.live_cards) == 1


def test_a_clearly_better_action_takes_the_place_of_the_worst() -> None:
    first = [candidate("trace", 0.6), candidate("refund", 0.7)]
    context = play(STARTED, choose(first, STARTED, at(1)), at(1))
    assert choose([*first, candidate("escalate", 0.65)], context, at(2)) == ()
    assert shape(choose([*first, candidate("escalate", 0.8)], context, at(2))) == [
        ("expired", "trace", False),
        ("offered", "escalate", False),
    ]
    for number in range(2, 6):
        context = fold(said(f"t{number}", "customer", "Ah"), context=context)
    ignored = choose([*first, candidate("escalate", 0.65)], context, at(3))
    assert shape(ignored)[0] == ("expired", "trace", False), "ignored for four turns"
    assert choose([*first, candidate("escalate", 0.6)], context, at(3)) == (), "no better"


def test_nothing_moves_while_the_adviser_speaks_and_it_comes_after() -> None:
    context = fold(speaking("a1", "adviser", 1), context=STARTED)
    assert choose([candidate("trace")], context, at(2)) == ()
    context = fold(said("a1", "adviser", "Un instant", 3), context=context)
    assert shape(choose([candidate("trace")], context, at(3))) == [("offered", "trace", False)]


def test_quiet_mode_holds_and_its_end_releases() -> None:
    def preferences(**given: object) -> PreferencesChangedEvent:
        data = Preferences.model_validate(given)
        return PreferencesChangedEvent(conversation_id=CONVERSATION, time=at(1), data=data)

    quiet = fold(preferences(quiet=True), context=STARTED)
    held = choose([candidate("trace")], quiet, at(1))
    assert shape(held) == [("offered", "trace", True)]
    quiet = play(quiet, held, at(1))
    assert choose([candidate("trace")], quiet, at(2)) == ()
    loud = fold(preferences(quiet=False), context=quiet)
    assert shape(choose([candidate("trace")], loud, at(3))) == [("updated", "trace", False)]
    pulled = fold(feedback("shown", held[0].suggestion.id, 2), context=quiet)
    assert choose([candidate("trace")], pulled, at(3)) == ()
    off = fold(preferences(kinds={"next_best_action": False}), context=pulled)
    assert shape(choose([candidate("trace")], off, at(4))) == [("withdrawn", "trace", False)]


def test_over_the_budget_cards_are_held_until_the_minute_is_over() -> None:
    data = Preferences(cards_per_minute=1)
    limit = PreferencesChangedEvent(conversation_id=CONVERSATION, time=at(0), data=data)
    both = [candidate("trace", 0.9), candidate("refund", 0.7)]
    context = fold(limit, context=STARTED)
    first = choose(both, context, at(1))
    assert shape(first) == [("offered", "trace", False), ("offered", "refund", True)]
    context = play(context, first, at(1))
    assert choose(both, context, at(30)) == ()
    later = at(1) + BUDGET_WINDOW
    assert shape(choose(both, context, later)) == [("updated", "refund", False)]
    faint = [candidate("trace", 0.9), candidate("refund", 0.3)]
    assert choose(faint, context, later) == (), "no longer sure enough to come out"
    stale = fold(said("t2", "customer", "Ah"), said("t3", "customer", "Ah"), context=context)
    assert choose(both, stale, later) == (), "too late: it waits to be pulled"


@pytest.mark.parametrize(
    ("what", "seconds", "comes"),
    [("dismissed", 600, False), ("dismissed", 901, True), ("accepted", 200, False)],
)
def test_cooldown(what: str, seconds: float, comes: bool) -> None:
    [offer] = choose([candidate("annoyed", kind="cue")], STARTED, at(0))
    context = play(STARTED, [offer], at(0))
    context = fold(feedback(what, offer.suggestion.id, 0), context=context)
    again = candidate("annoyed", turn_id="t2", kind="cue")
    assert bool(choose([again], context, at(seconds))) is comes


def test_a_cue_outlives_its_signal_and_then_expires() -> None:
    [offer] = choose([candidate("annoyed", kind="cue")], STARTED, at(0))
    context = play(STARTED, [offer], at(0))
    context = fold(said("t2", "customer", "Bon"), context=context)
    assert choose([], context, at(1)) == ()
    context = fold(said("t3", "customer", "Bon"), context=context)
    assert shape(choose([], context, at(2))) == [("expired", "annoyed", False)]


# --- whatever happens -------------------------------------------------------------------------


@dataclass
class Step:
    what: str
    subject: str
    confidence: float
    after_s: float
    number: int


steps = st.lists(
    st.builds(
        Step,
        what=st.sampled_from(
            [
                "customer",
                "customer",
                "adviser",
                "partial",
                "accept",
                "dismiss",
                "quiet",
                "loud",
                "budget",
                "switch",
                "wait",
            ]
        ),
        subject=st.sampled_from(SUBJECTS),
        confidence=st.floats(0, 1),
        after_s=st.floats(0, 40),
        number=st.integers(0, 6),
    ),
    max_size=40,
)
proposals = st.lists(
    st.builds(
        candidate,
        subject=st.sampled_from(SUBJECTS),
        confidence=st.floats(0, 1),
        kind=st.sampled_from(("next_best_action", "cue", "reply")),
        priority=st.integers(0, 100),
    ),
    max_size=8,
)


def happen(context: Context, step: Step, number: int, now: float) -> Context:
    live = context.live_cards
    match step.what:
        case "customer" | "adviser":
            return fold(said(f"t{number}", step.what, "Ah", now), context=context)
        case "partial":
            return fold(speaking(f"p{number}", "adviser", now), context=context)
        case "accept" | "dismiss" if live:
            card = live[step.number % len(live)].suggestion.id
            what = "accepted" if step.what == "accept" else "dismissed"
            return fold(feedback(what, card, now), context=context)
        case "quiet" | "loud" | "budget" | "switch":
            old = context.preferences
            data = Preferences(
                quiet=step.what == "quiet",
                cards_per_minute=step.number if step.what == "budget" else old.cards_per_minute,
                kinds={"cue": step.number % 2 == 0} if step.what == "switch" else old.kinds,
            )
            event = PreferencesChangedEvent(conversation_id=CONVERSATION, time=at(now), data=data)
            return apply(context, event)
        case _:
            return context


def check(decisions: Sequence[Decision], context: Context, after: Context, now: datetime) -> None:
    news = [d for d in decisions if d.type == "suggestion.offered"]
    shown = [
        card
        for card in after.cards.values()
        if card.shown_at is not None and now - card.shown_at < BUDGET_WINDOW
    ]
    took_attention = [
        d
        for d in decisions
        if d.type in {"suggestion.offered", "suggestion.updated"}
        and not d.held
        and (d.suggestion.id not in context.cards or not context.cards[d.suggestion.id].shown_at)
    ]
    if took_attention:
        assert len(shown) <= context.preferences.cards_per_minute, "over the budget"
        assert not context.preferences.quiet, "not quiet"
    for decision in news:
        card = decision.suggestion
        assert card.evidence, "no evidence"
        assert card.confidence >= MIN_CONFIDENCE.get(card.kind, 0.6), "below the threshold"
        assert context.preferences.kinds.get(card.kind, True), "a kind that is off"
    live = [(card.suggestion.kind, card.suggestion.subject) for card in after.live_cards]
    assert len(live) == len(set(live)), "the same subject twice"
    assert len(live) <= MAX_LIVE, "too many cards"
    for kind, slots in SLOTS.items():
        assert sum(1 for live_kind, _ in live if live_kind == kind) <= slots, "too many of a kind"
    if context.adviser_is_speaking(now):
        assert decisions == (), "while the adviser speaks"


@given(steps=steps, proposed=st.lists(proposals, min_size=1, max_size=10))
@settings(max_examples=150, deadline=None)
def test_promises_hold_over_any_conversation(
    steps: list[Step], proposed: list[list[Candidate]]
) -> None:
    context, now = STARTED, 0.0
    for number, step in enumerate(steps, start=2):
        now += step.after_s
        context = happen(context, step, number, now)
        last = context.last_customer_turn
        assert last is not None
        candidates = [
            candidate(
                item.suggestion.subject,
                item.suggestion.confidence,
                last.id,
                item.suggestion.kind,
                item.priority,
            )
            for item in proposed[number % len(proposed)]
        ]
        decisions = choose(candidates, context, at(now))
        after = play(context, decisions, at(now))
        check(decisions, context, after, at(now))
        # A redelivery decides the same, card ids included.
        assert choose(list(candidates), context, at(now)) == decisions
        context = after


def test_after_the_end_every_card_goes() -> None:
    from services.contracts.conversation import ConversationEnded
    from services.contracts.events import ConversationEndedEvent

    context = play(STARTED, choose([candidate("trace")], STARTED, at(1)), at(1))
    ended = ConversationEndedEvent(
        conversation_id=CONVERSATION, time=at(2), data=ConversationEnded()
    )
    context = fold(speaking("a1", "adviser", 1), ended, context=context)
    assert shape(choose([candidate("refund")], context, at(2))) == [("expired", "trace", False)]


def test_a_reading_of_the_models_is_not_needed_to_decide() -> None:
    # The policy knows candidates and cards only: a mood changes nothing by itself.
    moody = fold(read("t1", mood=("negative", -0.9)), context=STARTED)
    assert choose([candidate("trace")], moody, at(1)) == choose(
        [candidate("trace")], STARTED, at(1)
    )
    assert policy.CUE_TURNS >= 1
