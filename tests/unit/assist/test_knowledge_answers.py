"""What a turn asks, the card that answers it, and silence when something fails or nothing fits."""

import asyncio
from datetime import UTC, datetime

import pytest

from services.assist.knowledge import answering
from services.assist.knowledge.answering import KnowledgeAnswers, asked
from services.assist.suggesters.knowledge import FRESH_TURNS, KnowledgeSuggester
from services.contracts.analysis import Prediction, TurnAnalysed
from services.contracts.events import TurnAnalysedEvent
from services.contracts.knowledge import FoundPassage
from services.contracts.suggestions import DocumentEvidence
from tests.fakes.encoders import shipped_encoder
from tests.fakes.scenes import CONVERSATION, at, fold, playbook, said, turn

TEXT = "Je vous appelle pour ma commande. Combien coûte la livraison express ? Je vous remercie."


def analysis(act: str | None = None) -> TurnAnalysed:
    predictions = {"dialogue_act": Prediction(label=act, confidence=0.9)} if act else {}
    return TurnAnalysed(turn_id="t1", predictions=predictions, latency_ms=1)


def passage(score: float = 0.8, **more: object) -> FoundPassage:
    quote = "Elle coûte 9 euros."
    evidence = DocumentEvidence(
        document_id="express",
        version="3",
        date=datetime(2026, 2, 1, tzinfo=UTC),
        start=10,
        end=10 + len(quote),
        quote=quote,
    )
    found = FoundPassage(title="Livraison express", language="fr", score=score, evidence=evidence)
    return found.model_copy(update=more)


class Shelf:
    """Libraries that hold one passage, or fail as told."""

    def __init__(self, *found: FoundPassage, failure: Exception | None = None) -> None:
        self._found = found
        self._failure = failure
        self.queries: list[str] = []

    def has_documents(self, tenant: str) -> bool:
        return tenant == "t"

    def found(self, tenant: str, query: str, *_: object) -> tuple[FoundPassage, ...]:
        self.queries.append(query)
        if self._failure:
            raise self._failure
        return self._found


def answers(shelf: Shelf) -> KnowledgeAnswers:
    return KnowledgeAnswers(shelf, shipped_encoder())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "question"),
    [
        (TEXT, "Combien coûte la livraison express ?"),
        ("Ma box clignote en rouge. Pourquoi ?", "Ma box clignote en rouge. Pourquoi ?"),
        ("je voudrais savoir comment résilier", "je voudrais savoir comment résilier"),
        ("Good morning to you. How long does a refund take", "How long does a refund take"),
        ("D'accord, je patiente.", None),
    ],
)
def test_a_question_is_the_sentence_that_asks(text: str, question: str | None) -> None:
    span = asked(turn("t1", "customer", text), analysis())
    assert (None if span is None else text[slice(*span)]) == question


def test_a_turn_that_the_dialogue_act_calls_a_question_asks_too() -> None:
    spoken = turn("t1", "customer", "le prix pour un colis de deux kilos")
    assert asked(spoken, analysis(act="inform")) is None
    assert asked(spoken, analysis(act="question")) == (0, len(spoken.text))


async def test_a_found_passage_goes_with_the_turn_and_makes_one_card() -> None:
    shelf = Shelf(passage())
    spoken = turn("t1", "customer", TEXT)
    reading = await answers(shelf).answered("t", spoken, analysis())
    assert shelf.queries == ["Combien coûte la livraison express ?"]
    context = fold(
        said("t1", "customer", TEXT),
        TurnAnalysedEvent(conversation_id=CONVERSATION, time=at(1), data=reading),
    )
    [candidate] = KnowledgeSuggester(playbook()).propose(context, at(1))
    card = candidate.suggestion
    assert (card.kind, card.subject, card.confidence) == ("knowledge", "express", 0.8)
    assert (card.title, card.body) == ("Livraison express", "Elle coûte 9 euros.")
    document, question = card.evidence
    assert (document.source, question.source) == ("document", "turn")
    assert document == passage().evidence
    assert question.source == "turn"
    assert question.quote == "Combien coûte la livraison express ?"
    later = [said(f"t{n}", "customer", "Oui.") for n in range(2, 2 + FRESH_TURNS)]
    assert KnowledgeSuggester(playbook()).propose(fold(*later, context=context), at(9)) == ()


@pytest.mark.parametrize(
    ("tenant", "role", "text", "score"),
    [
        ("other", "customer", TEXT, 0.9),
        ("t", "adviser", TEXT, 0.9),
        ("t", "customer", "D'accord.", 0.9),
        ("t", "customer", TEXT, 0.1),
    ],
)
async def test_it_is_silent_without_documents_question_or_confidence(
    tenant: str, role: str, text: str, score: float
) -> None:
    reading = analysis()
    spoken = turn("t1", role, text)
    assert await answers(Shelf(passage(score))).answered(tenant, spoken, reading) is reading


async def test_a_search_that_fails_or_hangs_costs_the_turn_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spoken, reading = turn("t1", "customer", TEXT), analysis()
    failing = Shelf(failure=RuntimeError("disk"))
    assert await answers(failing).answered("t", spoken, reading) is reading

    class Hanging:
        name = "hanging"

        async def encode(self, texts: object) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr(answering, "TIMEOUT_S", 0.01)
    hanging = KnowledgeAnswers(Shelf(passage()), Hanging())  # type: ignore[arg-type]
    assert await hanging.answered("t", spoken, reading) is reading
