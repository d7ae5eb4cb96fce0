"""A classifier fitted from a few examples per label, with a calibrated "none of these".

Kernel ridge regression on the frozen embedding, centred per language so that examples of one
language serve the other, and scaled down along the directions in which paraphrases of one label
differ. How sure it is comes from a second, tiny regression on what the first one says of examples
and of labels that were left out of it. ``models/cards/intents.md`` has what it was chosen against.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from math import exp, fsum, log
from operator import mul
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.assist.heads.calibration import logistic
from services.assist.heads.centring import Centres, Examples, Vectors, centres_of, unit
from services.assist.heads.kernel_ridge import Fitted, KernelRidge, fit
from services.assist.heads.labelled_rows import Rows, gathered, scaling, with_talk
from services.contracts.analysis import Prediction, ScoredLabel
from services.contracts.base import Language

THRESHOLD = 0.5
"""Below this probability of being right, the answer is "none of these"."""

_SHARPNESS = tuple(np.geomspace(4.0, 64.0, 9).tolist())
"""Scores are multiplied by one of these before the softmax."""

_IMPOSSIBLE = -10.0
_FOLDS = 3
_TOP = 3

MOST_ROWS = 10_500
"""Fitting grows with the cube of the rows, and reading a turn with their number (here 3 ms)."""

MOST_LEFT_OUT = 4_000
"""With more rows than this, how sure an answer is comes from a part of them: leaving rows out takes
three times the work of fitting, which grows with the cube of the rows."""

_PRIOR_KNOWN, _PRIOR_NONE, _PRIOR_UNKNOWN = 0.55, 0.3, 0.15
"""Share of turns we expect to be one of the labels, none of them, and something unheard of."""


class Reading(NamedTuple):
    """What a classifier reads in a few texts.

    Attributes:
        scores: float32 (texts, labels + 1); the last column is "none".
        nearest: float32 (texts, labels), the likeness of each label's nearest example.
    """

    scores: Vectors
    nearest: Vectors


class FewShotClassifier:
    """Says which label a text has, how sure that is, or that it has none of them."""

    def __init__(
        self,
        labels: tuple[str, ...],
        centres: Centres,
        scaling: Vectors,
        model: KernelRidge,
        owners: NDArray[np.int64],
        sharpness: float,
        certainty: NDArray[np.float64],
    ) -> None:
        self.labels = labels
        self._centres = centres
        self._scaling = scaling
        self._model = model
        # Where each label's rows begin; those of none come last.
        self._starts = np.searchsorted(owners, np.arange(len(labels) + 1))
        self._sharpness = sharpness
        self._certainty: list[float] = certainty.tolist()

    @classmethod
    def fit(
        cls,
        examples: Examples,
        none: Mapping[Language, Vectors],
        shift: Vectors,
        names: Examples | None = None,
        softness: float = 1.0,
        talk: Mapping[Language, Vectors] | None = None,
    ) -> "FewShotClassifier":
        """Fit from three or more examples per label. Takes under a second for 100 labels.

        Of more than ``MOST_ROWS`` examples, an equal share of each label is learnt from.

        Args:
            examples: embeddings by label and language; a language may be missing.
            none: embeddings of texts that have no label, to learn the refusal from.
            shift: float32 (384,), from an English text to its French translation: places the
                centre of a language that has few examples or none.
            names: embeddings of the labels' names; each counts as one more example.
            talk: embeddings of small talk, which has no label either, but for what resembles an
                example: a tenant may have an intent for thanks.
            softness: below 1, labels differ less: for a head that is asked ``among`` a few.
        """
        labels = tuple(examples)
        centres = centres_of(examples, shift)
        refused = with_talk(none, talk or {}, examples, centres)
        rows = gathered(examples, refused, names or {}, centres).thinned(MOST_ROWS)
        shrunk = scaling(rows)
        rows = replace(rows, table=unit(rows.table @ shrunk))
        few = rows.thinned(MOST_LEFT_OUT)
        fitted = Fitted(few.table, few.targets, few.weights)
        sharpness, certainty = _calibrated(few, fitted, softness)
        whole = len(few.owners) == len(rows.owners)
        model = fitted.model if whole else fit(rows.table, rows.targets, rows.weights)
        return cls(labels, centres, shrunk, model, rows.owners, sharpness, certainty)

    def label_probabilities(self, vectors: Vectors, language: Language) -> Vectors:
        """Return (texts, labels + 1): how the labels compare; the last column is "none"."""
        return _softmax(self.read(vectors, language).scores * self._sharpness)

    def predict(
        self, vectors: Vectors, language: Language, among: Collection[str] | None = None
    ) -> Prediction:
        """Return the prediction for a text given by its embedding and those of its sentences.

        The reading that is surest counts, so that one telling sentence is enough in a long turn.
        With ``among``, only those labels are possible.
        """
        return self.concluded(self.read(vectors, language), among)

    def concluded(self, reading: Reading, among: Collection[str] | None = None) -> Prediction:
        """Return what ``predict`` does, from what was read before."""
        scores, nearest = reading
        if among is not None:
            possible = np.array([*(label in among for label in self.labels), True])
            scores = np.where(possible, scores, _IMPOSSIBLE)
        every = _softmax(scores * self._sharpness)
        # So few numbers are quicker without numpy.
        certainties = list(map(self._certain, every.tolist(), scores.tolist(), nearest))
        certainty = max(certainties)
        shares = every[certainties.index(certainty), :-1]
        order = np.argsort(-shares)[:_TOP].tolist()
        best, *others = shares[order].tolist()
        # The others share what is left as the softmax would have it.
        scale = certainty / max(best, certainty, 1e-9)
        told = (certainty, *(min(share * scale, certainty) for share in others))
        top = tuple(
            ScoredLabel(label=self.labels[index], confidence=confidence)
            for index, confidence in zip(order, told, strict=True)
        )
        if certainty < THRESHOLD:
            return Prediction(label=None, confidence=1.0 - certainty, top=top)
        return Prediction(label=top[0].label, confidence=certainty, top=top)

    def support(self, vectors: Vectors, language: Language, label: str) -> NDArray[np.float64]:
        """Return (texts,): how much each text speaks for ``label``.

        Raises:
            ValueError: when there is no such label.
        """
        return self.supported(self.read(vectors, language), label)

    def supported(self, reading: Reading, label: str) -> NDArray[np.float64]:
        """Return what ``support`` does, from what was read before."""
        shares = _softmax(reading.scores * self._sharpness)
        return np.asarray(shares[:, self.labels.index(label)], dtype=np.float64)

    def read(self, vectors: Vectors, language: Language) -> Reading:
        """Read texts given by their embeddings: this is what a turn costs."""
        rows = unit(self._centres.around(vectors, language) @ self._scaling)
        likeness = self._model.likeness(rows)
        nearest = np.maximum.reduceat(likeness, self._starts, axis=1)[:, :-1]
        return Reading(self._model.scores_of(likeness), nearest)

    def _certain(
        self, shares: list[float], scores: list[float], nearest: NDArray[np.float32]
    ) -> float:
        """Return how sure the reading of one text is, from the signs that ``_signs`` gives."""
        *known, none = scores
        best = max(range(len(known)), key=known.__getitem__)
        first, second = sorted(shares[:-1])[:-3:-1]
        first = max(min(first, 1 - 1e-6), 1e-6)
        signs = (
            log(first / (1 - first)),
            log(first / max(second, 1e-6)),
            *(4.0 * float(nearest[best]), 4.0 * known[best], 4.0 * none, 1.0),
        )
        odds = fsum(map(mul, signs, self._certainty))
        return 1.0 / (1.0 + exp(min(max(-odds, -30.0), 30.0)))


def _calibrated(rows: Rows, fitted: Fitted, softness: float) -> tuple[float, NDArray[np.float64]]:
    """Return the sharpness of the softmax, and what makes a probability of being right.

    What a fit without a third of the examples says of them is mostly right; what one without a
    whole label says of its examples is always wrong. Both are seen at once. The thirds are drawn at
    random, so that some examples keep a paraphrase (or their translation) among the seen ones and
    some do not: what then counts is how near the nearest is.
    """
    asked = np.array(rows.examples)
    answers = rows.owners[asked]
    folds = _folds(asked)
    known = answers < rows.labels
    strangers = asked[known]
    seen = fitted.without(folds)[asked]
    sharpness = softness * _sharpest(seen[known], answers[known])
    whole = [np.flatnonzero(rows.owners == label).tolist() for label in range(rows.labels)]
    unseen = fitted.without(whole)[strangers]
    unseen[np.arange(len(strangers)), answers[known]] = _IMPOSSIBLE
    scores = np.concatenate([seen, unseen])
    best = scores[:, :-1].argmax(axis=1)
    right = best[: len(asked)] == answers
    nearest = _nearest_others(rows, folds, np.concatenate([asked, strangers]), best)
    kind = np.concatenate([np.where(known, 0, 1), np.full(len(strangers), 2)])
    shares_of_kind = np.array([_PRIOR_KNOWN, _PRIOR_NONE, _PRIOR_UNKNOWN])
    weights = (shares_of_kind / np.maximum(np.bincount(kind, minlength=3), 1))[kind]
    outcome = np.concatenate([right, np.zeros(len(strangers))]).astype(float)
    signs = _signs(scores, _softmax(scores * sharpness), nearest)
    return sharpness, logistic(signs, outcome, weights)


def _sharpest(scores: Vectors, answers: NDArray[np.int64]) -> float:
    """Return the sharpness with which left-out examples are likeliest."""
    places = np.arange(len(answers))
    likely = [
        float(np.log(_softmax(scores * sharp)[places, answers] + 1e-9).mean())
        for sharp in _SHARPNESS
    ]
    return float(_SHARPNESS[int(np.argmax(likely))])


def _folds(asked: NDArray[np.int64]) -> list[list[int]]:
    fold = np.random.default_rng(0).permutation(len(asked)) % _FOLDS
    return [asked[fold == number].tolist() for number in range(_FOLDS)]


def _nearest_others(
    rows: Rows,
    folds: list[list[int]],
    places: NDArray[np.int64],
    best: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Return how like each row is to the nearest of its best label, its own fold apart."""
    fold_of = np.full(len(rows.owners), -1)
    for number, members in enumerate(folds):
        fold_of[members] = number
    ends = np.searchsorted(rows.owners, np.arange(rows.labels + 1))
    nearest = np.empty(len(places), dtype=np.float32)
    for number, (place, label) in enumerate(zip(places.tolist(), best.tolist(), strict=True)):
        others = slice(ends[label], ends[label + 1])
        likeness = rows.table[others] @ rows.table[place]
        nearest[number] = np.where(fold_of[others] == fold_of[place], -1.0, likeness).max()
    return nearest


def _signs(scores: Vectors, shares: Vectors, nearest: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return (texts, 6): what tells a right answer from a wrong one.

    The log-odds of the best label, of it against the runner-up, the likeness (centred cosine) of
    the nearest example of that label, the score of that label and of none; then the constant.
    """
    known = shares[:, :-1].astype(np.float64)
    known.partition(-2, axis=1)
    best, second = np.minimum(known[:, -1], 1 - 1e-6), np.maximum(known[:, -2], 1e-6)
    best = np.maximum(best, 1e-6)
    signs = np.ones((len(scores), 6))
    signs[:, 0], signs[:, 1] = np.log(best / (1 - best)), np.log(best / second)
    signs[:, 2], signs[:, 3] = nearest, np.maximum.reduce(scores[:, :-1], axis=1)
    signs[:, 4] = scores[:, -1]
    signs[:, 2:5] *= 4.0
    return signs


def _softmax(logits: NDArray[Any]) -> Vectors:
    exponentials = np.exp(logits - np.maximum.reduce(logits, axis=-1, keepdims=True))
    exponentials /= np.add.reduce(exponentials, axis=-1, keepdims=True)
    return np.asarray(exponentials, dtype=np.float32)
