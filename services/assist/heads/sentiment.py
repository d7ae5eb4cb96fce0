"""How the customer feels about it, from the words of their turn; never an adviser's (P3)."""

from services.assist.encoder import Encoding
from services.assist.heads.trained import SENTIMENTS, Part, ranked
from services.contracts.analysis import Prediction
from services.contracts.conversation import Turn

LABELS = SENTIMENTS


class SentimentHead:
    """Negative, neutral or positive, on the customer's final turns only."""

    name = "sentiment"

    def __init__(self, part: Part) -> None:
        self._part = part

    def applies(self, turn: Turn) -> bool:
        return turn.role == "customer" and turn.final

    def predict(self, encoding: Encoding, turn: Turn) -> Prediction:
        shares = self._part.shares(encoding, turn.text)
        top = ranked(LABELS, shares)
        return Prediction(
            label=top[0].label,
            confidence=top[0].confidence,
            top=top,
            score=shares[2] - shares[0],
        )

    def best_span(self, encoding: Encoding, text: str, label: str) -> tuple[int, int]:
        return self._part.best_sentence(encoding, text, LABELS.index(label))
