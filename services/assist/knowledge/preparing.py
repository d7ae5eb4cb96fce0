"""Makes documents ready to be searched: passages, stems and vectors."""

import asyncio
from collections.abc import Sequence

from services.assist.knowledge.index import Entry
from services.assist.knowledge.lexical import Counts, Vocabulary
from services.assist.knowledge.means import Floats
from services.assist.knowledge.passages import Passage, split
from services.assist.knowledge.vectors import Progress, VectorCache
from services.assist.knowledge.words import stems
from services.assist.language import guess_language
from services.assist.tokens import PassageText
from services.contracts.knowledge import StoredDocument

VECTORS = 4
"""Passages of a document that get a vector; the words of all of them are indexed. The second one
gained 1.5 points of recall at 1, the third half a point (models/cards/retrieval.md), and a
handbook's worth of text would hold up everybody else's documents."""

GUESSED_FROM = 4_000
"""Characters that a document's language is guessed from, when it does not say it."""


class Preparer:
    """Prepares documents with one encoder and vocabulary."""

    def __init__(self, cache: VectorCache, vocabulary: Vocabulary) -> None:
        self._cache = cache
        self._vocabulary = vocabulary

    async def prepare(
        self,
        documents: Sequence[StoredDocument],
        progress: Progress = lambda done, total: None,
    ) -> list[Entry]:
        """Return the documents' entries, in order; ``progress`` counts texts to encode."""
        cut = await asyncio.to_thread(lambda: [cut_up(document) for document in documents])
        titles = [document.title for document in documents]
        texts = [
            PassageText(passage_text(document, passage))
            for document, passages in zip(documents, cut, strict=True)
            for passage in passages[:VECTORS]
        ]
        vectors = await self._cache.embed([*titles, *texts], progress)
        return await asyncio.to_thread(self._entries, documents, cut, vectors)

    def _entries(
        self,
        documents: Sequence[StoredDocument],
        cut: Sequence[tuple[Passage, ...]],
        vectors: Floats,
    ) -> list[Entry]:
        entries = []
        at = len(documents)
        for number, (document, passages) in enumerate(zip(documents, cut, strict=True)):
            count = min(len(passages), VECTORS)
            own, at = vectors[at : at + count], at + count
            entries.append(self._entry(document, passages, vectors[number], own))
        return entries

    def _entry(
        self,
        document: StoredDocument,
        passages: tuple[Passage, ...],
        title: Floats,
        vectors: Floats,
    ) -> Entry:
        language = document.language or guess_language(document.text[:GUESSED_FROM])
        words = [stems(passage_text(document, passage), language) for passage in passages]
        titled = bool(document.title.strip())
        return Entry(
            document=document,
            language=language,
            passages=passages,
            head=Counts.of([*stems(document.title, language), *words[0]], self._vocabulary),
            texts=tuple(Counts.of(text, self._vocabulary) for text in words),
            title_vector=title if titled else None,
            vectors=vectors,
        )


def cut_up(document: StoredDocument) -> tuple[Passage, ...]:
    """Return the document's passages, at least one even when nothing in it is a word to us."""
    return split(document.text) or (Passage(0, len(document.text), ""),)


def passage_text(document: StoredDocument, passage: Passage) -> str:
    """Return a passage with the heading that it stands under, which says what it is about."""
    text = document.text[passage.start : passage.end]
    if passage.heading and not text.startswith("#"):
        return f"{passage.heading}\n{text}"
    return text
