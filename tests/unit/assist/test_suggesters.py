"""Suggesters propose cards that hold, in the right language, each with its evidence."""

from uuid import UUID

import pytest

from services.assist.suggesters import SUGGESTERS
from services.assist.suggesters.cue import CueSuggester
from services.assist.suggesters.next_best_action import NextBestAction
from services.assist.suggesters.suggester import suggestion_id
from services.contracts.suggestions import TurnEvidence
from tests.fakes import scenes
from tests.fakes.scenes import at, cue, fold, read, said, text

LATE = fold(
    scenes.customer({"days_late": 6, "promised_on": "2026-11-14", "order_amount": 249.0}),
    said("t1", "customer", "Mon colis est en retard, j'en ai assez"),
    read("t1", intent=("late", 0.9), mood=("negative", -0.8)),
)


def test_every_suggester_says_its_kind() -> None:
    kinds = [make(scenes.playbook()).kind for make in SUGGESTERS]
    assert kinds == ["next_best_action", "cue", "knowledge"]


def test_the_card_is_filled_in_and_quotes_the_customer() -> None:
    book = scenes.playbook(
        actions=[
            scenes.action(
                "refund_it",
                {"intents": ["late"], "context": [{"field": "order_amount"}]},
                title={"fr": "Rembourser {order_amount}", "en": "Refund {order_amount}"},
                body=text("Commande attendue le {promised_on}."),
                reason={"fr": "{days_late} jours de retard", "en": "{days_late} days late"},
            )
        ]
    )
    [card] = [item.suggestion for item in NextBestAction(book).propose(LATE, at(1))]
    assert card.title == "Rembourser 249\u00a0€"
    assert card.body == "Commande attendue le 14\u00a0novembre."
    assert card.reason == "6 jours de retard"
    assert card.payload == {"action_id": "refund_it"}
    words, amount = card.evidence
    assert isinstance(words, TurnEvidence)
    spoken = LATE.turn(words.turn_id)
    assert spoken is not None
    assert spoken.text[words.start : words.end] == words.quote
    assert amount.source == "context"
    assert (amount.field, amount.value, amount.origin) == ("order_amount", "249\u00a0€", "CRM")
    assert card.id == suggestion_id("t1", "next_best_action", "refund_it")
    assert UUID(card.id).version == 5

    english = fold(said("t2", "customer", "Well", language="en"), context=LATE)
    [card] = [item.suggestion for item in NextBestAction(book).propose(english, at(1))]
    assert card.title == "Refund €249"


def test_more_held_conditions_and_surer_readings_rank_higher() -> None:
    book = scenes.playbook(
        actions=[
            scenes.action("generic", {"intents": ["late"]}),
            scenes.action("very", {"intents": ["late"], "context": [{"field": "days_late"}]}),
            scenes.action("context_only", {"context": [{"field": "days_late"}]}),
        ]
    )
    ranked = [item.suggestion for item in NextBestAction(book).propose(LATE, at(1))]
    assert [card.subject for card in ranked] == ["very", "generic", "context_only"]
    assert ranked[0].confidence == pytest.approx(0.9 * 0.925)
    assert ranked[1].confidence == pytest.approx(0.9 * 0.85)


def test_nothing_without_evidence_and_nothing_twice() -> None:
    book = scenes.playbook(
        actions=[
            scenes.action("no_evidence", {"context": [{"field": "unknown", "op": "missing"}]}),
            scenes.action("unfilled", {"intents": ["late"]}, title=text("Voir {unknown}")),
            scenes.action("trace", {"intents": ["late"]}),
        ]
    )
    proposed = NextBestAction(book).propose(LATE, at(1))
    assert [item.suggestion.subject for item in proposed] == ["trace"]
    done = fold(
        said("t2", "adviser", "Je suis le colis"), read("t2", action=("trace", 0.9)), context=LATE
    )
    assert NextBestAction(book).propose(done, at(1)) == []


def test_a_card_on_facts_alone_waits_for_the_customer_to_speak() -> None:
    book = scenes.playbook(
        actions=[scenes.action("keep_promise", {"context": [{"field": "days_late"}]})]
    )
    before = fold(scenes.customer({"days_late": 6}), said("a1", "adviser", "Bonjour"))
    assert NextBestAction(book).propose(before, at(1)) == []
    after = fold(said("t1", "customer", "Bonjour"), context=before)
    [card] = NextBestAction(book).propose(after, at(1))
    assert card.suggestion.turn_id == "t1"
    assert card.suggestion.evidence[0].source == "context"


def test_a_very_long_value_still_fits_the_card() -> None:
    book = scenes.playbook(
        actions=[
            scenes.action(
                "keep_promise",
                {"context": [{"field": "note"}]},
                title=text("Voir"),
                reason=text("Promis : {note}"),
            )
        ]
    )
    context = fold(scenes.customer({"note": "mot " * 500}), said("t1", "customer", "Bonjour"))
    [card] = NextBestAction(book).propose(context, at(1))
    assert card.suggestion.reason.endswith("…")
    assert len(card.suggestion.reason) < 200


def test_a_cue_comes_from_a_phrase_or_from_its_conditions() -> None:
    book = scenes.playbook(
        cues=[
            cue("annoyed", {"sentiment": ["negative"]}),
            cue("repeat", phrases={"fr": ["c'est la troisième fois que j'appelle"]}),
        ]
    )
    context = fold(
        said("t1", "customer", "C'est la troisième fois que j'appelle !"),
        read("t1", mood=("negative", -0.8), cue=("repeat", 0.85)),
    )
    cards = [item.suggestion for item in CueSuggester(book).propose(context, at(1))]
    assert [(card.subject, card.confidence) for card in cards] == [
        ("annoyed", 0.9),
        ("repeat", 0.85),
    ]
    assert all(card.body is None for card in cards), "a cue has no lines to recite (P4)"
    assert all(card.evidence[0].source == "turn" for card in cards)
    for number in (2, 3):
        context = fold(
            said(f"t{number}", "customer", "Bon"),
            read(f"t{number}", mood=("neutral", 0.0)),
            context=context,
        )
    assert CueSuggester(book).propose(context, at(1)) == []


def test_a_cue_without_a_signal_is_silent() -> None:
    book = scenes.playbook(cues=[cue("empty")])
    assert CueSuggester(book).propose(LATE, at(1)) == []
