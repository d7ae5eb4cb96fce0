"""An immutable index of one tenant's documents: finds candidates and describes each by features."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.assist.knowledge.lexical import (
    SATURATION,
    Counts,
    Field,
    Vocabulary,
    inverse_frequencies,
    unheard_of,
)
from services.assist.knowledge.means import Floats, Means, centred
from services.assist.knowledge.passages import Passage
from services.contracts.base import Language
from services.contracts.knowledge import StoredDocument

CANDIDATES = 50
"""Documents that each of the two searches hands on; more were never the right ones."""

FEATURES = (
    *("head", "body", "passage", "head_vector", "passage_vector", "top_vectors"),
    *("head_coverage", "coverage"),
)
"""What a candidate is judged by: BM25 scores as a share of the highest thinkable, cosines of
centred vectors, and shares of the question's rare words. None depends on the other documents that
were found, so that a question which no document answers gets no good answer."""

VECTOR_FEATURES = (3, 4, 5)
"""What remains where question and document share no language, and so no words."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A document made ready.

    Attributes:
        document: the document.
        language: what it is written in.
        passages: all of its passages.
        head: stems of its title and lead, which say what it is about.
        texts: stems of each passage.
        title_vector: float32 (384,), as encoded; ``None`` without a title.
        vectors: float32 (n, 384), as encoded, of its first n passages.
    """

    document: StoredDocument
    language: Language
    passages: tuple[Passage, ...]
    head: Counts
    texts: tuple[Counts, ...]
    title_vector: Floats | None
    vectors: Floats


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: its different stems and its vector, float32 (384,), as encoded."""

    stems: tuple[str, ...]
    vector: Floats
    language: Language


@dataclass(frozen=True, slots=True)
class Candidates:
    """Documents that may answer.

    Attributes:
        entries: int64 (n,), numbers of entries.
        features: float32 (n, features), in the order of ``FEATURES``.
        passages: int64 (n,), the number of each document's best passage.
        foreign: bool (n,), whether the document is in another language than the question.
    """

    entries: NDArray[np.int64]
    features: Floats
    passages: NDArray[np.int64]
    foreign: NDArray[np.bool_]


class Index:
    """Searches ``entries``; made anew when one changes, which costs little beside encoding it."""

    def __init__(self, entries: Sequence[Entry], vocabulary: Vocabulary, means: Means) -> None:
        self.entries = tuple(entries)
        self._vocabulary = vocabulary
        texts = [text for entry in self.entries for text in entry.texts]
        bodies = [Counts.sum(entry.texts) for entry in self.entries]
        self._stems = len(vocabulary)
        self._idf = inverse_frequencies(bodies, self._stems)
        self._head = Field([entry.head for entry in self.entries], self._idf)
        self._body = Field(bodies, self._idf)
        self._passage = Field(texts, self._idf)
        self._first_text = _starts([len(entry.texts) for entry in self.entries])
        self._first_vector = _starts([len(entry.vectors) for entry in self.entries])
        self._french = np.array([entry.language == "fr" for entry in self.entries])
        self._means = means.shifted([(entry.language, entry.vectors) for entry in self.entries])
        if self.entries:
            self._vectors = np.concatenate([self._passages_of(entry) for entry in self.entries])
            self._titles = np.stack([self._title_of(entry) for entry in self.entries])

    def _passages_of(self, entry: Entry) -> Floats:
        return centred(entry.vectors, self._means.passages[entry.language])

    def _title_of(self, entry: Entry) -> Floats:
        """Return the title's vector; a document without a title is named by its lead."""
        if entry.title_vector is None:
            return centred(entry.vectors[0], self._means.passages[entry.language])
        return centred(entry.title_vector, self._means.questions[entry.language])

    def candidates(self, question: Question) -> Candidates:
        """Return the documents that may answer; none only when there are no documents."""
        if not self.entries:
            nothing = np.zeros(0, dtype=np.int64)
            features = np.zeros((0, len(FEATURES)), dtype=np.float32)
            return Candidates(nothing, features, nothing, nothing.astype(bool))
        stems, weights, most = self._known(question.stems)
        vector = centred(question.vector, self._means.questions[question.language])
        head, body = self._head.scores(stems) / most, self._body.scores(stems) / most
        texts = self._passage.scores(stems) / most
        cosines = self._vectors @ vector
        lead = cosines[self._first_vector[:-1]]
        title = self._titles @ vector
        passage = np.maximum.reduceat(texts, self._first_text[:-1])
        nearest = np.maximum.reduceat(cosines, self._first_vector[:-1])
        about = np.maximum(lead, title)
        chosen = np.union1d(_best(head + body), _best(about + nearest))
        features = np.stack(
            [
                *(head[chosen], body[chosen], passage[chosen], about[chosen], nearest[chosen]),
                self._top(cosines, chosen),
                self._head.coverage(stems, weights, chosen),
                self._body.coverage(stems, weights, chosen),
            ],
            axis=1,
        )
        return Candidates(
            chosen,
            features.astype(np.float32),
            self._best_passages(texts, cosines, chosen),
            self._french[chosen] != (question.language == "fr"),
        )

    def _known(self, stems: Sequence[str]) -> tuple[list[int], Floats, float]:
        """Return the numbers of the stems that there are, their idf, and the highest score."""
        numbers = {number for stem in stems if (number := self._vocabulary.known(stem)) is not None}
        # The vocabulary may have grown since this index was made.
        known = sorted(number for number in numbers if number < self._stems)
        weights = self._idf[known]
        unheard = (len(stems) - len(known)) * unheard_of(len(self.entries))
        total = float(weights.sum()) + unheard
        return known, weights / max(total, 1e-6), max((SATURATION + 1) * total, 1e-6)

    def _top(self, cosines: Floats, chosen: NDArray[np.int64]) -> Floats:
        """Return the mean of each document's three nearest passages."""
        starts, ends = self._first_vector[chosen], self._first_vector[chosen + 1]
        return np.array(
            [
                np.sort(cosines[start:end])[-3:].mean()
                for start, end in zip(starts, ends, strict=True)
            ]
        )

    def _best_passages(
        self, texts: Floats, cosines: Floats, chosen: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        best = []
        for entry in chosen:
            scores = texts[self._first_text[entry] : self._first_text[entry + 1]].copy()
            near = cosines[self._first_vector[entry] : self._first_vector[entry + 1]]
            scores[: len(near)] += near
            best.append(int(scores.argmax()))
        return np.array(best, dtype=np.int64)


def _best(scores: Floats) -> NDArray[np.int64]:
    if len(scores) <= CANDIDATES:
        return np.arange(len(scores))
    return np.argpartition(scores, -CANDIDATES)[-CANDIDATES:]


def _starts(sizes: Sequence[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
