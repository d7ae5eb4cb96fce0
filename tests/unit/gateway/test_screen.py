"""The fold: what each event does to the screen, and that cutting it anywhere changes nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.adviser import Screen
from services.contracts.conversation import Turn
from services.contracts.events import (
    ConversationEvent,
    Event,
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
    SuggestionFeedback,
    SuggestionOffered,
    SuggestionWithdrawn,
)
from services.gateway.screen import fold
from tests.fakes.gateway_events import START, analysis, lives, suggestion

EMPTY = Screen(conversation_id="c1")


def _numbered(events: list[Event]) -> list[ConversationEvent]:
    return [ConversationEvent(id=f"1-{n}", event=event) for n, event in enumerate(events, 1)]


def _screen(*events: Event) -> Screen:
    return fold(EMPTY, _numbered(list(events)))


def _turn(id_: str, start_ms: int, role: str = "customer", *, final: bool = True) -> Event:
    turn = Turn.model_validate(
        {
            "id": id_,
            "role": role,
            "text": "Bonjour",
            "start_ms": start_ms,
            "end_ms": start_ms + 5,
            "final": final,
            "channel": "voice",
        }
    )
    kind = TurnFinalEvent if final else TurnPartialEvent
    return kind(conversation_id="c1", time=START, data=turn)


def _offer(id_: str, title: str = "Titre", *, held: bool = False) -> Event:
    data = SuggestionOffered(suggestion=suggestion(id_, title), held=held)
    return SuggestionOfferedEvent(conversation_id="c1", time=START, data=data)


def _feedback(id_: str, word: str) -> Event:
    return SuggestionFeedbackEvent.model_validate(
        {
            "type": f"suggestion.{word}",
            "conversation_id": "c1",
            "time": START,
            "data": SuggestionFeedback(suggestion_id=id_),
        }
    )


def _withdraw(id_: str) -> Event:
    return SuggestionWithdrawnEvent(
        conversation_id="c1", time=START, data=SuggestionWithdrawn(suggestion_id=id_)
    )


def _analysed(turn_id: str, sentiment: float | None, intent: str | None) -> Event:
    return TurnAnalysedEvent(
        conversation_id="c1", time=START, data=analysis(turn_id, sentiment, intent)
    )


def test_turns_are_in_the_order_they_began_then_arrived() -> None:
    screen = _screen(_turn("c", 300), _turn("a", 100), _turn("b1", 200), _turn("b2", 200))
    assert [turn.id for turn in screen.turns] == ["a", "b1", "b2", "c"]


def test_a_final_takes_its_partials_place_and_a_late_partial_is_dropped() -> None:
    speaking = _screen(_turn("a", 0, final=False), _turn("b", 10, final=False))
    assert [turn.id for turn in speaking.partials] == ["a", "b"]
    done = _screen(_turn("a", 0, final=False), _turn("a", 0), _turn("a", 0, final=False))
    assert (done.partials, [turn.id for turn in done.turns]) == ((), ["a"])


def test_only_customers_have_a_mood() -> None:
    screen = _screen(
        _turn("a", 0),
        _turn("b", 10, "adviser"),
        _turn("c", 20, "bot"),
        *(_analysed(id_, -0.5, None) for id_ in ("a", "b", "c", "unknown")),
    )
    assert [(point.turn_id, point.at_ms, point.score) for point in screen.mood] == [("a", 5, -0.5)]


def test_the_intent_is_the_last_one_recognised() -> None:
    screen = _screen(
        _turn("a", 0), _turn("b", 10), _analysed("a", None, "refund"), _analysed("b", None, None)
    )
    assert screen.intent is not None
    assert (screen.intent.label, screen.intent_turn_id) == ("refund", "a")


@pytest.mark.parametrize(
    ("story", "state"),
    [
        ((_offer("s"),), "offered"),
        ((_offer("s", held=True),), "held"),
        ((_offer("s", held=True), _offer("s")), "offered"),
        ((_offer("s"), _feedback("s", "shown"), _offer("s", "Autre")), "shown"),
        ((_offer("s", held=True), _feedback("s", "shown")), "shown"),
        ((_offer("s"), _feedback("s", "accepted"), _offer("s", "Autre")), "accepted"),
        ((_offer("s"), _feedback("s", "dismissed"), _feedback("s", "shown")), "dismissed"),
        ((_offer("s"), _feedback("s", "edited"), _withdraw("s")), "edited"),
        ((_offer("s"), _withdraw("s")), None),
        ((_feedback("s", "accepted"),), None),
    ],
)
def test_what_becomes_of_a_card(story: tuple[Event, ...], state: str | None) -> None:
    cards = _screen(*story).cards
    assert [card.state for card in cards] == ([] if state is None else [state])


def test_an_update_changes_the_cards_text_in_its_place() -> None:
    screen = _screen(_offer("s1", "un"), _offer("s2", "deux"), _offer("s1", "trois"))
    assert [card.suggestion.title for card in screen.cards] == ["trois", "deux"]


def test_degraded_lasts_until_restored() -> None:
    down = ServiceStateEvent(
        type="service.degraded",
        conversation_id="c1",
        time=START,
        data=ServiceState(service="transcribe", reason="away"),
    )
    up = down.model_copy(update={"type": "service.restored"})
    assert _screen(down).degraded == {"transcribe": "away"}
    assert _screen(down, up).degraded == {}


@given(lives(), st.data())
def test_a_stale_screen_and_the_events_since_equal_a_fresh_one(
    life: list[Event], data: st.DataObject
) -> None:
    events = _numbered(life)
    cut = data.draw(st.integers(0, len(events)))
    stale = Screen.model_validate_json(fold(EMPTY, events[:cut]).model_dump_json())
    assert fold(stale, events[cut:]) == fold(EMPTY, events)


@given(lives())
def test_a_screen_never_shows_an_advisers_mood_or_a_turn_twice(life: list[Event]) -> None:
    screen = fold(EMPTY, _numbered(life))
    roles = {turn.id: turn.role for turn in screen.turns}
    assert all(roles.get(point.turn_id, "customer") == "customer" for point in screen.mood)
    ids = [turn.id for turn in (*screen.turns, *screen.partials)]
    assert len(ids) == len(set(ids))
