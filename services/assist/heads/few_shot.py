"""A classifier fitted from a few examples per label, with a calibrated "none of these".

Logistic regression on the frozen embedding, centred per language so that examples of one language
serve the other. How sure it is comes from a second, tiny regression on what the first one says of
examples and of labels that it has not seen (cross-validation with held-out labels).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.contracts.analysis import Prediction, ScoredLabel
from services.contracts.base import Language

Vectors = NDArray[np.float32]
Examples = Mapping[str, Mapping[Language, Vectors]]
"""Embeddings, float32 (n, 384), of the examples by label and language."""

LANGUAGES: tuple[Language, ...] = ("fr", "en")

THRESHOLD = 0.5
"""Below this probability of being right, the answer is "none of these"."""

MIN_TO_CENTRE = 20
"""With fewer examples, a language's centre is derived from the other language's."""

_INVERSE_REGULARISATION = 10.0
_FOLDS = 3
_LABEL_FOLDS = 5
_TOP = 3

_PRIOR_KNOWN, _PRIOR_NONE, _PRIOR_UNKNOWN = 0.55, 0.3, 0.15
"""Share of turns we expect to be one of the labels, none of them, and something unheard of."""


@dataclass(frozen=True)
class Centres:
    """The mean embedding of each language, float32 (384,)."""

    means: Mapping[Language, Vectors]

    def centred(self, vectors: Vectors, language: Language) -> Vectors:
        """Return (n, 384) embeddings around their language's mean, of length 1."""
        moved = vectors - self.means[language]
        norms = np.sqrt((moved * moved).sum(axis=-1, keepdims=True))
        return np.asarray(moved / np.maximum(norms, 1e-9), dtype=np.float32)


@dataclass(frozen=True)
class _Softmax:
    """Multinomial logistic regression; the last column stands for "none"."""

    weights: Vectors
    bias: Vectors

    @classmethod
    def fit(cls, rows: Vectors, targets: NDArray[np.int64], columns: int) -> "_Softmax":
        # Imported here: it costs a second that services without heads should not pay.
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(C=_INVERSE_REGULARISATION, max_iter=200, tol=1e-3)
        present = np.unique(targets)
        model.fit(rows, targets, sample_weight=_balanced(targets))
        weights = np.zeros((columns, rows.shape[1]), dtype=np.float32)
        # A label that this fold has not seen can never win.
        bias = np.full(columns, -1e4, dtype=np.float32)
        if len(present) == 2:
            # scikit-learn keeps one row for two classes.
            weights[present[1]], bias[present[1]] = model.coef_[0], model.intercept_[0]
            bias[present[0]] = 0.0
        else:
            weights[present], bias[present] = model.coef_, model.intercept_
        return cls(weights, bias)

    def probabilities(self, rows: Vectors) -> Vectors:
        logits = rows @ self.weights.T + self.bias
        logits -= logits.max(axis=-1, keepdims=True)
        exponentials = np.exp(logits)
        return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True))


class FewShotClassifier:
    """Says which label a text has, how sure that is, or that it has none of them."""

    def __init__(
        self,
        labels: tuple[str, ...],
        centres: Centres,
        softmax: _Softmax,
        known: Sequence[Vectors],
        certainty: NDArray[np.float64],
    ) -> None:
        self.labels = labels
        self._centres = centres
        self._softmax = softmax
        self._known = tuple(known)
        self._certainty = certainty

    @classmethod
    def fit(
        cls, examples: Examples, none: Mapping[Language, Vectors], shift: Vectors
    ) -> "FewShotClassifier":
        """Fit from three or more examples per label. Takes under a second for 100 labels.

        Args:
            examples: embeddings by label and language; a language may be missing.
            none: embeddings of texts that have no label, to learn the refusal from.
            shift: float32 (384,), from an English text to its French translation: places the
                centre of a language that has few examples or none.
        """
        labels = tuple(examples)
        centres = centres_of(examples, shift)
        rows: list[Vectors] = []
        targets: list[int] = []
        for number, by_language in enumerate((*examples.values(), none)):
            for language, vectors in by_language.items():
                rows.append(centres.centred(vectors, language))
                targets += [number] * len(vectors)
        table, answers = np.concatenate(rows), np.array(targets)
        softmax = _Softmax.fit(table, answers, len(labels) + 1)
        return cls(
            labels,
            centres,
            softmax,
            [table[answers == number] for number in range(len(labels))],
            _certainty(table, answers, len(labels)),
        )

    def label_probabilities(self, vectors: Vectors, language: Language) -> Vectors:
        """Return (texts, labels + 1): how the labels compare; the last column is "none"."""
        return self._softmax.probabilities(self._centres.centred(vectors, language))

    def certainty(self, vectors: Vectors, language: Language) -> NDArray[np.float64]:
        """Return (texts,): the calibrated probability that the best label is right."""
        rows = self._centres.centred(vectors, language)
        every = self._softmax.probabilities(rows)
        return sigmoid(_signs(every, self._nearest(rows, every)) @ self._certainty)

    def _nearest(self, rows: Vectors, every: Vectors) -> NDArray[np.float32]:
        """Return (texts,): the likeness of the nearest example of each text's best label."""
        best = every[:, :-1].argmax(axis=1)
        likeness = [(self._known[label] @ row).max() for row, label in zip(rows, best, strict=True)]
        return np.array(likeness, dtype=np.float32)

    def predict(
        self, vectors: Vectors, language: Language, among: Collection[str] | None = None
    ) -> Prediction:
        """Return the prediction for a text given by its embedding and those of its sentences.

        The reading that is surest counts, so that one telling sentence is enough in a long turn.
        With ``among``, only those labels are possible.
        """
        rows = self._centres.centred(vectors, language)
        every = self._softmax.probabilities(rows)
        if among is not None:
            every = self._only(every, among)
        certainties = sigmoid(_signs(every, self._nearest(rows, every)) @ self._certainty)
        surest = int(certainties.argmax())
        certainty = float(certainties[surest])
        shares = every[surest][:-1]
        order = np.argsort(-shares)[:_TOP]
        # The others share what is left as the softmax would have it.
        scale = certainty / max(float(shares[order[0]]), certainty, 1e-9)
        top = tuple(
            ScoredLabel(
                label=self.labels[index],
                confidence=certainty if not rank else min(float(shares[index]) * scale, certainty),
            )
            for rank, index in enumerate(order)
        )
        if certainty < THRESHOLD:
            return Prediction(label=None, confidence=1.0 - certainty, top=top)
        return Prediction(label=top[0].label, confidence=certainty, top=top)

    def _only(self, shares: Vectors, among: Collection[str]) -> Vectors:
        possible = np.array([*(label in among for label in self.labels), True])
        left = np.where(possible, shares, 0.0)
        return np.asarray(left / np.maximum(left.sum(axis=1, keepdims=True), 1e-9), np.float32)

    def support(self, vectors: Vectors, language: Language, label: str) -> NDArray[np.float64]:
        """Return (texts,): how much each text speaks for ``label``.

        Raises:
            ValueError: when there is no such label.
        """
        shares = self.label_probabilities(vectors, language)
        return np.asarray(shares[:, self.labels.index(label)], dtype=np.float64)


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


def _certainty(rows: Vectors, targets: NDArray[np.int64], labels: int) -> NDArray[np.float64]:
    """Fit the probability of being right on examples, and on labels, that were held out.

    Each fold learns without a third of the examples and without a fifth of the labels. What it then
    says of the former is mostly right, of the latter always wrong: both are seen at once.
    """
    dice = np.random.default_rng(0)
    # At random, so that some held-out examples have a paraphrase (or their translation) among the
    # seen ones and some have none: what then counts is how near the nearest is.
    fold_of_row = dice.permutation(len(rows)) % _FOLDS
    fold_of_label = dice.permutation(labels + 1) % _LABEL_FOLDS
    fold_of_label[labels] = -1  # "none" is never held out
    signs: list[NDArray[np.float64]] = []
    right: list[NDArray[np.bool_]] = []
    weights: list[NDArray[np.float64]] = []
    for fold in range(_FOLDS):
        unknown = fold_of_label[targets] == fold
        if len(np.unique(targets[~unknown])) < 3:
            unknown[:] = False
        seen = ~unknown & (fold_of_row != fold)
        if len(np.unique(targets[seen])) < 2:
            continue
        softmax = _Softmax.fit(rows[seen], targets[seen], labels + 1)
        asked = unknown | (fold_of_row == fold)
        known = seen & (targets < labels)
        shares = softmax.probabilities(rows[asked])
        same = targets[known] == shares[:, :-1].argmax(axis=1)[:, None]
        nearest = np.where(same, rows[asked] @ rows[known].T, -1.0).max(axis=1)
        signs.append(_signs(shares, nearest))
        answers = targets[asked]
        right.append((shares[:, :-1].argmax(axis=1) == answers) & ~unknown[asked])
        kind = np.where(unknown[asked], 2, np.where(answers == labels, 1, 0))
        sizes = np.maximum(np.bincount(kind, minlength=3), 1)
        prior = np.array([_PRIOR_KNOWN, _PRIOR_NONE, _PRIOR_UNKNOWN])
        weights.append((prior / sizes)[kind])
    return logistic(
        np.concatenate(signs), np.concatenate(right).astype(float), np.concatenate(weights)
    )


def _signs(shares: Vectors, nearest: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return (texts, 4): what tells a right answer from a wrong one.

    The log-odds of the best label, of it against the runner-up, and the likeness (centred cosine)
    of the nearest example of that label; then the constant.
    """
    two = -np.partition(-shares[:, :-1].astype(np.float64), 1, axis=1)[:, :2]
    best, second = two[:, 0].clip(1e-6, 1 - 1e-6), two[:, 1].clip(1e-6)
    return np.stack(
        [np.log(best / (1 - best)), np.log(best / second), 4.0 * nearest, np.ones_like(best)],
        axis=1,
    )


def logistic(
    signs: NDArray[np.float64],
    right: NDArray[np.float64],
    weights: NDArray[np.float64],
    ridge_per_row: float = 1e-3,
) -> NDArray[np.float64]:
    """Return the coefficients of a weighted logistic regression (Newton's method with a ridge)."""
    weights = weights / weights.sum() * len(weights)
    beta = np.zeros(signs.shape[1])
    ridge = ridge_per_row * len(weights) * np.eye(signs.shape[1])
    for _ in range(25):
        expected = sigmoid(signs @ beta)
        slope = signs.T @ (weights * (right - expected)) - ridge @ beta
        curve = (signs * (weights * expected * (1 - expected))[:, None]).T @ signs + ridge
        step = np.linalg.solve(curve, slope)
        beta += step
        if np.abs(step).max() < 1e-6:
            break
    return beta


def sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return probabilities for log-odds."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(values, -30, 30))))


def _balanced(targets: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return weights that make labels with many examples count a little less each."""
    counts = np.bincount(targets).astype(float)
    weights = 1 / np.sqrt(counts[targets])
    return np.asarray(weights / weights.mean())
