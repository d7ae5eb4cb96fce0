"""Heads: each reads one thing in a turn from the one encoding. A new head is a line in here."""

import asyncio
from pathlib import Path

from threadpoolctl import threadpool_limits

from services.assist.embeddings import EmbeddingCache
from services.assist.encoder import Encoder
from services.assist.heads import adviser_action, cue, intent, next_action
from services.assist.heads.dialogue_act import DialogueActHead
from services.assist.heads.emotion import EmotionHead
from services.assist.heads.head import Head
from services.assist.heads.moment import MomentHead
from services.assist.heads.sentiment import SentimentHead
from services.assist.heads.trained import HeadWeights
from services.contracts.playbook import Playbook
from services.kit.modelstore import locate

__all__ = [
    "FITTED",
    "Head",
    "HeadWeights",
    "SentimentHead",
    "build_heads",
    "fitted_heads",
    "one_thread_each",
    "ready_weights",
    "trained_heads",
    "trained_weights",
]

MODEL = "heads-fr-en"
"""Name of the trained heads' weights in the manifest."""

FITTED = (intent, adviser_action, cue, next_action)
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
    weights = await asyncio.to_thread(ready_weights, data_dir)
    return (*trained_heads(weights), *await fitted_heads(playbook, encoder, cache, weights))


async def fitted_heads(
    playbook: Playbook, encoder: Encoder, cache: EmbeddingCache, weights: HeadWeights
) -> tuple[Head, ...]:
    """Return the heads that are fitted to a playbook; the fitting itself runs in threads."""
    return tuple([await module.fit(playbook, encoder, cache, weights.shift) for module in FITTED])


def trained_heads(weights: HeadWeights) -> tuple[Head, ...]:
    """Return the heads that are the same for every playbook; they read the tuned view."""
    return (
        SentimentHead(weights.part("sentiment")),
        EmotionHead(weights.part("emotion")),
        DialogueActHead(weights.part("dialogue_act")),
        MomentHead(weights.part("moment"), weights.thresholds),
    )


def ready_weights(data_dir: Path) -> HeadWeights:
    """Return the trained weights, once everything is ready to fit heads beside them.

    Raises:
        Unavailable: when they are missing or damaged.
    """
    one_thread_each()
    return trained_weights(data_dir)


def one_thread_each() -> None:
    """Keep BLAS to one thread: our products are small, and its others would only spin.

    SciPy brings a BLAS of its own: only what is loaded by now is limited (measured: fitting five
    times dearer without).
    """
    import scipy.linalg  # noqa: F401
    import sklearn.linear_model  # noqa: F401 - loaded here for its libraries

    threadpool_limits(1, user_api="blas")


def trained_weights(data_dir: Path) -> HeadWeights:
    """Read the weights that were trained, not fitted to a playbook.

    Raises:
        Unavailable: when they are missing or damaged.
    """
    directory = locate(MODEL, data_dir)
    return HeadWeights.read(next(iter(sorted(directory.glob(f"{MODEL}-*.npz")))))
