"""Lexical search: BM25 over the stems of documents' heads, bodies and passages."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SATURATION = 1.2
"""``k1`` of BM25: how fast a word that is repeated stops to count."""

LENGTH = 0.75
"""``b`` of BM25: how much a long text is held against its words."""


class Vocabulary:
    """Numbers for stems; it only grows, so that what was counted before stays true."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def number(self, stem: str) -> int:
        """Return the number of a stem, a new one when it has none."""
        return self._numbers.setdefault(stem, len(self._numbers))

    def known(self, stem: str) -> int | None:
        """Return the number of a stem that some document holds."""
        return self._numbers.get(stem)


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each stem is in one text: numbers int32 (stems,), counts float32 (stems,)."""

    stems: NDArray[np.int32]
    counts: NDArray[np.float32]

    @classmethod
    def of(cls, stems: Sequence[str], vocabulary: Vocabulary) -> "Counts":
        """Count the stems of a text."""
        numbers = np.array([vocabulary.number(stem) for stem in stems], dtype=np.int32)
        unique, counts = np.unique(numbers, return_counts=True)
        return cls(unique, counts.astype(np.float32))

    @classmethod
    def sum(cls, parts: Sequence["Counts"]) -> "Counts":
        """Return the counts of several texts together."""
        if len(parts) == 1:
            return parts[0]
        unique, where = np.unique(np.concatenate([p.stems for p in parts]), return_inverse=True)
        counts = np.bincount(where, np.concatenate([p.counts for p in parts]), len(unique))
        return cls(unique, counts.astype(np.float32))


class Field:
    """An inverted index of one kind of text, its BM25 weights worked out beforehand."""

    def __init__(self, texts: Sequence[Counts], idf: NDArray[np.float32]) -> None:
        """Index ``texts``, row by row; ``idf`` is float32 (stems,) of the whole vocabulary."""
        self.rows = len(texts)
        lengths = np.array([text.counts.sum() for text in texts], dtype=np.float32)
        mean = max(float(lengths.mean()), 1.0) if len(texts) else 1.0
        stems = _stems(texts)
        counts = np.concatenate([np.zeros(0, np.float32), *(text.counts for text in texts)])
        sizes = [len(text.stems) for text in texts]
        rows = np.repeat(np.arange(len(texts), dtype=np.int32), sizes)
        order = np.argsort(stems, kind="stable")
        stems, counts, self._rows = stems[order], counts[order], rows[order]
        held_back = SATURATION * (1 - LENGTH + LENGTH * lengths[self._rows] / mean)
        saturated = counts * (SATURATION + 1) / (counts + held_back)
        self._weights = (saturated * idf[stems]).astype(np.float32)
        self._starts = np.searchsorted(stems, np.arange(len(idf) + 1))

    def scores(self, stems: Sequence[int]) -> NDArray[np.float32]:
        """Return the BM25 score of each row, float32 (rows,), for different ``stems``."""
        found = np.zeros(self.rows, dtype=np.float32)
        for stem in stems:
            start, end = self._starts[stem], self._starts[stem + 1]
            found[self._rows[start:end]] += self._weights[start:end]
        return found

    def coverage(
        self, stems: Sequence[int], weights: NDArray[np.float32], rows: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Return for each of ``rows`` the summed ``weights`` of the ``stems`` that it holds."""
        held = np.zeros(self.rows, dtype=np.float32)
        for stem, weight in zip(stems, weights, strict=True):
            held[self._rows[self._starts[stem] : self._starts[stem + 1]]] += weight
        return held[rows]


def inverse_frequencies(texts: Sequence[Counts], stems: int) -> NDArray[np.float32]:
    """Return how much each stem tells, float32 (stems,): Robertson's idf, never below zero."""
    holding = np.bincount(_stems(texts), minlength=stems)
    return _idf(holding, len(texts))


def unheard_of(texts: int) -> float:
    """Return the idf of a stem that none of so many ``texts`` holds."""
    return float(_idf(np.zeros(1), texts)[0])


def _idf(holding: NDArray[np.generic], texts: int) -> NDArray[np.float32]:
    held = holding.astype(np.float64)
    return np.log1p((texts - held + 0.5) / (held + 0.5)).astype(np.float32)


def _stems(texts: Sequence[Counts]) -> NDArray[np.int32]:
    return np.concatenate([np.zeros(0, np.int32), *(text.stems for text in texts)])
