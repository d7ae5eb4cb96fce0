"""Independent yes-or-no detectors fitted from phrases, one per signal, with honest confidence.

Kernel ridge regression on the frozen embedding, centred per language: a text unlike every phrase
scores 0 for every signal, whatever it is about, and a turn can give several signals away. One
matrix serves all signals, and leaving each phrase out together with its translation comes with it,
which is what calibrates the scores.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.assist.heads.calibration import logistic, sigmoid
from services.assist.heads.centring import Centres, Vectors, unit
from services.assist.heads.kernel_ridge import Fitted, KernelRidge
from services.contracts.base import Language

MAX_ORDINARY = 1_000
"""Ordinary turns that are learnt from: fitting grows with the cube of all examples."""

_DIMENSIONS = 160
"""Principal directions that are kept of 384: reading the table of phrases is what a turn costs."""

_SIGNAL_SHARE = 0.1
"""How often a score counts as a signal's when calibrating. Far more than turns give one away (2 %):
ordinary examples hold signals too ("you had said Monday"), which count against here. Set so that
cues shown on fresh turns are right about as often as they say (``tests/evals``)."""

Phrases = Mapping[Language, Vectors]


@dataclass(frozen=True)
class Detectors:
    """What each signal sounds like.

    Attributes:
        labels: the signals.
        basis: float32 (384, 160), the directions in which the phrases differ most.
        model: the regression, on phrases in that basis.
        certainty: float64 (2,), from a score to the log-odds of the signal.
    """

    labels: tuple[str, ...]
    centres: Centres
    basis: Vectors
    model: KernelRidge
    certainty: NDArray[np.float64]

    @classmethod
    def fit(
        cls, phrases: Mapping[str, Phrases], ordinary: Phrases, centres: Centres
    ) -> "Detectors":
        """Fit from phrases by signal and from ordinary turns; about a second for 2,800 texts.

        The phrase at one place in French is taken for the translation of the one in English.
        """
        labels = tuple(phrases)
        rows: list[Vectors] = []
        owners: list[int] = []
        pairs: dict[tuple[int, int], list[int]] = {}
        for owner, by_language in enumerate((*phrases.values(), _thinned(ordinary))):
            for language, vectors in by_language.items():
                for place in range(len(vectors)):
                    pairs.setdefault((owner, place), []).append(len(owners) + place)
                rows.append(centres.centred(vectors, language))
                owners += [owner] * len(vectors)
        table = np.concatenate(rows)
        basis = _principal(table)
        targets = np.eye(len(labels) + 1, dtype=np.float32)[owners][:, :-1]
        fitted = Fitted(unit(table @ basis), targets, np.ones(len(owners)))
        held_out = fitted.without(list(pairs.values()))
        return cls(labels, centres, basis, fitted.model, _calibrated(held_out, targets))

    def probabilities(self, vectors: Vectors, language: Language) -> NDArray[np.float64]:
        """Return (texts, signals): how sure it is that each text gives each signal away."""
        rows = unit(self.centres.around(vectors, language) @ self.basis)
        slope, constant = self.certainty
        return sigmoid(self.model.scores(rows) * slope + constant)


def _principal(table: Vectors) -> Vectors:
    _, directions = np.linalg.eigh(table.T @ table)  # ascending
    return np.ascontiguousarray(directions[:, -_DIMENSIONS:], dtype=np.float32)


def _thinned(ordinary: Phrases) -> Phrases:
    total = sum(len(vectors) for vectors in ordinary.values())
    step = -(-total // MAX_ORDINARY) if total else 1
    return {language: vectors[::step] for language, vectors in ordinary.items()}


def _calibrated(scores: Vectors, targets: Vectors) -> NDArray[np.float64]:
    right = targets.ravel() > 0
    signs = np.stack([scores.ravel(), np.ones(scores.size)], axis=1).astype(np.float64)
    shares = np.where(right, _SIGNAL_SHARE / max(1, right.sum()), 0.0)
    shares += np.where(right, 0.0, (1 - _SIGNAL_SHARE) / max(1, (~right).sum()))
    # Nearly no ridge: one row in a thousand is a phrase, and the slope is steep.
    return logistic(signs, right.astype(float), shares, ridge_per_row=1e-7)
