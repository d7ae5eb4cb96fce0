"""What a turn does in the conversation: greets, asks, informs, promises..."""

from services.assist.encoder import Encoding
from services.assist.heads.trained import ACTS, Part, ranked
from services.contracts.analysis import Prediction
from services.contracts.conversation import Turn

LABELS = ACTS

_TOLD = 3
"""How many acts ``top`` lists: the others are next to impossible."""


class DialogueActHead:
    """The main act of any final turn but a bot's: what is done, never how well."""

    name = "dialogue_act"

    def __init__(self, part: Part) -> None:
        self._part = part

    def applies(self, turn: Turn) -> bool:
        return turn.role != "bot" and turn.final

    def predict(self, encoding: Encoding, turn: Turn) -> Prediction:
        top = ranked(LABELS, self._part.shares(encoding, turn.text), _TOLD)
        return Prediction(label=top[0].label, confidence=top[0].confidence, top=top)

    def best_span(self, encoding: Encoding, text: str, label: str) -> tuple[int, int]:
        return self._part.best_sentence(encoding, text, LABELS.index(label))
