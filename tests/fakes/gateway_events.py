"""Random lives of a conversation, for tests of the fold and of the adviser's socket."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from services.contracts.analysis import Prediction, TurnAnalysed
from services.contracts.conversation import ConversationEnded, ConversationStarted, Turn
from services.contracts.customer import ContextUpdated, Customer
from services.contracts.events import (
    EVENT,
    ContextUpdatedEvent,
    ConversationEndedEvent,
    ConversationStartedEvent,
    Event,
    Preferences,
    PreferencesChangedEvent,
    ServiceState,
    ServiceStateEvent,
    SuggestionFeedbackEvent,
    SuggestionOfferedEvent,
    SuggestionWithdrawnEvent,
    TurnAnalysedEvent,
    TurnFinalEvent,
    TurnPartialEvent,
)
from services.contracts.suggestions import (
    Suggestion,
    SuggestionFeedback,
    SuggestionOffered,
    SuggestionWithdrawn,
    TurnEvidence,
)

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
TURNS = ("t1", "t2", "t3")
CARDS = ("s1", "s2")


def _turn(id_: str, role: str, start_ms: int, *, final: bool) -> dict[str, Any]:
    turn = Turn.model_validate(
        {
            "id": id_,
            "role": role,
            "text": f"{id_} {'final' if final else 'partial'} {start_ms}",
            "start_ms": start_ms,
            "end_ms": start_ms + 100,
            "final": final,
            "channel": "voice",
        }
    )
    return {"data": turn}


def suggestion(id_: str, title: str = "Proposer un avoir") -> Suggestion:
    """Return a card with evidence."""
    return Suggestion(
        id=id_,
        kind="next_best_action",
        subject="credit_note",
        title=title,
        reason="La cliente attend son colis depuis dix jours.",
        confidence=0.9,
        turn_id="t1",
        evidence=(TurnEvidence(turn_id="t1", start=0, end=2, quote="t1"),),
    )


def analysis(turn_id: str, sentiment: float | None, intent: str | None) -> TurnAnalysed:
    """Return what the models say of a turn."""
    predictions = {"intent": Prediction(label=intent, confidence=0.8)}
    if sentiment is not None:
        predictions["sentiment"] = Prediction(
            label="negative" if sentiment < 0 else "positive", confidence=0.7, score=sentiment
        )
    return TurnAnalysed(turn_id=turn_id, predictions=predictions, latency_ms=3.0)


def _customer(version: int) -> Customer:
    return Customer(id="k1", version=version, updated_at=START, display_name="Mme Durand")


_role_of = {"t1": "customer", "t2": "adviser", "t3": "customer"}

_datas: st.SearchStrategy[tuple[type, dict[str, Any]]] = st.one_of(
    st.builds(
        lambda id_, at, final: (
            TurnFinalEvent if final else TurnPartialEvent,
            _turn(id_, _role_of[id_], at, final=final),
        ),
        st.sampled_from(TURNS),
        st.integers(0, 3).map(lambda n: n * 1000),
        st.booleans(),
    ),
    st.builds(
        lambda *values: (TurnAnalysedEvent, {"data": analysis(*values)}),
        st.sampled_from(TURNS),
        st.sampled_from([None, -0.5, 0.5]),
        st.sampled_from([None, "delivery_late", "refund"]),
    ),
    st.builds(
        lambda id_, title, held, kind: (
            SuggestionOfferedEvent,
            {"type": kind, "data": SuggestionOffered(suggestion=suggestion(id_, title), held=held)},
        ),
        st.sampled_from(CARDS),
        st.sampled_from(["un", "deux"]),
        st.booleans(),
        st.sampled_from(["suggestion.offered", "suggestion.updated"]),
    ),
    st.builds(
        lambda id_, kind: (
            SuggestionFeedbackEvent,
            {"type": kind, "data": SuggestionFeedback(suggestion_id=id_)},
        ),
        st.sampled_from(CARDS),
        st.sampled_from([f"suggestion.{w}" for w in ("shown", "accepted", "edited", "dismissed")]),
    ),
    st.builds(
        lambda id_, kind: (
            SuggestionWithdrawnEvent,
            {"type": kind, "data": SuggestionWithdrawn(suggestion_id=id_)},
        ),
        st.sampled_from(CARDS),
        st.sampled_from(["suggestion.withdrawn", "suggestion.expired"]),
    ),
    st.builds(
        lambda quiet: (PreferencesChangedEvent, {"data": Preferences(quiet=quiet)}), st.booleans()
    ),
    st.builds(
        lambda v: (ContextUpdatedEvent, {"data": ContextUpdated(customer=_customer(v))}),
        st.integers(1, 3),
    ),
    st.builds(
        lambda kind, service: (
            ServiceStateEvent,
            {"type": kind, "data": ServiceState(service=service, reason="r")},
        ),
        st.sampled_from(["service.degraded", "service.restored"]),
        st.sampled_from(["transcribe", "assist"]),
    ),
    st.just((ConversationEndedEvent, {"data": ConversationEnded()})),
)


def lives(conversation_id: str = "c1", max_size: int = 25) -> st.SearchStrategy[list[Event]]:
    """Events of one conversation: its start, then anything."""

    def build(rows: list[tuple[type, dict[str, Any]]]) -> list[Event]:
        first = ConversationStartedEvent(
            conversation_id=conversation_id,
            time=START,
            data=ConversationStarted(channel="voice", language="fr"),
        )
        rest = [
            EVENT.validate_python(
                kind(
                    conversation_id=conversation_id,
                    time=START + timedelta(seconds=at),
                    **fields,
                )
            )
            for at, (kind, fields) in enumerate(rows, 1)
        ]
        return [first, *rest]

    return st.lists(_datas, max_size=max_size).map(build)
