"""The briefing quotes and never invents; promises are open until a contact settled them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.contracts.adviser import CardState, MoodPoint, Screen
from services.contracts.conversation import Turn
from services.contracts.customer import Customer, HistoryItem
from services.gateway.briefing import brief
from services.gateway.rest.paging import paged
from services.kit.errors import InvalidInput
from tests.fakes.gateway_events import analysis, suggestion

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def contact(days: int, **fields: Any) -> HistoryItem:
    at = NOW - timedelta(days=days)
    body = {"id": f"h{days}", "at": at, "channel": "voice", "summary": f"il y a {days}"}
    return HistoryItem.model_validate(body | {"origin": "CRM"} | fields)


def customer(*history: HistoryItem) -> Customer:
    return Customer(id="k", version=1, updated_at=NOW, history=history)


def turn(id_: str, role: str, text: str) -> Turn:
    return Turn(id=id_, role=role, text=text, start_ms=0, end_ms=0, channel="chat")  # type: ignore[arg-type]


def test_of_nobody_and_nothing_the_briefing_is_empty() -> None:
    told = brief(Screen(conversation_id="c"), None, NOW)
    assert (told.asks, told.mood) == (None, None)
    assert told.record == told.history == told.open_promises == told.tried == ()


@pytest.mark.parametrize(
    ("history", "promises", "tried"),
    [
        ((contact(1, promise="Rappel"),), ["Rappel"], []),
        ((contact(2, promise="Rappel"), contact(1, outcome="solved")), [], []),
        ((contact(2, outcome="solved"), contact(1, promise="Rappel")), ["Rappel"], []),
        (
            (
                contact(3, outcome="unsolved"),
                contact(2, outcome="solved"),
                contact(1, outcome="unsolved"),
            ),
            [],
            ["il y a 1"],
        ),
        ((contact(2, promise="A"), contact(1, promise="B")), ["B", "A"], []),
        ((contact(-1, promise="Plus tard"),), [], []),
    ],
)
def test_what_was_settled_is_not_open_any_more(
    history: tuple[HistoryItem, ...], promises: list[str], tried: list[str]
) -> None:
    told = brief(Screen(conversation_id="c"), customer(*history), NOW)
    assert [item.text for item in told.open_promises] == promises
    assert [item.text for item in told.tried] == tried


def test_a_promise_is_overdue_after_its_time() -> None:
    late = contact(3, promise="A", promise_due=NOW - timedelta(hours=1))
    soon = contact(2, promise="B", promise_due=NOW + timedelta(hours=1))
    told = brief(Screen(conversation_id="c"), customer(late, soon), NOW)
    assert [(item.text, item.overdue) for item in told.open_promises] == [("B", False), ("A", True)]


def test_what_was_done_in_this_conversation_is_quoted() -> None:
    turns = (
        turn("b", "bot", "Avez-vous redémarré ?"),
        turn("c1", "customer", "Oui, deux fois."),
        turn("a", "adviser", "Je teste votre ligne."),
        turn("a2", "adviser", "Un instant."),
    )
    read = analysis("a", None, None)
    read = read.model_copy(
        update={
            "predictions": {
                "adviser_action": read.predictions["intent"].model_copy(
                    update={"label": "test_line"}
                )
            }
        }
    )
    cards = (
        CardState(suggestion=suggestion("s1", "Tester la ligne"), state="accepted"),
        CardState(suggestion=suggestion("s2", "Autre"), state="dismissed"),
    )
    screen = Screen(conversation_id="c", turns=turns, analyses={"a": read}, cards=cards)
    told = brief(screen, None, NOW)
    assert [(item.text, item.label) for item in told.tried] == [
        ("Avez-vous redémarré ?", "bot"),
        ("Je teste votre ligne.", "test_line"),
        ("Tester la ligne", "credit_note"),
    ]
    assert told.asks is not None
    assert told.asks.text == "Oui, deux fois."


def test_a_mood_is_the_customers_or_none() -> None:
    point = MoodPoint(turn_id="a", at_ms=0, label="negative", score=-0.5, confidence=0.9)
    turns = (turn("a", "adviser", "Je suis désolé."), turn("c1", "customer", "Bon."))
    screen = Screen(conversation_id="c", turns=turns, mood=(point,))
    assert brief(screen, None, NOW).mood is None
    later = point.model_copy(update={"turn_id": "c1", "score": 0.25, "label": "positive"})
    told = brief(screen.model_copy(update={"mood": (point, later)}), None, NOW).mood
    assert told is not None
    assert (told.text, told.score, told.trend) == ("Bon.", 0.25, 0.75)


def test_pages_go_on_after_their_last_item_whatever_came_before_it() -> None:
    first, cursor = paged(["b", "c", "d"], str, None, 2)
    assert first == ("b", "c")
    assert paged(["a", "b", "c", "d"], str, cursor, 2) == (("d",), None)
    # The last one is gone: on from where it stood.
    assert paged(["a", "b", "d", "e"], str, cursor, 5) == (("d", "e"), None)
    assert paged([], str, None, 2) == ((), None)
    for bad in ("%%%", "AAAA", "OTk5OTk5OTk5OTk5OmE", "LTE6YQ"):
        with pytest.raises(InvalidInput):
            paged(["a"], str, bad, 1)
