"""Which emotion the customer's words show, in four coarse groups; never an adviser's (P3)."""

from services.assist.encoder import Encoding
from services.assist.heads.trained import EMOTIONS, Part, ranked
from services.contracts.analysis import Prediction
from services.contracts.conversation import Turn

LABELS = EMOTIONS


class EmotionHead:
    """Anger (frustration included), worry, joy (gratitude included) or neutral.

    It reads words, never the voice, and only the customer's final turns.
    """

    name = "emotion"

    def __init__(self, part: Part) -> None:
        self._part = part

    def applies(self, turn: Turn) -> bool:
        return turn.role == "customer" and turn.final

    def predict(self, encoding: Encoding, turn: Turn) -> Prediction:
        top = ranked(LABELS, self._part.shares(encoding, turn.text))
        return Prediction(label=top[0].label, confidence=top[0].confidence, top=top)

    def best_span(self, encoding: Encoding, text: str, label: str) -> tuple[int, int]:
        return self._part.best_sentence(encoding, text, LABELS.index(label))
