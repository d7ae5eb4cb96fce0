"""The space in which the policy compares texts: centred per language, and its main directions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.assist.next_action.table import normalised
from services.contracts.base import Language

Floats = NDArray[np.float32]

DIRECTIONS = 128
SPREAD = 6.0
"""Makes the coordinates about as large as the other inputs of the network."""


@dataclass(frozen=True)
class Space:
    """``mean`` (384,) of English texts, ``shift`` from there to French, ``axes`` (384, k)."""

    mean: Floats
    shift: Floats
    axes: Floats

    @classmethod
    def fit(cls, embeddings: Floats, shift: Floats) -> "Space":
        """Return the space of English ``embeddings`` (texts, 384)."""
        mean = embeddings.mean(axis=0)
        centred = normalised(embeddings - mean)
        _, axes = np.linalg.eigh((centred.T @ centred).astype(np.float64))
        # Signs are free: the largest part of each direction is made positive, for repeatability.
        axes = axes[:, ::-1][:, :DIRECTIONS]
        axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(DIRECTIONS)])
        return cls(mean, shift, axes.astype(np.float32))

    def english(self, embeddings: Floats) -> Floats:
        """Return English embeddings (..., 384) centred and normalised."""
        return normalised(embeddings - self.mean)

    def centred(self, embeddings: Floats, language: Language) -> Floats:
        """Return embeddings (..., 384) of texts in ``language``, centred and normalised."""
        away = self.mean + self.shift if language == "fr" else self.mean
        return normalised(embeddings - away)

    def coordinates(self, vectors: Floats) -> Floats:
        """Return (..., DIRECTIONS) of centred vectors (..., 384)."""
        return np.asarray(vectors @ self.axes * SPREAD, dtype=np.float32)
