"""Embeddings around the mean of their language, so that examples of one serve the other."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.contracts.base import Language

Vectors = NDArray[np.float32]
Examples = Mapping[str, Mapping[Language, Vectors]]
"""Embeddings, float32 (n, 384), of the examples by label and language."""

LANGUAGES: tuple[Language, ...] = ("fr", "en")

MIN_TO_CENTRE = 20
"""With fewer examples, a language's centre is derived from the other language's."""


def unit(rows: Vectors) -> Vectors:
    """Return rows of length 1 (those of length 0 stay)."""
    norms = np.sqrt(np.add.reduce(rows * rows, axis=-1, keepdims=True))
    return np.asarray(rows / np.maximum(norms, 1e-9), dtype=np.float32)


@dataclass(frozen=True)
class Centres:
    """The mean embedding of each language, float32 (384,)."""

    means: Mapping[Language, Vectors]

    def centred(self, vectors: Vectors, language: Language) -> Vectors:
        """Return (n, 384) embeddings around their language's mean, of length 1."""
        return unit(self.around(vectors, language))

    def around(self, vectors: Vectors, language: Language) -> Vectors:
        """Return the same, not yet of length 1: for what is measured after a projection."""
        return np.asarray(vectors - self.means[language])


def centres_of(examples: Examples, shift: Vectors) -> Centres:
    """Return each language's mean over the means of its labels.

    ``shift`` places a language that has few examples or none beside the other.
    """
    means: dict[Language, list[Vectors]] = {language: [] for language in LANGUAGES}
    counts = dict.fromkeys(LANGUAGES, 0)
    for by_language in examples.values():
        for language, vectors in by_language.items():
            if len(vectors):
                means[language].append(vectors.mean(axis=0))
                counts[language] += len(vectors)
    rich = [language for language in LANGUAGES if counts[language] >= MIN_TO_CENTRE]
    own = {language: np.mean(means[language], axis=0) for language in LANGUAGES if means[language]}
    to_french: dict[Language, float] = {"fr": 0.0, "en": 1.0}
    base = rich[0] if rich else max(own, key=lambda language: counts[language])
    return Centres(
        {
            language: own[language]
            if language in rich or language == base
            else own[base] + (to_french[base] - to_french[language]) * shift
            for language in LANGUAGES
        }
    )
