"""The trained heads' labels and weights: linear readings of the encoder's two views."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import exp, fsum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.assist.encoder import Encoding
from services.assist.heads.sentences import sentence_spans
from services.contracts.analysis import ScoredLabel

Vectors = NDArray[np.float32]

SENTIMENTS = ("negative", "neutral", "positive")
EMOTIONS = ("anger", "worry", "joy", "neutral")
ACTS = (
    *("greeting", "farewell", "thanks", "apology", "acknowledge", "confirm", "deny"),
    *("question", "request", "inform", "commit"),
)
MOMENTS = (
    *("churn_risk", "complaint", "vulnerability", "distress", "repeat_contact"),
    *("failed_self_service", "abuse", "human_request", "promise_made"),
)

LABELS: Mapping[str, tuple[str, ...]] = {
    "sentiment": SENTIMENTS,
    "emotion": EMOTIONS,
    "dialogue_act": ACTS,
    "moment": MOMENTS,
}
"""Each trained head and what it tells apart."""


@dataclass(frozen=True)
class Linear:
    """One head: ``weight`` (labels, 768) and ``bias`` (labels,), calibrated on held-out texts."""

    weight: Vectors
    bias: Vectors

    def logits(self, vectors: Vectors) -> NDArray[np.float64]:
        """Return (..., labels) for ``Encoding.both`` (..., 768)."""
        return np.asarray(vectors @ self.weight.T + self.bias, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Readout:
    """All trained heads in one product: ``weight`` (768, outputs) and ``bias`` (outputs,)."""

    weight: Vectors
    bias: Vectors

    def logits(self, encoding: Encoding, text: str) -> NDArray[np.float64]:
        """Return (1 + sentences, outputs), made once: the turn, then its sentences when several."""
        return encoding.once(self, lambda: self._product(encoding, text))

    def _product(self, encoding: Encoding, text: str) -> NDArray[np.float64]:
        spans = sentence_spans(text)
        rows = encoding.both_rows(spans if len(spans) > 1 else ())
        return np.asarray(rows @ self.weight + self.bias, dtype=np.float64)


@dataclass(frozen=True)
class Part:
    """One head's ``columns`` of the product."""

    readout: Readout
    columns: slice

    def logits(self, encoding: Encoding, text: str) -> NDArray[np.float64]:
        """Return (1 + sentences, labels): the turn, then its sentences when several."""
        return self.readout.logits(encoding, text)[:, self.columns]

    def best_sentence(self, encoding: Encoding, text: str, label: int) -> tuple[int, int]:
        """Return the sentence that speaks most for ``label``; all of a text without any."""
        spans = sentence_spans(text)
        if len(spans) < 2:
            return spans[0] if spans else (0, len(text))
        return spans[int(self.logits(encoding, text)[1:, label].argmax())]

    def shares(self, encoding: Encoding, text: str) -> list[float]:
        """Return the probabilities of labels that exclude each other, for the turn as a whole."""
        logits = self.logits(encoding, text)[0].tolist()
        # So few numbers are quicker without numpy.
        highest = max(logits)
        odds = [exp(logit - highest) for logit in logits]
        total = fsum(odds)
        return [share / total for share in odds]


def ranked(
    labels: Sequence[str], shares: Sequence[float], most: int | None = None
) -> tuple[ScoredLabel, ...]:
    """Return the labels with their probabilities, most probable first, at ``most`` so many."""
    order = sorted(zip(shares, labels, strict=True), reverse=True)[:most]
    return tuple(ScoredLabel(label=label, confidence=share) for share, label in order)


@dataclass(frozen=True)
class HeadWeights:
    """Weights of the trained heads.

    Attributes:
        heads: by name, those of ``LABELS``.
        thresholds: (moments,), the probability from which each moment is told.
        shift: (384,), from an English text to its French translation in the frozen view.
    """

    heads: Mapping[str, Linear]
    thresholds: NDArray[np.float64]
    shift: Vectors

    def part(self, name: str) -> Part:
        """Return what the head of this name reads with."""
        readout, columns = self._stacked
        return Part(readout, columns[name])

    @cached_property
    def _stacked(self) -> tuple[Readout, dict[str, slice]]:
        columns: dict[str, slice] = {}
        end = 0
        for name, head in self.heads.items():
            columns[name] = slice(end, end + len(head.bias))
            end += len(head.bias)
        weight = np.concatenate([head.weight for head in self.heads.values()])
        bias = np.concatenate([head.bias for head in self.heads.values()])
        return Readout(np.ascontiguousarray(weight.T), bias), columns

    @classmethod
    def read(cls, path: Path) -> "HeadWeights":
        """Read what ``models.train.multitask`` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            heads = {
                name: Linear(stored[f"{name}.weight"], stored[f"{name}.bias"]) for name in LABELS
            }
            return cls(heads, stored["moment.thresholds"], stored["shift"])

    def save(self, path: Path) -> None:
        """Write the file that ``read`` reads; the same weights give the same bytes."""
        arrays: dict[str, NDArray[np.generic]] = {}
        for name, head in self.heads.items():
            arrays[f"{name}.weight"], arrays[f"{name}.bias"] = head.weight, head.bias
        arrays["moment.thresholds"], arrays["shift"] = self.thresholds, self.shift
        np.savez(path, **arrays)  # type: ignore[arg-type]
