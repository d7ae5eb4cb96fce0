"""The context is a pure fold of a conversation's events."""

from datetime import timedelta

import pytest

from services.assist.conditions import FADING, evaluate
from services.assist.context import (
    INTENT_TURNS,
    SPEECH_EXPIRES,
    Context,
)
from services.assist.folding import DONE_CONFIDENCE, MAX_TURNS, apply
from services.assist.suggesters.next_best_action import NextBestAction
from services.contracts.analysis import Entity
from services.contracts.customer import HistoryItem
from services.contracts.events import SuggestionOfferedEvent
from services.contracts.playbook import Condition
from services.contracts.suggestions import SuggestionOffered
from tests.fakes import scenes
from tests.fakes.scenes import at, fold, read, said, speaking


def history(id_: str, days_ago: int, **more: object) -> HistoryItem:
    base = {"id": id_, "at": at(0) - timedelta(days=days_ago), "channel": "voice"}
    return HistoryItem.model_validate(
        {**base, "summary": f"Contact {id_}", "origin": "CRM", **more}
    )


def test_the_current_intent_is_the_latest_that_is_not_none() -> None:
    context = fold(
        said("t1", "customer", "Mon colis est en retard"),
        read("t1", intent=("late", 0.9)),
        said("t2", "customer", "Oui, d'accord"),
        read("t2", intent=(None, 0.95)),
    )
    assert context.intent is not None
    assert context.intent.label == "late"
    assert context.intent.evidence.turn_id == "t1"


def test_an_unsure_reading_does_not_replace_the_intent() -> None:
    context = fold(
        said("t1", "customer", "Mon colis est en retard"),
        read("t1", intent=("late", 0.9)),
        said("t2", "customer", "Hum, et alors, je voudrais bien le savoir, moi"),
        read("t2", intent=("refund", 0.3)),
    )
    assert context.intent is not None
    assert context.intent.label == "late"
    context = fold(read("t2", intent=("refund", 0.8)), context=context)
    assert context.intent is not None
    assert context.intent.label == "refund"


def test_a_short_question_changes_the_topic_only_when_it_is_sure() -> None:
    context = fold(
        said("t1", "customer", "Mon colis est en retard"),
        read("t1", intent=("late", 0.9)),
        said("t2", "customer", "Et quand ça ?"),
    )
    for confidence, label in ((0.7, "late"), (0.8, "refund")):
        after = fold(read("t2", intent=("refund", confidence)), context=context)
        assert after.intent is not None
        assert after.intent.label == label


def test_an_earlier_intent_stays_alive_for_a_few_turns_and_fades() -> None:
    when = Condition(intents=("late",))
    context = fold(
        said("t1", "customer", "Mon colis est en retard"),
        read("t1", intent=("late", 0.8)),
        said("t2", "customer", "Et mon remboursement ?"),
        read("t2", intent=("refund", 0.9)),
    )
    sure = []
    for number in range(3, 3 + INTENT_TURNS):
        held = evaluate(when, context, at(0).date())
        sure.append(held.probability if held else 0.0)
        context = fold(said(f"t{number}", "customer", "Hum"), context=context)
    assert sure == pytest.approx([0.8 * FADING, 0.8 * FADING**2, 0.0])
    assert evaluate(Condition(intents=("refund",)), context, at(0).date()), "the latest stays"


def test_said_again_less_clearly_the_clearer_words_stay() -> None:
    context = fold(
        said("t1", "customer", "Mon colis est en retard"),
        read("t1", intent=("late", 0.9)),
        said("t2", "customer", "Il est en retard quoi"),
        read("t2", intent=("late", 0.6)),
    )
    [intent] = context.intents
    assert (intent.confidence, intent.evidence.turn_id, intent.turn_number) == (0.9, "t1", 2)


def test_the_quote_is_the_span_in_code_points() -> None:
    text = "😡 Où est mon colis ? Ça suffit."
    start = text.index("Où")
    end = text.index(" Ça")
    span = Entity(type="intent", value="late", text=text[start:end], start=start, end=end)
    context = fold(said("t1", "customer", text), read("t1", intent=("late", 0.9), spans=(span,)))
    assert context.intent is not None
    assert context.intent.evidence.quote == "Où est mon colis ?"
    assert text[context.intent.evidence.start : context.intent.evidence.end] == "Où est mon colis ?"


@pytest.mark.parametrize(
    ("scores", "trend"),
    [
        ((0.0, -0.5), None),
        ((0.0, -0.5, -0.6), "falling"),
        ((0.0, 0.1, -0.1, -0.5, -0.6), "falling"),
        ((0.0, 0.0, 0.0, -0.9), None),  # one odd turn at the end
        ((0.0, -0.9, 0.0, 0.0), None),  # or in the middle
        ((0.0, 0.0, -0.9, 0.0), None),
        ((0.8, 0.1, 0.0), None),  # a polite start that becomes neutral is no bad mood
        ((-0.8, -0.7, 0.1, 0.2), "rising"),
        ((-0.8, -0.7, -0.8, 0.2), None),
        ((-0.7, 0.3, -0.6, -0.9), "falling"),
        ((0.0, 0.9, 0.0, 0.0), None),
        ((), None),
    ],
)
def test_the_trend_takes_two_turns_to_move(scores: tuple[float, ...], trend: str | None) -> None:
    context = Context()
    for number, score in enumerate(scores):
        label = "negative" if score < -0.2 else "positive" if score > 0.2 else "neutral"
        turn_id = f"t{number}"
        context = fold(
            said(turn_id, "customer", "Ah"), read(turn_id, mood=(label, score)), context=context
        )
    assert context.trend == trend


def test_sentiment_of_anyone_but_the_customer_is_not_kept() -> None:
    for role in ("adviser", "bot"):
        context = fold(
            said("t1", role, "C'est pénible"),
            read("t1", mood=("negative", -0.9), intent=("late", 0.9)),
        )
        assert context.moods == ()
        assert context.intent is None


def test_an_action_is_done_when_heard_or_accepted() -> None:
    book = scenes.playbook(actions=[scenes.action("trace", {"intents": ["late"]})])
    context = fold(
        said("t1", "customer", "Mon colis est en retard"), read("t1", intent=("late", 0.9))
    )
    card = NextBestAction(book).propose(context, at(1))[0].suggestion
    offered = SuggestionOfferedEvent(
        conversation_id="c1", time=at(1), data=SuggestionOffered(suggestion=card)
    )
    accepted = fold(offered, scenes.feedback("accepted", card.id, 2), context=context)
    assert accepted.done == {"trace"}
    adviser = said("t2", "adviser", "Je regarde le suivi de votre colis")
    heard = fold(adviser, read("t2", action=("trace", DONE_CONFIDENCE)), context=context)
    assert heard.done == {"trace"}
    unsure = fold(adviser, read("t2", action=("trace", DONE_CONFIDENCE - 0.01)), context=context)
    assert unsure.done == frozenset()
    customer = fold(read("t1", action=("trace", 1.0)), context=context)
    assert customer.done == frozenset()


def test_the_adviser_speaks_from_a_partial_to_its_final() -> None:
    context = fold(speaking("a1", "adviser", 1))
    assert context.adviser_is_speaking(at(2))
    assert not context.adviser_is_speaking(at(1) + SPEECH_EXPIRES)
    assert not fold(speaking("k1", "customer", 1)).adviser_is_speaking(at(2))
    final = said("a1", "adviser", "Je regarde", 3)
    assert not fold(final, context=context).adviser_is_speaking(at(3))
    late_partial = fold(final, speaking("a1", "adviser", 4), context=context)
    assert not late_partial.adviser_is_speaking(at(4))


def test_the_history_gives_facts_with_their_origin_and_date() -> None:
    items = (
        history("h1", 40, outcome="solved"),
        history("h2", 20, outcome="promised", promise="Remboursement sous 5 jours"),
        history("h3", 3, channel="chatbot", outcome="abandoned", origin="Site web"),
    )
    facts = fold(scenes.customer({"tier": "gold"}, items)).facts
    assert facts["tier"].value == "gold"
    assert facts["history.contacts_30d"].value == 2
    assert facts["history.contacts_30d"].date == items[2].at
    assert facts["history.unsolved_contacts"].value == 1
    assert facts["history.open_promise"].value == "Remboursement sous 5 jours"
    assert facts["history.open_promise"].date == items[1].at
    assert facts["history.failed_self_service"].value == "Contact h3"
    assert facts["history.failed_self_service"].origin == "Site web"


def test_a_promise_is_closed_by_a_later_contact_that_solved_it() -> None:
    promised = history("h1", 20, outcome="promised", promise="Un rappel")
    facts = fold(scenes.customer({}, (history("h2", 2, outcome="solved"), promised))).facts
    assert "history.open_promise" not in facts
    facts = fold(scenes.customer({}, (promised, history("h2", 2, outcome="unsolved")))).facts
    assert facts["history.open_promise"].value == "Un rappel"


def test_a_new_record_replaces_the_old_one_whole() -> None:
    context = fold(
        scenes.customer({"tier": "gold", "city": "Lyon"}), scenes.customer({"tier": "x"})
    )
    assert set(context.facts) == {"tier"}


@pytest.mark.parametrize(
    ("languages", "expected"),
    [((None, None), "fr"), (("en", None), "en"), (("fr", "en"), "en")],
)
def test_cards_are_in_the_language_spoken_last(
    languages: tuple[str | None, ...], expected: str
) -> None:
    context = Context()
    for number, language in enumerate(languages):
        context = apply(context, said(f"t{number}", "customer", "Hello", language=language))
    assert context.language == expected


def test_the_window_is_bounded_and_a_doubled_turn_counts_once() -> None:
    context = Context()
    for number in range(MAX_TURNS + 10):
        event = said(f"t{number}", "customer", "Bonjour")
        context = fold(event, event, context=context)
    assert len(context.turns) == MAX_TURNS
    assert context.customer_turns == MAX_TURNS + 10
