"""Heads: each reads one thing in a turn from the one encoding. A new head is a line in here."""

import asyncio
from pathlib import Path

from threadpoolctl import threadpool_limits

from services.assist.embeddings import EmbeddingCache
from services.assist.encoder import Encoder
from services.assist.heads import adviser_action, cue, intent
from services.assist.heads.head import Head
from services.assist.heads.sentiment import HeadWeights, SentimentHead
from services.contracts.playbook import Playbook
from services.kit.modelstore import locate

__all__ = ["FITTED", "Head", "HeadWeights", "SentimentHead", "build_heads"]

MODEL = "heads-fr-en"
"""Name of the trained heads' weights in the manifest."""

FITTED = (intent, adviser_action, cue)
"""Modules whose ``fit`` makes a head from the playbook, in the order they are fitted."""


async def build_heads(
    playbook: Playbook, encoder: Encoder, cache: EmbeddingCache, data_dir: Path
) -> tuple[Head, ...]:
    """Return every head, those of the playbook fitted to it.

    The first time, embedding a playbook takes about 6 ms of CPU per example; then the cache has
    them and fitting takes about a second in all.

    Raises:
        Unavailable: when the trained weights are missing or damaged.
    """
    # Our products are small: BLAS threads would only spin (measured: fitting 20 times dearer).
    threadpool_limits(1, user_api="blas")
    weights = await asyncio.to_thread(_trained, data_dir)
    fitted = [await module.fit(playbook, encoder, cache, weights.shift) for module in FITTED]
    return (SentimentHead(weights), *fitted)


def _trained(data_dir: Path) -> HeadWeights:
    directory = locate(MODEL, data_dir)
    return HeadWeights.read(next(iter(sorted(directory.glob(f"{MODEL}-*.npz")))))
