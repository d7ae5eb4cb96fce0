"""Scores the next-action policy on dialogues whose replies are labelled, given their flow-charts.

Rows as in STAR: ``{"dialogue_id","tasks","events"}``. Every labelled reply of the agent is foreseen
from what was said, done and looked up before it; the candidates are the steps of the flow-charts of
the dialogue's ``tasks``. Replies in the agent's own words carry no label and are not scored.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.assist.encoder import DIMENSIONS, Encoder, load_encoder
from services.assist.next_action import load_scorer
from services.assist.next_action.features import Scene
from services.assist.next_action.flow import Flow, read_flows
from services.assist.next_action.scorer import Scorer
from services.assist.next_action.table import ANSWER_TEXTS, Table, lay_out
from services.evaluation.report import Indices, Report, Score, bootstrap, mean_of
from services.evaluation.request import EvalRequest
from services.evaluation.rows import read_rows
from services.evaluation.star_dialogues import Dialogue, read_dialogue
from services.kit.errors import InvalidInput

_AT_ONCE = 256
"""Texts encoded between two looks at the progress."""

THRESHOLDS = (0.0, 0.3, 0.5, 0.7, 0.9)
"""Confidences of the table that tells what silence buys."""


@dataclass(frozen=True)
class Foreseen:
    """One decision: what the agent did, and the policy's actions, best first."""

    dialogue: int
    answer: str
    ranked: tuple[tuple[str, float], ...]

    @cached_property
    def place(self) -> int:
        """Place of the agent's action in the ranking, from 0; -1 when it is no candidate."""
        names = [name for name, _ in self.ranked]
        return names.index(self.answer) if self.answer in names else -1


async def evaluate(request: EvalRequest, progress: Callable[[int, int], None]) -> Report:
    """Score the shipped policy on ``data``; without ``flow_charts``, ``charts_beside`` it are read.

    Raises:
        SouffleurError: when a row is wrong, a flow-chart or a model is missing.
    """
    dialogues = [read_dialogue(row) for row in read_rows(request.data)]
    flows = read_flows(request.flow_charts or charts_beside(request.data[0]))
    _known(dialogues, flows, request.data[0])
    if not any(True for dialogue in dialogues for _ in dialogue.decisions()):
        raise InvalidInput("holds no labelled reply", field=str(request.data[0]))
    scorer = await asyncio.to_thread(load_scorer, request.settings.data_dir)
    encoder = load_encoder(request.settings)
    try:
        started = time.process_time()
        vectors = await _embed(dialogues, flows, scorer, encoder, progress)
    finally:
        encoder.close()
    foreseen = await asyncio.to_thread(foresee, dialogues, flows, scorer, vectors)
    cpu_ms = 1000 * (time.process_time() - started) / len(foreseen)
    scores, extras = scored(foreseen)
    alone = len({task for dialogue in dialogues for task in dialogue.tasks})
    return Report("next-best-action", len(foreseen), cpu_ms, scores, {"tasks": alone, **extras})


def charts_beside(data: Path) -> Path:
    """Return the directory of flow-charts nearest to ``data``: ``tasks`` beside it or further up.

    Raises:
        InvalidInput: when there is none.
    """
    for folder in data.resolve().parents:
        for place in (folder / "tasks", folder / "star" / "tasks", folder / "data/star/tasks"):
            if place.is_dir():
                return place
    raise InvalidInput(f"no flow-charts beside {data}; give --flow-charts DIR", field="flow_charts")


def foresee(
    dialogues: Sequence[Dialogue],
    flows: dict[str, Flow],
    scorer: Scorer,
    vectors: dict[str, NDArray[np.float32]],
) -> list[Foreseen]:
    """Return the policy's ranking for each labelled reply; ``vectors`` are centred."""
    nothing = np.zeros(DIMENSIONS, dtype=np.float32)

    def vector_of(text: str) -> NDArray[np.float32]:
        return vectors.get(text, nothing)

    tables: dict[tuple[str, ...], Table] = {}
    found = []
    for number, dialogue in enumerate(dialogues):
        if dialogue.tasks not in tables:
            charts = [flows[task] for task in dialogue.tasks]
            tables[dialogue.tasks] = lay_out(charts, scorer.common, vector_of)
        table = tables[dialogue.tasks]
        recalled = scorer.recalled(table)
        events = [happening.event(vector_of) for happening in dialogue.happenings]
        for place, answer in dialogue.decisions():
            ranked = scorer.probabilities(table, Scene.of(events[:place]), recalled)
            found.append(Foreseen(number, answer, tuple(ranked.items())))
    return found


def scored(foreseen: Sequence[Foreseen]) -> tuple[dict[str, Score], dict[str, Any]]:
    """Return the scores, their intervals over dialogues, and what silence would buy."""
    places = np.array([one.place for one in foreseen])
    said = np.array([one.ranked[0][0] for one in foreseen])
    truth = np.array([one.answer for one in foreseen])
    sure = np.array([one.ranked[0][1] for one in foreseen])
    groups = np.array([one.dialogue for one in foreseen])
    n = len(foreseen)
    scores = {
        "acc_at_1": bootstrap(mean_of(places == 0), n, groups=groups),
        "acc_at_3": bootstrap(mean_of((places >= 0) & (places < 3)), n, groups=groups),
        "weighted_f1": bootstrap(weighted_f1_of(truth, said), n, groups=groups),
    }
    silence = [
        {
            "threshold": threshold,
            "answered": round(float((sure >= threshold).mean()), 4),
            "right": round(float((places == 0)[sure >= threshold].mean()), 4),
        }
        for threshold in THRESHOLDS
        if (sure >= threshold).any()
    ]
    return scores, {"dialogues": len(set(groups.tolist())), "selective": silence}


def weighted_f1_of(truth: NDArray[Any], said: NDArray[Any]) -> Callable[[Indices], float]:
    """Return the statistic that is the F1 of each action, weighted by how often it was done."""
    names, places = np.unique(np.concatenate([truth, said]), return_inverse=True)
    true, answer = places[: len(truth)], places[len(truth) :]

    def statistic(drawn: Indices) -> float:
        done = np.bincount(true[drawn], minlength=len(names))
        claimed = np.bincount(answer[drawn], minlength=len(names))
        right = np.bincount(true[drawn][true[drawn] == answer[drawn]], minlength=len(names))
        f1 = 2 * right / np.maximum(done + claimed, 1)
        return float((f1 * done).sum() / done.sum())

    return statistic


def _known(dialogues: Sequence[Dialogue], flows: dict[str, Flow], path: Path) -> None:
    missing = sorted({task for dialogue in dialogues for task in dialogue.tasks} - flows.keys())
    if missing:
        raise InvalidInput(
            f"names the task {missing[0]!r}, which has no flow-chart; give --flow-charts DIR",
            field=str(path),
        )


async def _embed(
    dialogues: Sequence[Dialogue],
    flows: dict[str, Flow],
    scorer: Scorer,
    encoder: Encoder,
    progress: Callable[[int, int], None],
) -> dict[str, NDArray[np.float32]]:
    used = {task for dialogue in dialogues for task in dialogue.tasks}
    texts = {text for dialogue in dialogues for text in dialogue.texts}
    texts |= {step.text for task in used for step in flows[task].steps}
    texts |= {step.text for step in scorer.common}
    texts |= {text for answers in ANSWER_TEXTS for text in answers}
    order = sorted(text for text in texts if text.strip())
    found: dict[str, NDArray[np.float32]] = {}
    for start in range(0, len(order), _AT_ONCE):
        part = order[start : start + _AT_ONCE]
        encodings = await encoder.encode(part)
        embeddings = np.stack([encoding.embedding for encoding in encodings])
        found |= zip(part, scorer.space.english(embeddings), strict=True)
        progress(len(found), len(order))
    return found
