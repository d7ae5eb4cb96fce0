"""The decisions of STAR as arrays: what the next-action policy is trained and tried on."""

import asyncio
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.assist.embeddings import EmbeddingCache
from services.assist.encoder import Encoder
from services.assist.next_action.features import Scene, features
from services.assist.next_action.flow import Flow, Step, read_flows
from services.assist.next_action.scorer import HISTORY, before
from services.assist.next_action.space import Space
from services.assist.next_action.table import ANSWER_TEXTS, Table, lay_out
from services.evaluation.rows import read_rows
from services.evaluation.star_dialogues import Dialogue, read_dialogue

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

COMMON = (
    Step("goodbye_1", "Thank you and goodbye."),
    Step("goodbye_2", "Thank you and goodbye."),
    Step("ask_departure_location", "Where are you leaving from?"),
    Step("custom", ""),
)
"""Labels of STAR's replies that the flow-charts of some tasks do not list."""

HELD_OUT_PERCENT = 12

MOST_TASKS = 4
"""No dialogue of STAR is about more."""


@dataclass(frozen=True)
class Decisions:
    """Every labelled reply and its candidates.

    Rows ``first[i]`` to ``first[i + 1]`` are the candidates of decision ``i``.

    Attributes:
        numbers: float16 (rows, F), the features.
        text, id, flow: (rows,) index of each row's text, of its name, of its flow.
        answer, dialogue: (decisions,) the name that the agent chose, and where.
        tasks: (decisions, MOST_TASKS) index of the flows of its dialogue, -1 for no more.
        before: float16, the texts before as ``scorer.before`` gives them.
        history: (decisions, HISTORY), names of the agent's last turns; -1 none, -2 own words.
        coordinates: (texts + 1, DIRECTIONS) of the candidates' texts, the last one of none.
        names, flows: what the indices stand for.
        dialogues: the dialogues.
    """

    numbers: NDArray[np.float16]
    first: Ints
    text: Ints
    id: Ints
    flow: Ints
    answer: Ints
    dialogue: Ints
    tasks: Ints
    before: NDArray[np.float16]
    history: Ints
    coordinates: Floats
    names: tuple[str, ...]
    flows: tuple[str, ...]
    dialogues: tuple[Dialogue, ...]

    def of_dialogues(self, wanted: Collection[int]) -> Ints:
        """Return the decisions of some dialogues."""
        return np.flatnonzero(np.isin(self.dialogue, list(wanted)))

    def rows(self, decisions: Ints) -> tuple[Ints, Ints]:
        """Return the rows of ``decisions``, and for each row the place of its decision in them."""
        counts = self.first[decisions + 1] - self.first[decisions]
        place = np.repeat(np.arange(len(decisions)), counts)
        start = np.repeat(self.first[decisions] - np.cumsum(counts) + counts, counts)
        return start + np.arange(len(place)), place


def held_out(dialogue: Dialogue) -> bool:
    """Whether a dialogue is for development: about one in eight, by the hash of its id."""
    return int(hashlib.sha256(dialogue.id.encode()).hexdigest(), 16) % 100 < HELD_OUT_PERCENT


def read(data: Path) -> tuple[list[Dialogue], dict[str, Flow]]:
    """Read ``train.jsonl.gz`` and ``tasks`` in ``data``."""
    rows = read_rows([data / "train.jsonl.gz"])
    return [read_dialogue(row) for row in rows], read_flows(data / "tasks")


async def embed(
    dialogues: Sequence[Dialogue], flows: Sequence[Flow], encoder: Encoder, cache: EmbeddingCache
) -> tuple[dict[str, int], Floats]:
    """Return the place of each text and all embeddings (texts, 384), as the encoder gives them."""
    texts = {text for dialogue in dialogues for text in dialogue.texts}
    texts |= {step.text for flow in flows for step in flow.steps if step.text}
    texts |= {step.text for step in COMMON if step.text}
    texts |= {text for answers in ANSWER_TEXTS for text in answers}
    order = sorted(texts)
    # In pieces: what is done is kept when the run is cut short.
    pieces = [order[start : start + 2_000] for start in range(0, len(order), 2_000)]
    vectors = np.concatenate([await cache.embed(encoder, piece) for piece in pieces])
    # Half precision is what a turn's embedding is worth after int8.
    halves = vectors.astype(np.float16).astype(np.float32)
    return {text: place for place, text in enumerate(order)}, halves


def decisions(
    dialogues: Sequence[Dialogue],
    flows: dict[str, Flow],
    places: dict[str, int],
    embeddings: Floats,
    space: Space,
) -> Decisions:
    """Return the arrays of every labelled reply in ``dialogues``."""
    return _Builder(flows, places, embeddings, space).build(dialogues)


class _Builder:
    def __init__(
        self, flows: dict[str, Flow], places: dict[str, int], embeddings: Floats, space: Space
    ) -> None:
        self._flows = flows
        self._space = space
        self._places = places
        nothing = np.zeros((1, embeddings.shape[1]), dtype=np.float32)
        self._vectors = np.concatenate([space.english(embeddings), nothing])
        self._texts: dict[str, int] = {}
        self._names: dict[str, int] = {}
        self._flow_names = {name: number for number, name in enumerate(sorted(flows))}
        self._tables: dict[tuple[str, ...], tuple[Table, Ints, Ints, Ints]] = {}

    def build(self, dialogues: Sequence[Dialogue]) -> Decisions:
        numbers, sizes, text, ids, flow = [], [], [], [], []
        answer, where, tasks, read, history = [], [], [], [], []
        for number, dialogue in enumerate(dialogues):
            table, texts, names, flows = self._table(dialogue.tasks)
            events = [happening.event(self._vector) for happening in dialogue.happenings]
            for place, action in dialogue.decisions():
                scene = Scene.of(events[:place])
                numbers.append(features(table, scene).astype(np.float16))
                read.append(before(scene, self._space).astype(np.float16))
                sizes.append(len(table.ids))
                text.append(texts)
                ids.append(names)
                flow.append(flows)
                answer.append(self._name(action))
                where.append(number)
                tasks.append(self._tasks(dialogue.tasks))
                acts = [-2 if act is None else self._name(act) for act in scene.acts]
                history.append(([-1] * HISTORY + acts)[-HISTORY:][::-1])
        return Decisions(
            numbers=np.concatenate(numbers),
            first=np.concatenate([[0], np.cumsum(sizes)]),
            text=np.concatenate(text),
            id=np.concatenate(ids),
            flow=np.concatenate(flow),
            answer=np.array(answer),
            dialogue=np.array(where),
            tasks=np.array(tasks),
            before=np.array(read),
            history=np.array(history),
            coordinates=self._coordinates(),
            names=tuple(self._names),
            flows=tuple(self._flow_names),
            dialogues=tuple(dialogues),
        )

    def _name(self, action: str) -> int:
        return self._names.setdefault(action, len(self._names))

    def _tasks(self, names: tuple[str, ...]) -> list[int]:
        numbers = [self._flow_names[name] for name in names[:MOST_TASKS]]
        return numbers + [-1] * (MOST_TASKS - len(numbers))

    def _coordinates(self) -> Floats:
        vectors = [self._vector(text) for text in self._texts]
        nothing = np.zeros_like(self._vectors[:1])
        return self._space.coordinates(np.concatenate([np.array(vectors), nothing]))

    def _vector(self, text: str) -> Floats:
        return np.asarray(self._vectors[self._places.get(text, -1)])

    def _table(self, tasks: tuple[str, ...]) -> tuple[Table, Ints, Ints, Ints]:
        if tasks not in self._tables:
            flows = [self._flows[task] for task in tasks]
            table = lay_out(flows, COMMON, self._vector)
            # The last one, which -1 finds, is for rows of no flow.
            of_flow = [*(self._flow_names[flow.name] for flow in flows), len(self._flow_names)]
            self._tables[tasks] = (
                table,
                np.array([self._texts.setdefault(text, len(self._texts)) for text in table.texts]),
                np.array([self._name(id_) for id_ in table.ids]),
                np.array([of_flow[number] for number in table.flow]),
            )
        return self._tables[tasks]


def load(
    data: Path, encoder: Encoder, cache: EmbeddingCache, languages: Floats
) -> tuple[Decisions, Space]:
    """Read, embed (minutes the first time, then from ``cache``) and lay out everything.

    ``languages`` (384,) is the way from an English text to its French translation.
    """
    dialogues, flows = read(data)
    places, embeddings = asyncio.run(embed(dialogues, tuple(flows.values()), encoder, cache))
    space = Space.fit(embeddings, languages)
    return decisions(dialogues, flows, places, embeddings, space), space
