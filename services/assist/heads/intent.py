"""What the customer wants: the playbook's intents, from their examples."""

from collections.abc import Mapping

from services.assist.embeddings import EmbeddingCache
from services.assist.encoder import Encoder
from services.assist.heads.centring import Vectors
from services.assist.heads.playbook_head import PlaybookHead, fit_head
from services.assist.heads.small_talk import BOTH_ROLES
from services.contracts.playbook import Examples, Playbook

NAME = "intent"


async def fit(
    playbook: Playbook, encoder: Encoder, cache: EmbeddingCache, shift: Vectors
) -> PlaybookHead:
    """Return the intent head of ``playbook``; it reads the customer's final turns."""
    examples = {intent.id: intent.examples for intent in playbook.intents}
    names = {
        intent.id: Examples(fr=(intent.name.fr,), en=(intent.name.en,))
        for intent in playbook.intents
    }
    return await fit_intents(examples, names, playbook.none_of_these, encoder, cache, shift)


async def fit_intents(
    examples: Mapping[str, Examples],
    names: Mapping[str, Examples],
    none_of_these: Examples,
    encoder: Encoder,
    cache: EmbeddingCache,
    shift: Vectors,
) -> PlaybookHead:
    """Return the head over ``examples`` and ``names`` by intent.

    Small talk is none of these, but for what resembles an example.
    """
    return await fit_head(
        NAME, "customer", examples, none_of_these, encoder, cache, shift, names, talk=BOTH_ROLES
    )
