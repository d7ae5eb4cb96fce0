"""The ports of a head: what reads one thing in a turn from its encoding."""

from collections.abc import Collection
from typing import Protocol, runtime_checkable

from services.assist.encoder import Encoding
from services.contracts.analysis import Prediction
from services.contracts.conversation import Turn


class Head(Protocol):
    """Reads one thing in a turn; its predictions are keyed by ``name``. Pure and fast (< 1 ms)."""

    @property
    def name(self) -> str:
        """Key of its predictions in ``turn.analysed``."""

    def applies(self, turn: Turn) -> bool:
        """Return whether this head may read ``turn`` (P3: roles matter)."""

    def predict(self, encoding: Encoding, turn: Turn) -> Prediction:
        """Return what it reads in ``turn``."""

    def best_span(self, encoding: Encoding, text: str, label: str) -> tuple[int, int]:
        """Return (start, end), in code points, of the sentence that speaks most for ``label``."""


@runtime_checkable
class SceneHead(Protocol):
    """A head that reads better when it knows what the conversation is about."""

    def predict_in(
        self, encoding: Encoding, turn: Turn, intents: Collection[str], offered: Collection[str]
    ) -> Prediction:
        """Return what it reads, given the customer's live intents and the cards made so far."""
