"""The next-action network and its training; ``services.assist.next_action.scorer`` runs it."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.train.next_action_data import Decisions, Ints
from services.assist.next_action.features import NAMES, SCENE
from services.assist.next_action.scorer import BEFORE, HISTORY
from services.assist.next_action.space import DIRECTIONS

BATCH = 96
RATE = 2e-3
DECAY = 0.03
SMOOTHING = 0.03
"""Share of the truth spread over all candidates: crowd workers often had several good choices."""

PRETENDED = 0.5
"""Share of decisions whose task the network is told it does not know, names of its steps hidden:
how it learns to go by the flow-chart alone."""

SHARED_FROM = 4
"""A name that stands in so many flows (``ask_name``) means the same in the next one."""


class NextActionNet(nn.Module):  # type: ignore[misc, unused-ignore]
    """Scores candidates: rules that hold for any flow, and what is recalled of known tasks."""

    def __init__(self, names: int, tasks: int) -> None:
        super().__init__()
        read = BEFORE * DIRECTIONS
        self.acts = nn.Embedding(names + 3, 48)
        self.acts_out = nn.Linear(HISTORY * 48, 48)
        self.tasks = nn.Embedding(tasks + 1, 48)
        self.trunk1 = nn.Linear(read + 48 + 48 + len(SCENE), 384)
        self.trunk2 = nn.Linear(384, 192)
        self.wish = nn.Linear(read, 64)
        self.step = nn.Linear(DIRECTIONS, 64)
        self.content = nn.Linear(DIRECTIONS, 192)
        self.rule1 = nn.Linear(len(NAMES) + 2, 128)
        self.rule2 = nn.Linear(128, 64)
        self.rule3 = nn.Linear(64, 1)
        self.recall = nn.Embedding(names + 1, 192)
        self.flow_recall = nn.Embedding(tasks + 1, 192)
        self.prior = nn.Embedding(names + 1, 1)
        for table, spread in ((self.acts, 0.3), (self.tasks, 0.3), (self.recall, 0.05)):
            nn.init.normal_(table.weight, 0, spread)
        nn.init.zeros_(self.flow_recall.weight)
        nn.init.zeros_(self.prior.weight)
        self.drop = nn.Dropout(0.2)
        self.drop_numbers = nn.Dropout(0.1)

    def forward(self, batch: "Batch", texts: Tensor) -> Tensor:
        """Return (rows,) scores; ``texts`` (texts + 1, DIRECTIONS), the last one zero."""
        done = self.acts_out(self.acts(batch.acts).flatten(1))
        known = (batch.tasks >= 0).unsqueeze(-1)
        tasks = (self.tasks(batch.tasks.clamp_min(0)) * known).sum(1)
        inputs = torch.cat([self.drop(batch.read), done, tasks, batch.scene], dim=1)
        hidden = self.drop(gelu(self.trunk1(inputs)))
        hidden = gelu(self.trunk2(hidden))
        wish = self.wish(self.drop(batch.read))
        used, place_of = torch.unique(batch.text, return_inverse=True)
        steps, content = self.step(texts[used]), self.content(texts[used])
        # Rows of one decision share its hidden state; candidates share few texts.
        likes = (wish @ steps.T)[batch.place, place_of] / 8
        fits = (hidden @ content.T)[batch.place, place_of] / 12
        rules = torch.cat([batch.numbers, likes.unsqueeze(1), fits.unsqueeze(1)], dim=1)
        layer = self.drop(gelu(self.rule1(self.drop_numbers(rules))))
        general = self.rule3(gelu(self.rule2(layer)))[:, 0]
        ids = batch.id.clamp_min(0)
        what = self.recall(ids) + self.flow_recall(batch.flow)
        recalled = (hidden[batch.place] * what).sum(1) + self.prior(ids)[:, 0]
        return general + recalled * (batch.id >= 0)


def gelu(x: Tensor) -> Tensor:
    """GELU in its tanh form, which numpy computes too."""
    return nn.functional.gelu(x, approximate="tanh")


@dataclass(frozen=True)
class Batch:
    """Some decisions as tensors; ``place`` (rows,) says which decision a row is of."""

    numbers: Tensor
    scene: Tensor
    read: Tensor
    acts: Tensor
    tasks: Tensor
    place: Tensor
    text: Tensor
    id: Tensor
    flow: Tensor
    right: Tensor
    size: int


@dataclass(frozen=True)
class Known:
    """What a training set teaches by name, and how its features are spread."""

    names: NDArray[np.bool_]
    tasks: NDArray[np.bool_]
    shared: NDArray[np.bool_]
    centre: NDArray[np.float32]
    scale: NDArray[np.float32]

    @classmethod
    def of(cls, data: Decisions, training: Ints) -> "Known":
        rows, _ = data.rows(training)
        tasks = np.zeros(len(data.flows) + 1, dtype=bool)
        tasks[np.unique(data.flow[rows])] = True
        names = np.zeros(len(data.names), dtype=bool)
        names[np.unique(data.answer[training])] = True
        pairs = np.unique(np.stack([data.id[rows], data.flow[rows]], axis=1), axis=0)
        outside = pairs[pairs[:, 1] == len(data.flows), 0]
        shared = np.bincount(pairs[:, 0], minlength=len(data.names)) >= SHARED_FROM
        shared[outside] = True
        sample = data.numbers[rows[::5]].astype(np.float32)
        return cls(names, tasks, shared, sample.mean(axis=0), sample.std(axis=0) + 1e-2)


def batch_of(
    data: Decisions, known: Known, chosen: Ints, pretend: NDArray[np.bool_] | None = None
) -> Batch:
    """Return ``chosen`` decisions; those of ``pretend`` as if their task were new."""
    rows, place = data.rows(chosen)
    hidden = np.zeros(len(chosen), dtype=bool) if pretend is None else pretend
    no_task, no_name = len(data.flows), len(data.names)
    id_, flow = data.id[rows], data.flow[rows]
    of_known_task = known.tasks[flow] & ~hidden[place] & (flow != no_task)
    recall = known.names[id_] & (of_known_task | known.shared[id_])
    flow = np.where(of_known_task, flow, no_task)
    tasks = data.tasks[chosen]
    tasks = np.where(tasks < 0, -1, np.where(known.tasks[tasks] & ~hidden[:, None], tasks, no_task))
    acts = data.history[chosen]
    named = acts >= 0
    fine = known.names[acts] & (known.shared[acts] | ~hidden[:, None])
    acts = np.where(named, np.where(fine, acts + 2, no_name + 2), np.where(acts == -2, 1, 0))
    numbers = (data.numbers[rows].astype(np.float32) - known.centre) / known.scale
    starts = np.searchsorted(place, np.arange(len(chosen)))
    return Batch(
        numbers=torch.from_numpy(numbers),
        scene=torch.from_numpy(numbers[starts][:, -len(SCENE) :]),
        read=torch.from_numpy(data.before[chosen].astype(np.float32)),
        acts=torch.from_numpy(acts),
        tasks=torch.from_numpy(tasks),
        place=torch.from_numpy(place),
        text=torch.from_numpy(data.text[rows]),
        id=torch.from_numpy(np.where(recall, id_, -1)),
        flow=torch.from_numpy(flow),
        right=torch.from_numpy(data.id[rows] == data.answer[chosen][place]),
        size=len(chosen),
    )


def softmax(scores: Tensor, batch: Batch) -> Tensor:
    """Return each row's probability within its decision."""
    most = torch.full((batch.size,), -1e9).scatter_reduce(0, batch.place, scores, "amax")
    shares = (scores - most[batch.place]).exp()
    total = torch.zeros(batch.size).index_add(0, batch.place, shares)
    return shares / total[batch.place]


def train(
    data: Decisions,
    known: Known,
    training: Ints,
    *,
    epochs: int,
    seed: int,
    progress: Callable[[int, "NextActionNet"], None],
) -> NextActionNet:
    """Train on the decisions ``training``; ``progress`` is told each epoch."""
    torch.manual_seed(seed)
    dice = np.random.default_rng(seed)
    texts = text_table(data)
    net = NextActionNet(len(data.names), len(data.flows))
    optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
    steps = epochs * math.ceil(len(training) / BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, RATE, total_steps=steps + 1, pct_start=0.1
    )
    for epoch in range(epochs):
        net.train()
        for chosen in _batches(dice.permutation(training)):
            batch = batch_of(data, known, chosen, dice.random(len(chosen)) < PRETENDED)
            shares = softmax(net(batch, texts), batch)
            right = torch.zeros(batch.size).index_add(0, batch.place, shares * batch.right)
            loss = -((1 - SMOOTHING) * right + SMOOTHING / 20).clamp_min(1e-9).log().mean()
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()
        progress(epoch + 1, net)
    return net


def scores_of(
    net: NextActionNet, data: Decisions, known: Known, chosen: Ints
) -> list[NDArray[np.float32]]:
    """Return the scores of each decision's candidates."""
    net.eval()
    texts = text_table(data)
    found: list[NDArray[np.float32]] = []
    with torch.no_grad():
        for part in _batches(chosen):
            batch = batch_of(data, known, part)
            counts = torch.bincount(batch.place, minlength=batch.size).tolist()
            found += [part.numpy() for part in torch.split(net(batch, texts), counts)]
    return found


def text_table(data: Decisions) -> Tensor:
    """Return the coordinates of every candidate's text; the last row, zero, is for none."""
    return torch.from_numpy(data.coordinates)


def _batches(chosen: Ints) -> Iterator[Ints]:
    for start in range(0, len(chosen), BATCH):
        yield chosen[start : start + BATCH]
