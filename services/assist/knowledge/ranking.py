"""Judges candidates: the learned stage that turns features into a probability of answering."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.assist.knowledge.index import VECTOR_FEATURES, Candidates
from services.contracts.base import Language
from services.kit.modelstore import locate
from services.kit.settings import Settings

MODEL = "retrieval-fr-en"
"""Name of the ranker in the manifest."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Logistic:
    """A logistic regression: weights (features,), none below zero, and a bias.

    More likeness may never make a document less probable, whatever the training data held.
    """

    weights: Floats
    bias: float

    def probabilities(self, features: Floats) -> Floats:
        """Return the probability of each row of ``features`` (rows, features)."""
        logits = features @ self.weights + self.bias
        return np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float32)


@dataclass(frozen=True)
class Ranker:
    """What was learned about questions and passages.

    Attributes:
        question_means: by language, float32 (384,), the mean vector of questions: e5 puts all
            vectors into a narrow cone, and only what they differ in from the mean tells.
        passage_means: by language, float32 (384,), the same of passages.
        same: judges documents in the question's language.
        foreign: judges documents in the other language, by their vectors alone.
    """

    question_means: dict[Language, Floats]
    passage_means: dict[Language, Floats]
    same: Logistic
    foreign: Logistic

    def probabilities(self, candidates: Candidates) -> Floats:
        """Return how probably each candidate answers the question."""
        same = self.same.probabilities(candidates.features)
        if not candidates.foreign.any():
            return same
        foreign = self.foreign.probabilities(candidates.features[:, VECTOR_FEATURES])
        return np.where(candidates.foreign, foreign, same)

    def question_vector(self, embedding: Floats, language: Language) -> Floats:
        """Return the centred, normalised vectors of questions or titles, (..., 384)."""
        return centred(embedding, self.question_means[language])

    def passage_vectors(self, embeddings: Floats, language: Language) -> Floats:
        """Return the centred, normalised vectors of passages, (passages, 384)."""
        return centred(embeddings, self.passage_means[language])


def centred(vectors: Floats, mean: Floats) -> Floats:
    """Return ``vectors`` less their ``mean``, normalised."""
    apart = vectors - mean
    norms = np.linalg.norm(apart, axis=-1, keepdims=True)
    return np.asarray(apart / np.maximum(norms, 1e-9), dtype=np.float32)


def load_ranker(settings: Settings) -> Ranker:
    """Return the shipped ranker, its digest verified.

    Raises:
        Unavailable: when its file is missing or damaged.
    """
    directory = locate(MODEL, settings.data_dir)
    return read_ranker(next(iter(sorted(directory.glob(f"{MODEL}-*.npz")))))


def read_ranker(path: Path) -> Ranker:
    """Return the ranker of a file that ``models.train.retrieval`` wrote."""
    with np.load(path, allow_pickle=False) as kept:
        return Ranker(
            {"fr": kept["question_mean_fr"], "en": kept["question_mean_en"]},
            {"fr": kept["passage_mean_fr"], "en": kept["passage_mean_en"]},
            Logistic(kept["same_weights"], float(kept["same_bias"])),
            Logistic(kept["foreign_weights"], float(kept["foreign_bias"])),
        )
