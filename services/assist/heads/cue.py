"""Which of the playbook's cues the customer's words give away."""

from services.assist.embeddings import EmbeddingCache
from services.assist.encoder import Encoder
from services.assist.heads.few_shot import Vectors
from services.assist.heads.playbook_head import PlaybookHead, fit_head
from services.assist.heads.small_talk import BOTH_ROLES, joined
from services.contracts.playbook import Playbook

NAME = "cue"


async def fit(
    playbook: Playbook, encoder: Encoder, cache: EmbeddingCache, shift: Vectors
) -> PlaybookHead:
    """Return the head over ``Cue.phrases``; it reads the customer's final turns.

    An ordinary request gives nothing away, so the intents' examples count as "none of these".
    """
    examples = {cue.id: cue.phrases for cue in playbook.cues}
    requests = (intent.examples for intent in playbook.intents)
    none = joined(playbook.none_of_these, BOTH_ROLES, *requests)
    return await fit_head(NAME, "customer", examples, none, encoder, cache, shift)
