"""Which intents of a playbook the model takes for one another, told from their own examples."""

import asyncio
from collections import Counter
from dataclasses import replace

import numpy as np

from services.assist.embeddings import EmbeddingCache
from services.assist.encoder import Encoder
from services.assist.heads.centring import Vectors, centres_of, unit
from services.assist.heads.kernel_ridge import Fitted
from services.assist.heads.labelled_rows import gathered, scaling
from services.assist.heads.playbook_head import embed_examples
from services.contracts.playbook import Playbook
from services.records.playbooks import Confusion

LEAST = 4
"""Examples of an intent; of fewer, one left out is a third or more of what is known of it."""

TOLD_FROM = 0.3
"""Share of an intent's examples that the others do not tell apart from another intent's; the most
of any in the built-in playbook is half of that."""

MOST = 20
MOST_ROWS = 4_000


async def confusions(
    playbook: Playbook, encoder: Encoder, cache: EmbeddingCache, shift: Vectors
) -> tuple[Confusion, ...]:
    """Return the intents whose examples, left out one by one, are read as another; worst first.

    The regression is that of the intent head, without names and refusals. About as dear as fitting
    it: half a second of CPU in a thread for 2,000 examples.
    """
    names = [intent.id for intent in playbook.intents]
    vectors = await embed_examples([i.examples for i in playbook.intents], encoder, cache)
    filled = {name: given for name, given in zip(names, vectors, strict=True) if given}
    if len(filled) < 2:
        return ()

    def told() -> tuple[Confusion, ...]:
        rows = gathered(filled, {}, {}, centres_of(filled, shift)).thinned(MOST_ROWS)
        table = unit(rows.table @ scaling(rows))
        rows = replace(rows, table=table)
        fitted = Fitted(rows.table, rows.targets, rows.weights)
        alone = [[place] for place in range(len(rows.owners))]
        read = fitted.without(alone)[:, :-1].argmax(axis=1)
        return _told(tuple(filled), rows.owners, read)

    return await asyncio.to_thread(told)


def _told(
    names: tuple[str, ...],
    owners: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]",
    read: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]",
) -> tuple[Confusion, ...]:
    found = []
    for number, name in enumerate(names):
        own = read[owners == number]
        others = Counter(own[own != number].tolist())
        share = sum(others.values()) / max(len(own), 1)
        if len(own) >= LEAST and share >= TOLD_FROM:
            most = names[others.most_common(1)[0][0]]
            found.append(Confusion(intent=name, taken_for=most, share=round(share, 2)))
    return tuple(sorted(found, key=lambda each: -each.share)[:MOST])
