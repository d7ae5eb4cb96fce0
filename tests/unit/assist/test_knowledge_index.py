"""Words and vectors searched together: BM25 by hand, features, languages, silence."""

import math
from datetime import UTC, datetime

import numpy as np
import pytest

from services.assist.knowledge.index import FEATURES, Entry, Index, Question
from services.assist.knowledge.lexical import Counts, Field, Vocabulary, inverse_frequencies
from services.assist.knowledge.means import Means, centred
from services.assist.knowledge.passages import split
from services.assist.knowledge.ranking import Choice, Ranker
from services.assist.knowledge.words import stems
from services.contracts.base import Language
from services.contracts.knowledge import StoredDocument

NOW = datetime(2026, 3, 1, tzinfo=UTC)


ZERO = np.zeros(384, dtype=np.float32)
ORIGIN = Means({"fr": ZERO, "en": ZERO}, {"fr": ZERO, "en": ZERO})


class Still(Means):
    """Means that no document moves."""

    def shifted(self, texts: object) -> Means:
        return self


STILL = Still(ORIGIN.questions, ORIGIN.passages)


def unit(*values: float) -> np.ndarray:
    vector = np.zeros(384, dtype=np.float32)
    vector[: len(values)] = values
    return vector / np.linalg.norm(vector)


def entry(
    vocabulary: Vocabulary,
    id_: str,
    text: str,
    *,
    title: str = "",
    vector: np.ndarray | None = None,
    language: Language = "fr",
) -> Entry:
    document = StoredDocument(id=id_, title=title, text=text, version="1", date=NOW, revision=1)
    passages = split(text)
    words = [stems(text[p.start : p.end], language) for p in passages]
    vector = unit(1.0) if vector is None else vector
    return Entry(
        document,
        language,
        passages,
        Counts.of([*stems(title, language), *words[0]], vocabulary),
        tuple(Counts.of(text, vocabulary) for text in words),
        vector if title else None,
        np.stack([vector]),
    )


def feature(index: Index, question: Question, name: str) -> dict[str, float]:
    found = index.candidates(question)
    column = FEATURES.index(name)
    return {
        index.entries[place].document.id: float(found.features[row, column])
        for row, place in enumerate(found.entries)
    }


def test_a_field_scores_as_bm25_does() -> None:
    vocabulary = Vocabulary()
    texts = [Counts.of(words, vocabulary) for words in (["a", "a", "b"], ["b"], ["c", "d"])]
    idf = inverse_frequencies(texts, len(vocabulary))
    scores = Field(texts, idf).scores([vocabulary.known("a"), vocabulary.known("b")])
    rare, common = math.log(1 + 2.5 / 1.5), math.log(1 + 1.5 / 2.5)
    weight = lambda count, length: count * 2.2 / (count + 1.2 * (0.25 + 0.75 * length / 2))  # noqa: E731
    expected = [rare * weight(2, 3) + common * weight(1, 3), common * weight(1, 1), 0]
    assert scores == pytest.approx(expected, rel=1e-5)


def test_rare_words_and_near_vectors_make_a_candidate() -> None:
    vocabulary = Vocabulary()
    entries = [
        entry(vocabulary, "parcel", "Le colis est livré.", vector=unit(0, 1)),
        entry(vocabulary, "bill", "La facture est payée.", vector=unit(1, 0)),
        entry(vocabulary, "both", "Le colis, la facture et le contrat.", vector=unit(1, 1)),
    ]
    index = Index(entries, vocabulary, STILL)
    question = Question(("colis", "inconnu"), unit(0, 1), "fr")
    body, near = feature(index, question, "body"), feature(index, question, "passage_vector")
    assert body["parcel"] > body["both"] > body["bill"] == 0
    assert near["parcel"] > near["both"] > near["bill"]
    # A word that no document holds counts against all: the best cannot be sure.
    known = feature(index, Question(("colis",), unit(0, 1), "fr"), "coverage")
    assert known["parcel"] == pytest.approx(1.0)
    assert feature(index, question, "coverage")["parcel"] < 0.5


def test_a_title_counts_with_the_lead_and_its_absence_is_no_fault() -> None:
    vocabulary = Vocabulary()
    entries = [
        entry(vocabulary, "titled", "Le lendemain.", title="Livraison express"),
        entry(vocabulary, "plain", "Livraison express, le lendemain."),
    ]
    question = Question(tuple(stems("livraison express", "fr")), unit(1), "fr")
    head = feature(Index(entries, vocabulary, STILL), question, "head")
    assert head["titled"] == pytest.approx(head["plain"], rel=0.05)


def test_a_stem_learned_after_the_index_was_made_is_simply_unknown() -> None:
    vocabulary = Vocabulary()
    index = Index([entry(vocabulary, "a", "Le colis.")], vocabulary, STILL)
    vocabulary.number("nouveau")
    assert feature(index, Question(("nouveau",), unit(1), "fr"), "body") == {"a": 0.0}


def test_an_empty_index_finds_nothing() -> None:
    assert (
        len(Index((), Vocabulary(), STILL).candidates(Question(("a",), unit(1), "fr")).entries) == 0
    )


def test_a_document_in_the_other_language_is_judged_by_its_vectors_alone() -> None:
    vocabulary = Vocabulary()
    entries = [
        entry(vocabulary, "fr", "Le colis.", vector=unit(1, 0)),
        entry(vocabulary, "en", "The parcel.", vector=unit(1, 0), language="en"),
    ]
    index = Index(entries, vocabulary, STILL)
    found = index.candidates(Question(("parcel",), unit(1, 0), "en"))
    assert [index.entries[place].document.id for place in found.entries[found.foreign]] == ["fr"]
    words = Choice(np.zeros(len(FEATURES), dtype=np.float32), -1.0)
    meaning = Choice(np.array([0, 9, 0], dtype=np.float32), -4.0)
    [fr, en] = Ranker(STILL, same=words, foreign=meaning).probabilities(found)
    assert fr == pytest.approx(1 / (1 + math.exp(-5)), rel=1e-4)
    assert en == pytest.approx(1 / (1 + math.e), rel=1e-4)


def test_equal_candidates_share_what_is_not_none() -> None:
    choice = Choice(np.array([1.0], dtype=np.float32), 0.0)
    both = choice.probabilities(np.array([[40.0], [40.0]], dtype=np.float32))
    assert both == pytest.approx([0.5, 0.5])
    assert choice.probabilities(np.array([[-40.0]], dtype=np.float32)) == pytest.approx([0.0])
    assert len(choice.probabilities(np.zeros((0, 1), dtype=np.float32))) == 0


def test_a_tenants_documents_move_the_means_the_more_the_more_there_are() -> None:
    few = ORIGIN.shifted([("fr", np.tile(unit(1), (5, 1)))])
    many = ORIGIN.shifted([("fr", np.tile(unit(1), (5000, 1)))])
    assert 0 < few.passages["fr"][0] < 0.3
    assert many.passages["fr"][0] > 0.95
    assert many.questions["fr"] == pytest.approx(many.passages["fr"])
    # Of English it has nothing: taken to lie as the French does.
    assert many.passages["en"][0] > 0.95


def test_centring_leaves_what_differs() -> None:
    vectors = np.stack([unit(10, 1), unit(10, -1)])
    apart = centred(vectors, vectors.mean(0))
    assert apart[0] @ apart[1] == pytest.approx(-1.0)
    assert vectors[0] @ vectors[1] > 0.9
