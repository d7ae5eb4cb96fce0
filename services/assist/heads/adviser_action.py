"""Which of the playbook's actions the adviser's words carry out, so that it is not offered again.

It reads what is done for the customer, never how the adviser does it (P3).
"""

from collections.abc import Collection

from services.assist.embeddings import EmbeddingCache
from services.assist.encoder import Encoder, Encoding
from services.assist.heads.centring import Vectors
from services.assist.heads.playbook_head import PlaybookHead, fit_head
from services.assist.heads.small_talk import ADVISER, BOTH_ROLES, joined
from services.contracts.analysis import Prediction
from services.contracts.conversation import Turn
from services.contracts.playbook import Playbook

NAME = "adviser_action"

_SOFTNESS = 0.5
"""Only a handful of the actions is possible at a time, so they may lie closer together."""


class AdviserActionHead:
    """The playbook's actions in the adviser's final turns.

    Said out of the blue, most of a hundred steps sound alike; those that the customer's requests
    make possible are a handful. So an action is heard only where the conversation calls for it.
    """

    name = NAME

    def __init__(self, playbook: Playbook, every: PlaybookHead) -> None:
        self._every = every
        self._intents = {action.id: frozenset(action.when.intents) for action in playbook.actions}

    def applies(self, turn: Turn) -> bool:
        return self._every.applies(turn)

    def predict(self, encoding: Encoding, turn: Turn) -> Prediction:
        return self._every.predict(encoding, turn)

    def predict_in(
        self, encoding: Encoding, turn: Turn, intents: Collection[str], offered: Collection[str]
    ) -> Prediction:
        """Return the action among those offered, of ``intents``, or bound to no intent."""
        possible = {
            action
            for action, asked in self._intents.items()
            if not asked or action in offered or not asked.isdisjoint(intents)
        }
        return self._every.predict_among(encoding, turn, possible)

    def best_span(self, encoding: Encoding, text: str, label: str) -> tuple[int, int]:
        return self._every.best_span(encoding, text, label)


async def fit(
    playbook: Playbook, encoder: Encoder, cache: EmbeddingCache, shift: Vectors
) -> AdviserActionHead:
    """Return the head over ``Action.said``."""
    examples = {action.id: action.said for action in playbook.actions}
    none = joined(playbook.none_of_these, BOTH_ROLES, ADVISER)
    every = await fit_head(
        NAME, "adviser", examples, none, encoder, cache, shift, softness=_SOFTNESS
    )
    return AdviserActionHead(playbook, every)
