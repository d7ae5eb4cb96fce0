"""Moments that matter in a turn: a threat to leave, distress, a promise made; several may hold."""

import numpy as np
from numpy.typing import NDArray

from services.assist.encoder import Encoding
from services.assist.heads.trained import MOMENTS, Part
from services.contracts.analysis import Prediction, ScoredLabel
from services.contracts.base import Role
from services.contracts.conversation import Turn

LABELS = MOMENTS

PROMISE = "promise_made"
"""The one moment that is an adviser's: what the company owes the customer, nobody's performance."""

_OF: dict[Role, tuple[int, ...]] = {
    "customer": tuple(n for n, label in enumerate(LABELS) if label != PROMISE),
    "adviser": (LABELS.index(PROMISE),),
}


class MomentHead:
    """Each moment by itself, told from a threshold of its own that was set for precision.

    ``top`` holds every moment that is told, the surest first; ``label`` is the first of them.
    """

    name = "moment"

    def __init__(self, part: Part, thresholds: NDArray[np.float64]) -> None:
        self._part = part
        self._thresholds = thresholds

    def applies(self, turn: Turn) -> bool:
        return turn.role in _OF and turn.final

    def predict(self, encoding: Encoding, turn: Turn) -> Prediction:
        mine = _OF[turn.role]
        shares = self._shares(encoding, turn.text)
        told = sorted(
            (
                ScoredLabel(label=LABELS[number], confidence=float(shares[number]))
                for number in mine
                if shares[number] >= self._thresholds[number]
            ),
            key=lambda moment: -moment.confidence,
        )
        if not told:
            return Prediction(label=None, confidence=1.0 - float(shares[list(mine)].max()))
        return Prediction(label=told[0].label, confidence=told[0].confidence, top=tuple(told))

    def best_span(self, encoding: Encoding, text: str, label: str) -> tuple[int, int]:
        return self._part.best_sentence(encoding, text, LABELS.index(label))

    def _shares(self, encoding: Encoding, text: str) -> NDArray[np.float64]:
        """Return each moment's probability: one telling sentence is enough in a long story."""
        logits = np.maximum.reduce(self._part.logits(encoding, text))
        return np.asarray(1.0 / (1.0 + np.exp(-logits)))
