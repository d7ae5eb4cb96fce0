"""Scores the knowledge search: questions with the one document that answers each.

Rows ``{"question","id"}``; documents ``{"id","title"?,"text"}``.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.assist.encoder import load_encoder
from services.assist.knowledge.index import Index
from services.assist.knowledge.lexical import Vocabulary
from services.assist.knowledge.preparing import Preparer
from services.assist.knowledge.ranking import load_ranker
from services.assist.knowledge.search import Searcher
from services.assist.knowledge.vectors import VectorCache
from services.assist.language import guess_language
from services.contracts.knowledge import FoundPassage, StoredDocument
from services.evaluation.report import Report, bootstrap, mean_of
from services.evaluation.request import EvalRequest
from services.evaluation.rows import Row, read_rows

DEPTH = 20
"""Documents looked at for the mean reciprocal rank; one that comes later counts as not found."""

_LONG = 10
"""Words from which a question counts as long in the breakdown."""

_BARS = (0.4, 0.5, 0.6, 0.7, 0.8)
"""Thresholds of the live card for which the report says how often it would come and be right."""

_NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)


async def evaluate(request: EvalRequest, progress: Callable[[int, int], None]) -> Report:
    """Index the documents, ask every question, and see at which rank its document comes.

    The vectors of passages are kept in the data directory, as the live service keeps them, so a
    run that was stopped goes on where it was; the CPU time is of encoding and searching alone.

    Raises:
        SouffleurError: when a row is wrong or a model is missing.
    """
    documents = read_documents(read_rows(request.needed_documents()))
    rows = read_rows(request.data)
    places = {document_id: place for place, document_id in enumerate(documents)}
    wanted = [places[row.choice("id", places)] for row in rows]
    encoder = load_encoder(request.settings)
    try:
        ranker = load_ranker(request.settings)
        vocabulary = Vocabulary()
        cache = VectorCache(request.settings.data_dir / "knowledge", encoder)
        preparer = Preparer(cache, vocabulary)
        entries = await preparer.prepare(tuple(documents.values()), progress)
        index = await asyncio.to_thread(Index, entries, vocabulary, ranker.means)
        searcher = Searcher(encoder, ranker)
        answers: list[tuple[FoundPassage, ...]] = []
        started = time.process_time()
        for number, row in enumerate(rows):
            progress(number, len(rows))
            question = row.text("question")
            answers.append(await searcher.search(index, question, guess_language(question), DEPTH))
        spent_s = time.process_time() - started
        progress(len(rows), len(rows))
    finally:
        encoder.close()
    found = ranks(answers, wanted)
    extras = {
        "documents": len(documents),
        "passages": sum(len(entry.passages) for entry in entries),
        **breakdown(rows, found),
        "cards": cards(answers, found),
    }
    return Report("retrieval", len(rows), 1000 * spent_s / len(rows), scored(found), extras)


def read_documents(rows: Sequence[Row]) -> dict[str, StoredDocument]:
    """Return the documents by their id; inside they are numbered, as ids may hold anything.

    Raises:
        InvalidInput: when an id comes twice, or a field is missing.
    """
    documents: dict[str, StoredDocument] = {}
    for number, row in enumerate(rows):
        document_id = row.text("id")
        if document_id in documents:
            raise row.wrong("id", "comes a second time")
        documents[document_id] = StoredDocument(
            id=f"d{number}",
            title=(row.optional_text("title") or "").strip(),
            text=row.text("text"),
            version="1",
            date=_NO_DATE,
            revision=1,
        )
    return documents


def ranks(answers: Sequence[Sequence[FoundPassage]], wanted: Sequence[int]) -> NDArray[np.int64]:
    """Return how many documents stand before the right one, int64 (questions,); -1: not found."""
    found = []
    for passages, number in zip(answers, wanted, strict=True):
        ids = [passage.evidence.document_id for passage in passages]
        name = f"d{number}"
        found.append(ids.index(name) if name in ids else -1)
    return np.array(found, dtype=np.int64)


def scored(found: NDArray[np.int64]) -> dict[str, Any]:
    """Return recall at 1, 5 and 10 and the mean reciprocal rank, each with its interval."""
    there = found >= 0
    values = {f"recall_at_{k}": there & (found < k) for k in (1, 5, 10)}
    reciprocal = np.where(there, 1 / (np.maximum(found, 0) + 1), 0.0)
    return {
        **{name: bootstrap(mean_of(hits), len(found)) for name, hits in values.items()},
        "mrr": bootstrap(mean_of(reciprocal), len(found)),
    }


def breakdown(rows: Sequence[Row], found: NDArray[np.int64]) -> dict[str, Any]:
    """Return recall at 1 of short and of long questions."""
    long = np.array([len(row.text("question").split()) >= _LONG for row in rows])
    right = found == 0
    return {
        "recall_at_1_by_length": {
            name: {"n": int(which.sum()), "recall_at_1": round(float(right[which].mean()), 4)}
            for name, which in (("short", ~long), ("long", long))
            if which.any()
        }
    }


def cards(
    answers: Sequence[Sequence[FoundPassage]], found: NDArray[np.int64]
) -> list[dict[str, float]]:
    """Return for some thresholds how often a card would come, and how often it is right then."""
    best = np.array([passages[0].score if passages else 0.0 for passages in answers])
    rows = []
    for bar in _BARS:
        shown = best >= bar
        right = float((found[shown] == 0).mean()) if shown.any() else 0.0
        rows.append({"from": bar, "shown": round(float(shown.mean()), 4), "right": round(right, 4)})
    return rows
