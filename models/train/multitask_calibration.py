"""Temperatures and thresholds, set on rows that training did not see; what heads score there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.metrics import average_precision_score, f1_score

from models.train.multitask_data import Row
from services.assist.heads.moment import PROMISE
from services.assist.heads.trained import LABELS, MOMENTS, Linear, Vectors

SERVED = {
    "sentiment": ("service", "polite"),
    "emotion": ("own",),
    "dialogue_act": ("own",),
    "moment": ("own",),
}
"""Sources that are like what is read live: confidence must be right there."""

ORDINARY = ("multidogo", "sgd")
"""Turns of other companies' conversations without any moment, to set thresholds by."""

PRECISION = 0.9
"""Of ten moments that are told, nine are there."""

LEAST = 0.5

Read = Mapping[str, Vectors]


@dataclass(frozen=True)
class Thresholds:
    """The probability from which each moment is told, and what that gives on the unseen rows."""

    values: NDArray[np.float64]
    report: dict[str, dict[str, float]]


@dataclass(frozen=True)
class Calibrated:
    """A head and its mean loss (nats) on the rows that its temperature was set on."""

    head: Linear
    loss: float


def calibrated(name: str, head: Linear, unseen: Sequence[Row], read: Read) -> Calibrated:
    """Return the head with its logits divided by the temperature that fits what is served."""
    rows = [row for row in unseen if row.task == name and row.source in SERVED[name]]
    logits = head.logits(np.stack([read[row.text] for row in rows]))
    truth = _truth(name, rows)

    def loss(temperature: float) -> float:
        scaled = logits / temperature
        if name == "moment":
            return float((np.logaddexp(0, scaled) - truth * scaled).sum())
        return float(-(truth * (scaled - np.logaddexp.reduce(scaled, axis=1)[:, None])).sum())

    best = min(np.geomspace(0.3, 4.0, 105), key=loss)
    weight, bias = head.weight / best, head.bias / best
    fitted = Linear(np.asarray(weight, dtype=np.float32), np.asarray(bias, dtype=np.float32))
    return Calibrated(fitted, loss(best) / len(rows))


def thresholds(head: Linear, unseen: Sequence[Row], read: Read) -> Thresholds:
    """Return per moment the lowest probability (from ``LEAST``) that keeps ``PRECISION``."""
    rows = [row for row in unseen if row.task == "moment" or row.source in ORDINARY]
    vectors = np.stack([read[row.text] for row in rows])
    shares = 1 / (1 + np.exp(-head.logits(vectors)))
    truth = _truth("moment", [row if row.task == "moment" else _none(row) for row in rows])
    values, report = [], {}
    for column, label in enumerate(MOMENTS):
        asked = np.array([(row.role == "adviser") == (label == PROMISE) for row in rows])
        share, right = shares[asked, column], truth[asked, column] > 0
        value = _lowest(share, right)
        told = share >= value
        values.append(value)
        report[label] = {
            "threshold": round(value, 3),
            "precision": round(float(right[told].mean()) if told.any() else 1.0, 3),
            "recall": round(float(told[right].mean()), 3),
            "average_precision": round(float(average_precision_score(right, share)), 3),
            "n": int(right.sum()),
            "of": len(right),
        }
    return Thresholds(np.array(values), report)


def _lowest(share: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    for value in np.arange(LEAST, 0.96, 0.01):
        told = share >= value
        if told.any() and right[told].mean() >= PRECISION:
            return float(value)
    return 0.95


def scores(name: str, head: Linear, unseen: Sequence[Row], read: Read) -> dict[str, Any]:
    """Return macro-F1, accuracy and calibration error per source and language."""
    if name == "moment":
        return {}
    report: dict[str, Any] = {}
    for source, language in sorted({(r.source, r.lang) for r in unseen if r.task == name}):
        rows = [r for r in unseen if (r.task, r.source, r.lang) == (name, source, language)]
        shares = softmax(head.logits(np.stack([read[row.text] for row in rows])), axis=1)
        truth, said = _truth(name, rows).argmax(axis=1), shares.argmax(axis=1)
        report[f"{name} {source} {language}"] = {
            "n": len(rows),
            "macro_f1": round(float(f1_score(truth, said, average="macro")), 4),
            "accuracy": round(float((truth == said).mean()), 4),
            "confidence": round(float(shares.max(axis=1).mean()), 4),
        }
    return report


def _none(row: Row) -> Row:
    return Row("moment", row.source, row.text, row.lang, row.split, (), row.role)


def _truth(name: str, rows: Sequence[Row]) -> NDArray[np.float64]:
    truth = np.zeros((len(rows), len(LABELS[name])))
    for number, row in enumerate(rows):
        truth[number, list(row.targets)] = 1.0
    return truth
