"""How the customer feels about it, from the words of their turn; never an adviser's (P3)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.assist.encoder import Encoding
from services.assist.heads.sentences import sentence_spans
from services.contracts.analysis import Prediction, ScoredLabel
from services.contracts.conversation import Turn

LABELS = ("negative", "neutral", "positive")


@dataclass(frozen=True)
class HeadWeights:
    """Weights of the trained heads.

    ``sentiment`` (3, 384) and ``bias`` (3,), calibrated; ``shift`` (384,) from an English text to
    its French translation.
    """

    sentiment: NDArray[np.float32]
    bias: NDArray[np.float32]
    shift: NDArray[np.float32]

    @classmethod
    def read(cls, path: Path) -> "HeadWeights":
        """Read what ``models.train.heads`` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(stored["sentiment"], stored["bias"], stored["shift"])


class SentimentHead:
    """Negative, neutral or positive, on the customer's final turns only."""

    name = "sentiment"

    def __init__(self, weights: HeadWeights) -> None:
        self._weights = weights.sentiment
        self._bias = weights.bias

    def applies(self, turn: Turn) -> bool:
        return turn.role == "customer" and turn.final

    def predict(self, encoding: Encoding, turn: Turn) -> Prediction:
        shares = self.probabilities(encoding.embedding).tolist()
        ranked = sorted(zip(shares, LABELS, strict=True), reverse=True)
        top = tuple(ScoredLabel(label=label, confidence=share) for share, label in ranked)
        return Prediction(
            label=top[0].label,
            confidence=top[0].confidence,
            top=top,
            score=shares[2] - shares[0],
        )

    def best_span(self, encoding: Encoding, text: str, label: str) -> tuple[int, int]:
        spans = sentence_spans(text)
        if len(spans) < 2:
            return spans[0] if spans else (0, len(text))
        vectors = encoding.spans(spans)
        support = self.probabilities(vectors)[:, LABELS.index(label)]
        return spans[int(support.argmax())]

    def probabilities(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return (..., 3) probabilities for embeddings (..., 384), in the order of ``LABELS``."""
        logits = (vectors @ self._weights.T + self._bias).astype(np.float64)
        exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True)).clip(0.0, 1.0)
