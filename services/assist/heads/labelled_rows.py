"""The rows that a few-shot classifier learns from: examples and names of labels, centred."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.assist.heads.centring import Centres, Examples, Vectors, unit
from services.contracts.base import Language

_PARAPHRASES = 20.0
"""Examples per dimension at which half of the scaling comes from the examples themselves."""

FEW = 3_000
"""Rows up to which few directions say all: with 770 rows of Banking77 nothing is lost, with 9,000
half a point of accuracy is (``models/cards/intents.md``)."""

_DIRECTIONS = 192

_LIKE_AN_EXAMPLE = 0.5
"""Centred cosine from which small talk is taken for an example's paraphrase."""


@dataclass(frozen=True)
class Rows:
    """What is learnt from: the rows of one label lie together, its names at their end.

    Attributes:
        table: float32 (rows, 384), of length 1.
        owners: (rows,) number of the label; the last number is "none".
        examples: the rows that are no names.
        labels: how many there are, "none" left out.
    """

    table: Vectors
    owners: NDArray[np.int64]
    examples: list[int]
    labels: int

    @property
    def targets(self) -> Vectors:
        """(rows, labels + 1): 1 for each row's own label."""
        return np.eye(self.labels + 1, dtype=np.float32)[self.owners]

    @property
    def weights(self) -> NDArray[np.float64]:
        """(rows,): labels with many examples count a little less each."""
        counts = np.bincount(self.owners).astype(float)
        weights = 1 / np.sqrt(counts[self.owners])
        return np.asarray(weights / weights.mean())

    def thinned(self, most: int) -> "Rows":
        """Return at most about ``most`` rows, of every label an equal share."""
        step = -(-len(self.owners) // most)
        if step == 1:
            return self
        is_name = np.ones(len(self.owners), dtype=bool)
        is_name[self.examples] = False
        starts = np.searchsorted(self.owners, self.owners)
        # There is never too much to learn refusing from.
        spared = is_name | (self.owners == self.labels)
        kept = np.flatnonzero(spared | ((np.arange(len(self.owners)) - starts) % step == 0))
        examples = np.flatnonzero(~is_name[kept]).tolist()
        return Rows(self.table[kept], self.owners[kept], examples, self.labels)


def with_talk(
    none: Mapping[Language, Vectors],
    talk: Mapping[Language, Vectors],
    examples: Examples,
    centres: Centres,
) -> dict[Language, Vectors]:
    """Return the embeddings of ``none`` and those of ``talk`` that resemble no example."""
    table = np.concatenate(
        [
            centres.centred(vectors, language)
            for by_language in examples.values()
            for language, vectors in by_language.items()
        ]
    )
    found = dict(none)
    for language, vectors in talk.items():
        likeness = (centres.centred(vectors, language) @ table.T).max(axis=1)
        kept = vectors[likeness < _LIKE_AN_EXAMPLE]
        found[language] = np.concatenate([found[language], kept]) if language in found else kept
    return found


def gathered(
    examples: Examples, none: Mapping[Language, Vectors], names: Examples, centres: Centres
) -> Rows:
    """Return the rows of every label, then those of "none"."""
    tables: list[Vectors] = []
    owners: list[int] = []
    own: list[int] = []
    for number, (label, by_language) in enumerate([*examples.items(), ("", none)]):
        for language, vectors in by_language.items():
            own += range(len(owners), len(owners) + len(vectors))
            tables.append(centres.centred(vectors, language))
            owners += [number] * len(vectors)
        for language, vectors in names.get(label, {}).items():
            tables.append(centres.centred(vectors, language))
            owners += [number] * len(vectors)
    return Rows(np.concatenate(tables), np.array(owners), own, len(examples))


def scaling(rows: Rows) -> Vectors:
    """Return (384, 384 or 192): shrinks the directions in which examples of one label differ.

    The fewer examples there are, the nearer it is to leaving all as it is. Of up to ``FEW`` rows
    only the principal directions are kept: reading the table of rows is what a turn costs.
    """
    groups = np.split(rows.table, np.flatnonzero(np.diff(rows.owners)) + 1)[: rows.labels]
    spread = np.concatenate([group - group.mean(axis=0) for group in groups])
    within = spread.T @ spread
    size = len(within)
    free = max(0, len(spread) - rows.labels)
    share = free / (free + _PARAPHRASES * size)
    mixed = share * size * within / max(float(np.trace(within)), 1e-9) + (1 - share) * np.eye(size)
    values, directions = np.linalg.eigh(mixed)
    shrunk = np.asarray(directions / np.sqrt(values), dtype=np.float32)
    if len(rows.table) > FEW:
        return shrunk
    table = unit(rows.table @ shrunk)
    _, principal = np.linalg.eigh(table.T @ table)  # ascending
    return np.ascontiguousarray(shrunk @ principal[:, -_DIRECTIONS:], dtype=np.float32)
