"""Mean vectors, taken off before vectors are compared: only what they differ in tells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.assist.encoder import DIMENSIONS
from services.contracts.base import Language

Floats = NDArray[np.float32]

LANGUAGES: tuple[Language, ...] = ("fr", "en")

PRIOR = 50
"""Passages that the shipped means are worth against a tenant's own."""


@dataclass(frozen=True)
class Means:
    """The mean vectors, float32 (384,), of questions and of passages by language.

    e5 puts all texts into a narrow cone, and those of one trade into a narrower one.
    """

    questions: Mapping[Language, Floats]
    passages: Mapping[Language, Floats]

    def shifted(self, texts: Sequence[tuple[Language, Floats]]) -> "Means":
        """Return the means as a tenant's passages, (n, 384) of each document, move them.

        Questions are not known beforehand: they are taken to lie off their mean as the documents
        do. A language of which the tenant has little follows the other one.
        """
        apart = {
            language: [
                vectors - self.passages[language] for own, vectors in texts if own == language
            ]
            for language in LANGUAGES
        }
        sums = {language: _sum(parts) for language, parts in apart.items()}
        counts = {language: sum(map(len, parts)) for language, parts in apart.items()}
        overall = sum(sums.values()) / (sum(counts.values()) + PRIOR)
        shifts = {
            language: (sums[language] + PRIOR * overall) / (counts[language] + PRIOR)
            for language in LANGUAGES
        }
        return Means(
            {of: (self.questions[of] + shifts[of]).astype(np.float32) for of in LANGUAGES},
            {of: (self.passages[of] + shifts[of]).astype(np.float32) for of in LANGUAGES},
        )


def centred(vectors: Floats, mean: Floats) -> Floats:
    """Return ``vectors`` (..., 384) less their ``mean``, normalised."""
    apart = vectors - mean
    norms = np.linalg.norm(apart, axis=-1, keepdims=True)
    return np.asarray(apart / np.maximum(norms, 1e-9), dtype=np.float32)


def _sum(parts: Sequence[Floats]) -> Floats:
    nothing = np.zeros(DIMENSIONS, dtype=np.float32)
    sums: Floats = np.sum([nothing, *(part.sum(axis=0) for part in parts)], axis=0)
    return sums
