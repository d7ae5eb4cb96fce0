"""Intents of public sets that are not Banking77, and the batches that teach to tell them apart."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.train.multitask_data import DOGO_ACTS, read_jsonl

SHARES = {"clinc150": 0.35, "nlupp": 0.25, "sgd": 0.2, "bitext": 0.1, "multidogo": 0.1}
"""How often a batch is drawn from each set."""

MOST = {"clinc150": 100, "bitext": 100, "multidogo": 120, "sgd": 70}
LEAST = 4
"""Examples that are taken of an intent at most, and what it needs to be taken at all."""

PER_INTENT = 5
INTENTS = 12
ALIKE = 0.6
"""Of the intents of a batch, the share that are the nearest to one drawn at random."""

_BANKING = 0.6
_DOMAINS = ("banking", "hotels")

Places = NDArray[np.int64]
Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class IntentText:
    """A text and what it asks for: one intent, or several signs of it (NLU++, domain first)."""

    text: str
    intents: tuple[str, ...]


@dataclass(frozen=True)
class Batch:
    """Texts of one set. ``alike`` (texts, texts) says how much each two ask for the same."""

    texts: Places
    alike: Vectors
    owners: Places | None


def intent_sets(data: Path) -> dict[str, list[IntentText]]:
    """Return the training rows of each set, in a fixed order."""
    return {
        "clinc150": _thinned("clinc150", _clinc(data)),
        "bitext": _thinned("bitext", _bitext(data)),
        "multidogo": _thinned("multidogo", _dogo(data)),
        "sgd": _thinned("sgd", _sgd(data)),
        "nlupp": list(dict.fromkeys(_nlupp(data))),
    }


def _thinned(name: str, found: Iterator[IntentText]) -> list[IntentText]:
    shuffler = random.Random(0)
    groups: dict[tuple[str, ...], list[IntentText]] = {}
    for row in dict.fromkeys(found):
        groups.setdefault(row.intents, []).append(row)
    kept: list[IntentText] = []
    for intent in sorted(groups):
        shuffler.shuffle(groups[intent])
        kept += groups[intent][: MOST[name]] if len(groups[intent]) >= LEAST else []
    return kept


def _clinc(data: Path) -> Iterator[IntentText]:
    for row in read_jsonl(data / "clinc150" / "train_val.jsonl.gz"):
        if row["split"] == "train" and row["intent"] != "oos":
            yield IntentText(row["text"], (row["intent"],))


def _bitext(data: Path) -> Iterator[IntentText]:
    for row in read_jsonl(data / "bitext-customer-service" / "train_val.jsonl.gz"):
        if row["split"] == "train":
            yield IntentText(row["text"], (row["intent"],))


def _dogo(data: Path) -> Iterator[IntentText]:
    for row in read_jsonl(data / "multidogo" / "train_dev.jsonl.gz"):
        [intent, *more] = row["intents"] or [""]
        plain = {*DOGO_ACTS, "outofdomain", ""}
        if row["split"] == "train" and not more and intent not in plain and len(row["text"]) > 12:
            yield IntentText(row["text"], (f"{row['domain']} {intent}",))


def _sgd(data: Path) -> Iterator[IntentText]:
    for dialogue in read_jsonl(data / "sgd" / "train.jsonl.gz"):
        for turn in dialogue["turns"]:
            intent = _asked(turn["acts"]) if turn["who"] == "user" else None
            if intent is not None:
                yield IntentText(turn["text"], (intent,))


def _asked(acts: Sequence[Any]) -> str | None:
    """Return the intent that a turn tells, or the slot it asks for (with its kind of service)."""
    kinds = {act[1] for act in acts}
    if "INFORM_INTENT" in kinds and kinds <= {"INFORM_INTENT", "INFORM"}:
        return next(f"wants {act[3][0]}" for act in acts if act[1] == "INFORM_INTENT")
    if kinds == {"REQUEST"} and len(acts) == 1:
        return f"asks {acts[0][0].split('_')[0]} {acts[0][2]}"
    return None


def _nlupp(data: Path) -> Iterator[IntentText]:
    for row in read_jsonl(data / "nlupp" / "train.jsonl.gz"):
        if row.get("intents"):
            yield IntentText(row["text"], (row["domain"], *sorted(row["intents"])))


class Drawer:
    """Draws batches of one set: few intents, most of them hard to tell apart."""

    def __init__(self, rows: Sequence[IntentText], embeddings: Vectors) -> None:
        """``embeddings`` (rows, 384) are the frozen ones: they say which intents are near."""
        self._several = any(len(row.intents) > 1 for row in rows)
        names = sorted({intent for row in rows for intent in row.intents})
        self._signs = np.zeros((len(rows), len(names)), dtype=np.float32)
        for number, row in enumerate(rows):
            self._signs[number, [names.index(intent) for intent in row.intents]] = 1.0
        if self._several:
            self._banking = self._signs[:, names.index(_DOMAINS[0])] > 0
            # That two turns are of one domain says little.
            self._weights = np.where(np.isin(names, _DOMAINS), 0.1, 1.0).astype(np.float32)
            return
        centred = embeddings - embeddings.mean(axis=0)
        means = (self._signs.T @ centred) / self._signs.sum(axis=0)[:, None]
        means /= np.linalg.norm(means, axis=1, keepdims=True)
        self._near = np.argsort(-(means @ means.T), axis=1)
        self._members = [np.flatnonzero(column) for column in self._signs.T]

    def draw(self, dice: np.random.Generator) -> Batch:
        """Return the next batch."""
        if self._several:
            wanted = self._banking == (dice.random() < _BANKING)
            texts = dice.permutation(np.flatnonzero(wanted))[: PER_INTENT * INTENTS]
            signs, weighed = self._signs[texts], self._signs[texts] * self._weights
            both = weighed @ signs.T
            either = weighed.sum(axis=1)[:, None] + weighed.sum(axis=1)[None] - both
            return Batch(texts, np.asarray((both / either) ** 2), None)
        count = min(INTENTS, len(self._members))
        alike = round(ALIKE * count)
        order = self._near[dice.integers(len(self._near))]
        chosen = [*order[:alike], *dice.permutation(order[alike:])[: count - alike]]
        groups = [dice.permutation(self._members[intent])[:PER_INTENT] for intent in chosen]
        owners = np.repeat(np.arange(count), [len(group) for group in groups])
        same = (owners[:, None] == owners[None]).astype(np.float32)
        return Batch(np.concatenate(groups), same, owners)
