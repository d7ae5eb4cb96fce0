"""Judges candidates: the learned stage that turns features into a probability of answering."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.assist.knowledge.index import VECTOR_FEATURES, Candidates
from services.assist.knowledge.means import Floats, Means
from services.kit.modelstore import locate
from services.kit.settings import Settings

MODEL = "retrieval-fr-en"
"""Name of the ranker in the manifest."""


@dataclass(frozen=True)
class Choice:
    """A conditional logit over candidates and "none of them": weights (features,) and a bias.

    No weight is below zero: more likeness may never make a document less probable, whatever the
    training data held.
    """

    weights: Floats
    bias: float

    def probabilities(self, features: Floats) -> Floats:
        """Return the probability that each of ``features`` (rows, features) is the one.

        They add up to less than 1; the rest is that none answers.
        """
        logits = features @ self.weights + self.bias
        most = max(float(logits.max(initial=0.0)), 0.0)
        shares = np.exp(logits - most)
        return np.asarray(shares / (np.exp(-most) + shares.sum()), dtype=np.float32)


@dataclass(frozen=True)
class Ranker:
    """What was learned about questions and passages.

    Attributes:
        means: the mean vectors that tenants start from.
        same: chooses among documents in the question's language.
        foreign: chooses among those in the other language, by their vectors alone. The two do not
            compete: the same text in both languages answers twice.
    """

    means: Means
    same: Choice
    foreign: Choice

    def probabilities(self, candidates: Candidates) -> Floats:
        """Return how probably each candidate answers the question."""
        found = np.zeros(len(candidates.entries), dtype=np.float32)
        foreign: NDArray[np.bool_] = candidates.foreign
        found[~foreign] = self.same.probabilities(candidates.features[~foreign])
        found[foreign] = self.foreign.probabilities(
            candidates.features[foreign][:, VECTOR_FEATURES]
        )
        return found


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
            Means(
                {"fr": kept["question_mean_fr"], "en": kept["question_mean_en"]},
                {"fr": kept["passage_mean_fr"], "en": kept["passage_mean_en"]},
            ),
            Choice(kept["same_weights"], float(kept["same_bias"])),
            Choice(kept["foreign_weights"], float(kept["foreign_bias"])),
        )
