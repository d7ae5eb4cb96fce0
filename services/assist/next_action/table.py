"""The candidates of a decision: the steps of one or more flows, laid out as arrays."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from services.assist.next_action.flow import FAILURE, SUCCESS, Flow, Step, is_silent

Floats = NDArray[np.float32]

KINDS = (
    *("asks", "on_main_path", "in_graph", "is_first", "follows_search", "follows_success"),
    *("follows_failure", "follows_yes", "follows_no", "follows_check", "follows_booking"),
    *("is_last", "before_last", "closing", "refuses", "greets", "no_flow", "finds_nothing"),
    *("place", "flow_length", "offers_more", "has_fields", "follows_done", "follows_answer"),
    *("entered_twice", "dead_end", "loops"),
)
"""What can be told of a step from its flow alone."""

ANSWER_TEXTS = (
    ("Yes, please.", "Okay, please proceed.", "Got it, what is next?", "Sure, let's continue."),
    ("No.", "I don't understand, can you explain in more detail?", "No, that doesn't work for me."),
    ("No, that is all, thank you.", "I'm done, thanks for your help.", "Perfect, bye!"),
)
"""What customers say whose answer is yes, no, or that they are done."""


@dataclass(frozen=True)
class Table:
    """One row per step of each flow, then the steps that belong to no flow.

    Attributes:
        ids: name of each row's step; a step of two flows has two rows.
        texts: how each sounds.
        flow: (rows,) index of its flow, -1 for none.
        vectors: (rows, d) embeddings of the steps' texts, centred and normalised.
        kinds: (rows, len(KINDS)).
        follows: (rows, rows), 1 / distance when the column's step follows the row's in the graph.
        answers: (3, d), how a customer goes on, does not, or is done: the mean of ``ANSWER_TEXTS``.
        words: the words of each step's name and text, to be met by the fields of a search.
    """

    flows: tuple[Flow, ...]
    ids: tuple[str, ...]
    texts: tuple[str, ...]
    flow: NDArray[np.int64]
    vectors: Floats
    kinds: Floats
    follows: Floats
    place: NDArray[np.int64]
    words: tuple[frozenset[str], ...]
    answers: Floats

    @cached_property
    def rows_of(self) -> dict[str, NDArray[np.int64]]:
        """The rows of each step's name."""
        found: dict[str, list[int]] = {}
        for row, id_ in enumerate(self.ids):
            found.setdefault(id_, []).append(row)
        return {id_: np.array(rows) for id_, rows in found.items()}

    @cached_property
    def main(self) -> tuple[NDArray[np.int64], ...]:
        """The rows of each flow's main path, in order."""
        return tuple(
            np.array(
                [
                    row
                    for node in flow.main_path
                    for row in self.rows_of.get(node, ())
                    if self.flow[row] == number
                ],
                dtype=np.int64,
            )
            for number, flow in enumerate(self.flows)
        )

    @cached_property
    def flow_vectors(self) -> Floats:
        """(flows, d), what each flow is about: the mean of what only it says."""
        shared = {id_ for id_, rows in self.rows_of.items() if len(rows) > 1}
        own = [
            [
                row
                for row, id_ in enumerate(self.ids)
                if self.flow[row] == number and (id_ not in shared or len(self.flows) == 1)
            ]
            for number in range(len(self.flows))
        ]
        means = [
            self.vectors[rows].mean(axis=0) if rows else np.zeros(self.vectors.shape[1])
            for rows in own
        ]
        return normalised(np.array(means, dtype=np.float32))


def normalised(vectors: Floats) -> Floats:
    """Return vectors (..., d) with length 1, a zero vector as it is."""
    norms = np.sqrt((vectors * vectors).sum(axis=-1, keepdims=True))
    return np.asarray(vectors / np.maximum(norms, 1e-6), dtype=np.float32)


def lay_out(
    flows: Sequence[Flow], common: Sequence[Step], vector_of: Callable[[str], Floats]
) -> Table:
    """Return the table of ``flows`` and of the ``common`` steps that none of them has.

    ``vector_of`` gives the centred, normalised embedding of a step's text and of ``ANSWER_TEXTS``.
    """
    rows = [(step, number, flow) for number, flow in enumerate(flows) for step in flow.steps]
    known = {step.id for step, _, _ in rows}
    none = Flow("", ())
    rows += [(step, -1, none) for step in common if step.id not in known]
    return Table(
        flows=tuple(flows),
        ids=tuple(step.id for step, _, _ in rows),
        texts=tuple(step.text for step, _, _ in rows),
        flow=np.array([number for _, number, _ in rows], dtype=np.int64),
        vectors=np.array([vector_of(step.text) for step, _, _ in rows], dtype=np.float32),
        kinds=np.array([_kinds(step, flow) for step, _, flow in rows], dtype=np.float32),
        follows=_follows(rows),
        place=np.array([flow.place.get(step.id, -1) for step, _, flow in rows], dtype=np.int64),
        words=tuple(_words(step) for step, _, _ in rows),
        answers=normalised(
            np.array([np.mean([vector_of(t) for t in texts], axis=0) for texts in ANSWER_TEXTS])
        ),
    )


def _kinds(step: Step, flow: Flow) -> list[float]:
    before = flow.before.get(step.id, ())
    after = flow.graph.get(step.id)
    results = SUCCESS | FAILURE
    checked = any(node in {"available", "unavailable", "query_check"} for node in before)
    booked = any(node in results or node.startswith("query") for node in before) and not checked
    name = step.id
    return [
        "?" in step.text,
        name in flow.main_path,
        bool(before) or after is not None,
        bool(flow.main_path) and name == flow.main_path[0],
        any(node.startswith("query") and node not in results for node in before),
        any(node in SUCCESS for node in before),
        any(node in FAILURE for node in before),
        "yes" in before,
        "no" in before,
        checked,
        booked,
        after is None,
        after == "anything_else",
        "bye" in name,
        name == "out_of_scope",
        name == "hello",
        not flow.steps,
        "nothing_found" in name,
        flow.place.get(name, 0) / 10,
        len(flow.main_path) / 10,
        name == "anything_else",
        name == "ask_name",
        "done" in before,
        name in flow.answered,
        sum(is_silent(node) for node in before) > 1,
        flow.is_dead_end(name),
        name in flow.answered and flow.is_dead_end(name),
    ]


def _follows(rows: Sequence[tuple[Step, int, Flow]]) -> Floats:
    index = {(number, step.id): row for row, (step, number, _) in enumerate(rows)}
    found = np.zeros((len(rows), len(rows)), dtype=np.float32)
    for row, (step, number, flow) in enumerate(rows):
        frontier, distance, seen = [step.id], 0, {step.id}
        while frontier and distance < 6:
            distance += 1
            frontier = [node for old in frontier for node in _next(old, flow) if node not in seen]
            seen.update(frontier)
            for node in frontier:
                if (number, node) in index:
                    found[row, index[number, node]] = 1 / distance
        if step.id in _next(step.id, flow):
            found[row, row] = 1
    return found


def _next(node: str, flow: Flow) -> list[str]:
    """Return the steps right after a step, through the searches and answers between them."""
    after = flow.graph.get(node)
    if after is None:
        return [*flow.answered] if flow.is_dead_end(node) else []
    if not is_silent(after):
        return [after]
    if after in flow.graph:
        return _next(after, flow)
    wanted = {"available", "unavailable"} if after == "query_check" else SUCCESS | FAILURE
    if after != "query_check" and "query_success" in flow.graph:
        wanted = {"query_success", "query_failure"}
    return [flow.graph[node] for node in wanted if node in flow.graph]


def _words(step: Step) -> frozenset[str]:
    text = f"{step.id} {step.text}".lower().replace("_", " ").replace("?", " ")
    return frozenset(word.strip(".,!'s") for word in text.split() if len(word) > 3)
