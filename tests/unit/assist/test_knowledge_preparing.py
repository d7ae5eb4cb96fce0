"""Documents made ready: languages guessed, headings kept with passages, nothing that breaks."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.assist.knowledge.index import Index
from services.assist.knowledge.lexical import Vocabulary
from services.assist.knowledge.preparing import VECTORS, Preparer
from services.assist.knowledge.ranking import load_ranker
from services.assist.knowledge.search import Searcher
from services.assist.knowledge.vectors import VectorCache
from services.contracts.knowledge import StoredDocument
from services.kit.settings import Settings
from tests.fakes.encoders import shipped_encoder
from tests.fakes.kept import KEPT_DATA_DIR


def document(id_: str, text: str, **more: object) -> StoredDocument:
    fields = {"title": "", "version": "1", "date": datetime(2026, 1, 1, tzinfo=UTC), "revision": 1}
    return StoredDocument.model_validate({"id": id_, "text": text} | fields | more)


async def test_the_language_is_guessed_and_a_long_document_has_few_vectors(tmp_path: Path) -> None:
    words = Vocabulary()
    cache = VectorCache(tmp_path, shipped_encoder())
    told: list[tuple[int, int]] = []
    long = "\n".join(f"## Part {n}\n" + "The parcel is on its way to you. " * 15 for n in range(9))
    entries = await Preparer(cache, words).prepare(
        [
            document("fr", "Le colis est gardé dix jours au point relais.", title="Relais"),
            document("en", long),
            document("said", "Ok.", language="en"),
        ],
        lambda done, total: told.append((done, total)),
    )
    assert [entry.language for entry in entries] == ["fr", "en", "en"]
    assert len(entries[1].passages) == len(entries[1].texts) > VECTORS == len(entries[1].vectors)
    assert entries[0].title_vector is not None
    assert entries[1].title_vector is None
    assert told[0][0] < told[0][1]
    assert told[-1][0] == told[-1][1]


@pytest.mark.parametrize("text", ["\x1c", "###", "…", "le la les", "# Titre seul", "x" * 5000])
async def test_a_document_without_a_word_that_tells_harms_no_search(
    tmp_path: Path, text: str
) -> None:
    words = Vocabulary()
    cache, ranker = (
        VectorCache(tmp_path, shipped_encoder()),
        load_ranker(Settings(data_dir=KEPT_DATA_DIR)),
    )
    documents = [document("odd", text), document("a", "Le colis arrive demain.", language="fr")]
    index = Index(await Preparer(cache, words).prepare(documents), words, ranker.means)
    found = await Searcher(shipped_encoder(), ranker).search(index, "mon colis ?", "fr", 5)
    assert found[0].evidence.document_id == "a"
    for passage in found:
        source = next(d for d in documents if d.id == passage.evidence.document_id)
        evidence = passage.evidence
        assert evidence.quote == source.text[evidence.start : evidence.end]


async def test_the_same_text_in_both_languages_answers_twice(tmp_path: Path) -> None:
    words = Vocabulary()
    cache = VectorCache(tmp_path, shipped_encoder())
    ranker = load_ranker(Settings(data_dir=KEPT_DATA_DIR))
    documents = [
        document("fr", "Le remboursement arrive sous trois jours.", language="fr"),
        document("en", "The refund arrives within three days.", language="en"),
    ]
    index = Index(await Preparer(cache, words).prepare(documents), words, ranker.means)
    searcher = Searcher(shipped_encoder(), ranker)
    alone = Index(await Preparer(cache, words).prepare(documents[:1]), words, ranker.means)
    [only] = await searcher.search(alone, "Quand arrive le remboursement ?", "fr", 5)
    both = await searcher.search(index, "Quand arrive le remboursement ?", "fr", 5)
    assert {passage.language for passage in both} == {"fr", "en"}
    first = next(passage for passage in both if passage.language == "fr")
    assert abs(first.score - only.score) < 0.1
