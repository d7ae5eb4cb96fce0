"""Which of the playbook's actions the adviser's words carry out, so that it is not offered again.

It reads what is done for the customer, never how the adviser does it (P3).
"""

from services.assist.embeddings import EmbeddingCache
from services.assist.encoder import Encoder
from services.assist.heads.few_shot import Vectors
from services.assist.heads.playbook_head import PlaybookHead, fit_head
from services.assist.heads.small_talk import ADVISER, BOTH_ROLES, joined
from services.contracts.playbook import Playbook

NAME = "adviser_action"


async def fit(
    playbook: Playbook, encoder: Encoder, cache: EmbeddingCache, shift: Vectors
) -> PlaybookHead:
    """Return the head over ``Action.said``; it reads the adviser's final turns."""
    examples = {action.id: action.said for action in playbook.actions}
    none = joined(playbook.none_of_these, BOTH_ROLES, ADVISER)
    return await fit_head(NAME, "adviser", examples, none, encoder, cache, shift)
