"""The learned next-action policy: reads a conversation and a flow, ranks what to do next."""

from pathlib import Path

from services.assist.next_action.scorer import Scorer
from services.kit.modelstore import locate

__all__ = ["MODEL", "Scorer", "load_scorer"]

MODEL = "next-action"
"""Name of the policy's weights in the manifest."""


def load_scorer(data_dir: Path, root: Path | None = None) -> Scorer:
    """Return the shipped policy, its weights verified. Blocks some 50 ms.

    Raises:
        Unavailable: when the weights are missing or damaged.
    """
    directory = locate(MODEL, data_dir, root)
    return Scorer.read(next(iter(sorted(directory.glob(f"{MODEL}-*.npz")))))
