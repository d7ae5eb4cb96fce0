"""The learned leaning of the customer's words, live: it orders what the playbook allows."""

import asyncio
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from services.assist.context import Context
from services.assist.embeddings import EmbeddingCache
from services.assist.folding import apply
from services.assist.heads import next_action as next_action_head
from services.assist.heads.next_action import MOST, NextActionHead
from services.assist.playbooks import load_playbook
from services.assist.suggesters.next_best_action import LEAST, NextBestAction
from services.contracts.analysis import Prediction, ScoredLabel, TurnAnalysed
from services.contracts.base import Language
from services.contracts.conversation import Turn
from services.contracts.events import TurnAnalysedEvent
from tests.fakes import scenes
from tests.fakes.encoders import shipped_encoder
from tests.fakes.scenes import at, fold, read, said

ZERO = np.zeros(384, dtype=np.float32)
KEPT = Path.home() / ".cache" / "souffleur-tests" / "data" / "embeddings"
BOOK = scenes.playbook(
    actions=[
        scenes.action("first", {"intents": ["late"]}),
        scenes.action("second", {"intents": ["late"]}),
        scenes.action("on_facts", {"context": [{"field": "days_late"}]}),
    ]
)
LATE = fold(
    scenes.customer({"days_late": 6}),
    said("t1", "customer", "Mon colis est en retard et je le veux"),
    read("t1", intent=("late", 0.9)),
)


def leaning(context: Context, turn_id: str, shares: dict[str, float]) -> Context:
    top = tuple(ScoredLabel(label=label, confidence=share) for label, share in shares.items())
    seen = (
        Prediction(label=top[0].label, confidence=top[0].confidence, top=top)
        if top
        else Prediction(label=None, confidence=1.0)
    )
    data = TurnAnalysed(turn_id=turn_id, predictions={"next_action": seen}, latency_ms=1.0)
    return apply(
        context, TurnAnalysedEvent(conversation_id=scenes.CONVERSATION, time=at(0), data=data)
    )


def sure(context: Context) -> dict[str, float]:
    cards = [item.suggestion for item in NextBestAction(BOOK).propose(context, at(1))]
    return {card.subject: card.confidence for card in cards}


def test_words_order_what_is_allowed() -> None:
    before = sure(LATE)
    after = sure(leaning(LATE, "t1", {"second": 0.6, "first": 0.3}))
    assert before["first"] == before["second"]
    assert next(iter(after)) == "second"
    assert after["second"] == before["second"]
    assert before["first"] * LEAST <= after["first"] < before["first"]


def test_words_take_a_little_and_never_what_rests_on_the_record() -> None:
    after = sure(leaning(LATE, "t1", {"second": 0.99, "other": 0.0}))
    assert after["first"] == pytest.approx(sure(LATE)["first"] * LEAST, abs=1e-4)
    assert after["on_facts"] == sure(LATE)["on_facts"]


def test_words_allow_nothing_that_the_playbook_does_not() -> None:
    assert "third" not in sure(leaning(LATE, "t1", {"third": 0.99}))


def test_words_about_none_of_the_allowed_change_nothing() -> None:
    assert sure(leaning(LATE, "t1", {"third": 0.9, "fourth": 0.1})) == sure(LATE)


def test_a_turn_that_says_nothing_leaves_the_leaning() -> None:
    leant = leaning(LATE, "t1", {"second": 0.6, "first": 0.3})
    after = leaning(fold(said("t2", "customer", "Oui"), context=leant), "t2", {})
    assert after.leanings == leant.leanings
    newer = leaning(fold(said("t3", "customer", "Non"), context=after), "t3", {"first": 0.9})
    assert newer.leanings == {"first": 0.9}


def test_the_same_context_gives_the_same_cards() -> None:
    leant = leaning(LATE, "t1", {"second": 0.6, "first": 0.3})
    assert sure(leant) == sure(replace(leant))


@pytest.fixture(scope="module")
def head() -> NextActionHead:
    fitting = next_action_head.fit(
        load_playbook("general"), shipped_encoder(), EmbeddingCache(KEPT), ZERO
    )
    return asyncio.run(fitting)


async def heard(head: NextActionHead, text: str, language: Language) -> Prediction:
    turn = Turn(
        id="t", role="customer", text=text, start_ms=0, end_ms=1, channel="chat", language=language
    )
    [encoding] = await shipped_encoder().encode([text])
    return head.predict(encoding, turn)


@pytest.mark.parametrize(
    ("text", "language", "wanted"),
    [
        ("la photo montre bien que l'article est arrivé abîmé", "fr", "collect_damage_proof"),
        ("on m'a débité deux fois la même somme en mars", "fr", "refund_duplicate"),
        ("the wifi is fine next to the box and hopeless in my bedroom", "en", "check_wifi"),
        ("could you put a second engineer visit in the diary", "en", "book_technician"),
    ],
)
async def test_the_head_leans_to_what_the_words_are_about(
    head: NextActionHead, text: str, language: Language, wanted: str
) -> None:
    seen = await heard(head, text, language)
    assert wanted in [label.label for label in seen.top[:4]]
    assert len(seen.top) == MOST
    assert sum(label.confidence for label in seen.top) <= 1.001


async def test_the_head_leans_nowhere_on_a_yes(head: NextActionHead) -> None:
    assert (await heard(head, "Oui, d'accord.", "fr")).label is None


def test_the_head_never_reads_the_adviser(head: NextActionHead) -> None:
    turn = scenes.turn("a1", "adviser", "Je vérifie votre ligne tout de suite")
    assert not head.applies(turn)


async def test_a_playbook_with_one_action_needs_no_order() -> None:
    book = scenes.playbook(actions=[scenes.action("only", {"intents": ["late"]})])
    lone = await next_action_head.fit(book, shipped_encoder(), EmbeddingCache(KEPT), ZERO)
    assert not lone.applies(scenes.turn("t1", "customer", "Mon colis est en retard"))
