"""The search itself, which live turns, the REST interface and the evaluation share."""

import asyncio

from services.assist.encoder import Encoder
from services.assist.knowledge.index import Index, Question
from services.assist.knowledge.means import Floats
from services.assist.knowledge.quoting import quoted
from services.assist.knowledge.ranking import Ranker
from services.assist.knowledge.words import stems
from services.contracts.base import Language
from services.contracts.knowledge import FoundPassage
from services.contracts.suggestions import DocumentEvidence


class Searcher:
    """Asks an index questions, in French or English whatever the documents are in."""

    def __init__(self, encoder: Encoder, ranker: Ranker) -> None:
        self._encoder = encoder
        self._ranker = ranker

    async def search(
        self, index: Index, query: str, language: Language, k: int
    ) -> tuple[FoundPassage, ...]:
        """Return the best passage of each of the ``k`` most probable documents, best first.

        The event loop is never held: encoding and searching run in worker threads.
        """
        if not index.entries:
            return ()
        [encoding] = await self._encoder.encode([query])
        return await asyncio.to_thread(self.found, index, query, encoding.embedding, language, k)

    def found(
        self, index: Index, query: str, embedding: Floats, language: Language, k: int
    ) -> tuple[FoundPassage, ...]:
        """As ``search``, for a query that is encoded; takes some milliseconds of CPU."""
        asked = tuple(dict.fromkeys(stems(query, language)))
        candidates = index.candidates(Question(asked, embedding, language))
        probabilities = self._ranker.probabilities(candidates)
        best = (-probabilities).argsort(kind="stable")[:k]
        return tuple(
            _passage(
                index,
                int(candidates.entries[place]),
                int(candidates.passages[place]),
                asked,
                float(probabilities[place]),
            )
            for place in best
        )


def _passage(
    index: Index, number: int, passage: int, asked: tuple[str, ...], score: float
) -> FoundPassage:
    entry = index.entries[number]
    document = entry.document
    start, end = quoted(document.text, entry.passages[passage], asked, entry.language)
    return FoundPassage(
        title=document.title,
        language=entry.language,
        score=round(score, 4),
        evidence=DocumentEvidence(
            document_id=document.id,
            version=document.version,
            date=document.date,
            start=start,
            end=end,
            quote=document.text[start:end],
        ),
        url=document.url,
    )
