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

from services.assist.heads.few_shot import Centres, Vectors, logistic, sigmoid
from services.contracts.base import Language

MAX_ORDINARY = 1_000
"""Ordinary turns that are learnt from: fitting grows with the cube of all examples."""

_WIDTH = 1.0
_RIDGE = 0.1
"""Kernel width and ridge, chosen among seven pairs on phrases left out in groups."""

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
        columns: float32 (160, phrases), the phrases in that basis, of length 1.
        duals: float32 (phrases, signals).
        certainty: float64 (2,), from a score to the log-odds of the signal.
    """

    labels: tuple[str, ...]
    centres: Centres
    basis: Vectors
    columns: Vectors
    duals: Vectors
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
        places: list[int] = []
        for owner, by_language in enumerate((*phrases.values(), _thinned(ordinary))):
            for language, vectors in by_language.items():
                rows.append(centres.centred(vectors, language))
                owners += [owner] * len(vectors)
                places += range(len(vectors))
        table = np.concatenate(rows)
        basis = _principal(table)
        table = _placed(table, basis)
        targets = np.eye(len(labels) + 1, dtype=np.float32)[owners][:, :-1]
        inverse = _inverse(_kernel(table @ table.T) + _RIDGE * np.eye(len(table), dtype=np.float32))
        duals = inverse @ targets
        held_out = _held_out(inverse, duals, targets, np.array(owners), np.array(places))
        columns = np.ascontiguousarray(table.T)
        return cls(labels, centres, basis, columns, duals, _calibrated(held_out, targets))

    def probabilities(self, vectors: Vectors, language: Language) -> NDArray[np.float64]:
        """Return (texts, signals): how sure it is that each text gives each signal away."""
        rows = _placed(self.centres.centred(vectors, language), self.basis)
        scores = _kernel(_likeness(rows, self.columns)) @ self.duals
        slope, constant = self.certainty
        return sigmoid(scores.astype(np.float64) * slope + constant)


def _principal(table: Vectors) -> Vectors:
    _, directions = np.linalg.eigh(table.T @ table)  # ascending
    return np.ascontiguousarray(directions[:, -_DIMENSIONS:], dtype=np.float32)


def _placed(rows: Vectors, basis: Vectors) -> Vectors:
    placed = rows @ basis
    norms = np.sqrt((placed * placed).sum(axis=1, keepdims=True))
    return np.asarray(placed / np.maximum(norms, 1e-9), dtype=np.float32)


def _likeness(rows: Vectors, columns: Vectors) -> Vectors:
    """Return (rows, columns) products of a handful of rows with ``columns``.

    One row at a time on a contiguous table: BLAS would copy all of it for each small product
    (measured on 4 x 2,200: 0.28 ms for 0.81).
    """
    return np.stack([row @ columns for row in rows])


def _thinned(ordinary: Phrases) -> Phrases:
    total = sum(len(vectors) for vectors in ordinary.values())
    step = -(-total // MAX_ORDINARY) if total else 1
    return {language: vectors[::step] for language, vectors in ordinary.items()}


def _kernel(cosines: Vectors) -> Vectors:
    # Embeddings have length 1, so the squared distance is 2 - 2 cos.
    return np.asarray(np.exp((2 * _WIDTH) * (cosines - 1)), dtype=np.float32)


def _inverse(matrix: Vectors) -> Vectors:
    """Return the inverse of a positive definite matrix; four times cheaper than the general one."""
    # Imported here: it costs time that services without heads should not pay.
    from scipy.linalg import lapack

    factor, failed = lapack.spotrf(matrix)
    upper, failed_too = lapack.spotri(factor)
    if failed or failed_too:
        msg = "the kernel matrix is not positive definite: its ridge must be above 0"
        raise ValueError(msg)
    upper = np.triu(upper)
    return np.asarray(upper + np.triu(upper, 1).T, dtype=np.float32)


def _held_out(
    inverse: Vectors,
    duals: Vectors,
    targets: Vectors,
    owners: NDArray[np.int64],
    places: NDArray[np.int64],
) -> Vectors:
    """Return the scores of each phrase by a fit without it and its translation (closed form)."""
    scores = np.empty_like(targets)
    groups: dict[tuple[int, int], list[int]] = {}
    for row, key in enumerate(zip(owners.tolist(), places.tolist(), strict=True)):
        groups.setdefault(key, []).append(row)
    for members in groups.values():
        block = inverse[np.ix_(members, members)]
        scores[members] = targets[members] - np.linalg.solve(block, duals[members])
    return scores


def _calibrated(scores: Vectors, targets: Vectors) -> NDArray[np.float64]:
    right = targets.ravel() > 0
    signs = np.stack([scores.ravel(), np.ones(scores.size)], axis=1).astype(np.float64)
    shares = np.where(right, _SIGNAL_SHARE / max(1, right.sum()), 0.0)
    shares += np.where(right, 0.0, (1 - _SIGNAL_SHARE) / max(1, (~right).sum()))
    # Nearly no ridge: one row in a thousand is a phrase, and the slope is steep.
    return logistic(signs, right.astype(float), shares, ridge_per_row=1e-7)
