"""Batches of intents for training: few intents, most of them near one another."""

import numpy as np
import pytest

from models.train.multitask_intent_data import INTENTS, PER_INTENT, Drawer, IntentText

FAMILIES, PER_FAMILY, EXAMPLES = 4, 10, 8


def vectors_of_families() -> tuple[list[IntentText], np.ndarray]:
    """Return texts of 40 intents in 4 families, and embeddings near their family's corner."""
    dice = np.random.default_rng(0)
    rows, vectors = [], []
    for family in range(FAMILIES):
        for intent in range(PER_FAMILY):
            for number in range(EXAMPLES):
                rows.append(IntentText(f"{family} {intent} {number}", (f"{family}-{intent}",)))
                vectors.append(np.eye(FAMILIES)[family] + 0.05 * dice.normal(size=FAMILIES))
    return rows, np.array(vectors, dtype=np.float32)


def test_a_batch_holds_few_intents_most_of_one_family() -> None:
    rows, vectors = vectors_of_families()
    batch = Drawer(rows, vectors).draw(np.random.default_rng(1))
    intents = [rows[place].intents[0] for place in batch.texts]
    assert len(intents) == INTENTS * PER_INTENT
    assert len(set(intents)) == INTENTS
    counts = np.bincount([int(intent[0]) for intent in set(intents)], minlength=FAMILIES)
    assert counts.max() >= 7


def test_texts_are_alike_exactly_within_an_intent() -> None:
    rows, vectors = vectors_of_families()
    batch = Drawer(rows, vectors).draw(np.random.default_rng(2))
    intents = np.array([rows[place].intents[0] for place in batch.texts])
    assert np.array_equal(batch.alike > 0, intents[:, None] == intents[None])
    assert batch.owners is not None
    assert np.array_equal(batch.owners[:, None] == batch.owners, batch.alike > 0)


def test_signs_shared_in_part_are_alike_in_part() -> None:
    kinds = [("card", "lost"), ("card", "lost"), ("card", "arrives"), ("loan", "arrives")]
    rows = [
        IntentText(f"{domain} {number}", (domain, *kind))
        for domain in ("banking", "hotels")
        for number, kind in enumerate(kinds)
    ]
    drawer = Drawer(rows, np.eye(len(rows), dtype=np.float32))
    batch = drawer.draw(np.random.default_rng(0))
    assert batch.owners is None
    assert len({rows[place].intents[0] for place in batch.texts}) == 1
    found = {rows[place].text.split()[1]: number for number, place in enumerate(batch.texts)}
    alike = batch.alike[found["0"]]
    assert alike[found["1"]] == pytest.approx(1.0)
    assert 0 < alike[found["2"]] < 1
    assert alike[found["3"]] < alike[found["2"]]
