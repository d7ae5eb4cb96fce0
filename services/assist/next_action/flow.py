"""A flow: the steps of a task and which follows which, as the policy reads it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from services.kit.errors import InvalidInput

_PLACEHOLDER = re.compile(r"\{([A-Za-z_0-9]+)(?::[^}]*)?\}")

SUCCESS = frozenset({"query_success", "available"})
FAILURE = frozenset({"query_failure", "unavailable"})
MISSING = frozenset({"info_missing", "info_missing2"})
ANSWERS = frozenset({"yes", "no", "done", "correct", "incorrect", "noanswer"})
"""Nodes of a flow-chart that nobody says: what a search gave, or what the customer answered."""

_SILENT = SUCCESS | FAILURE | ANSWERS | MISSING


def is_silent(node: str) -> bool:
    """Whether a node of a chart is no reply: a search, its result or the customer's answer."""
    return node in _SILENT or node == "query" or node.startswith("query_")


@dataclass(frozen=True, slots=True)
class Step:
    """Something the adviser can do: ``id`` names it, ``text`` is how it sounds."""

    id: str
    text: str


@dataclass(frozen=True)
class Flow:
    """The steps of one task. ``graph`` maps a node to the one that follows it.

    Nodes that are no steps (``query``, ``query_success``, ``yes`` ...) join steps to what happens
    between them.
    """

    name: str
    steps: tuple[Step, ...]
    graph: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def place(self) -> dict[str, int]:
        """Place of each node on its path; what a result leads to comes after the main path."""
        places: dict[str, int] = {}
        for start in self._starts():
            number = len(places)
            node: str | None = start
            while node is not None and node not in places:
                places[node] = number
                number += 1
                node = self.graph.get(node)
        return places

    @cached_property
    def main_path(self) -> tuple[str, ...]:
        """Steps in order from the start to the first search."""
        path: list[str] = []
        node = next(self._starts(), None)
        while node is not None and not is_silent(node) and node not in path:
            path.append(node)
            node = self.graph.get(node)
        return tuple(path)

    @cached_property
    def before(self) -> dict[str, tuple[str, ...]]:
        """The nodes that each node follows."""
        found: dict[str, tuple[str, ...]] = {}
        for node, after in self.graph.items():
            found[after] = (*found.get(after, ()), node)
        return found

    @cached_property
    def answered(self) -> tuple[str, ...]:
        """Steps that the customer's answers lead to: a chart names no question for them.

        They follow every step that leads nowhere else, and may so be done again and again.
        """
        found = (self._spoken_after(node) for node in sorted(ANSWERS & self.graph.keys()))
        return tuple(dict.fromkeys(step for step in found if step is not None))

    def is_dead_end(self, step: str) -> bool:
        """Whether the chart reaches ``step`` and does not say what comes next."""
        return step not in self.graph and step in self.before

    def _spoken_after(self, node: str) -> str | None:
        seen: set[str] = set()
        after = self.graph.get(node)
        while after is not None and is_silent(after) and after not in seen:
            seen.add(after)
            after = self.graph.get(after)
        return after if after is None or not is_silent(after) else None

    def _starts(self) -> Iterator[str]:
        followed = set(self.graph.values())
        starts = [node for node in self.graph if node not in followed]
        yield from sorted(starts, key=lambda node: (node != "hello", is_silent(node)))


def spoken(reply: str) -> str:
    """Return a reply template as a person would read it: ``{room_number:d}`` is "room number"."""
    return _PLACEHOLDER.sub(lambda match: match[1].replace("_", " "), reply)


def read_flow(path: Path) -> Flow:
    """Read ``NAME/NAME.json`` (``replies``, ``graph``) and the ``responses.json`` beside it.

    Raises:
        InvalidInput: when the file is no flow-chart.
    """
    try:
        chart = json.loads(path.read_text(encoding="utf-8"))
        replies: dict[str, str] = dict(chart["replies"])
        graph: dict[str, str] = dict(chart["graph"])
        more = path.with_name("responses.json")
        if more.exists():
            replies |= json.loads(more.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInput(
            f"{path} is no flow-chart: it needs the objects 'replies' and 'graph'",
            field="flow_charts",
        ) from error
    steps = tuple(Step(id_, spoken(text)) for id_, text in replies.items() if not is_silent(id_))
    return Flow(path.parent.name, steps, graph)


def read_flows(directory: Path) -> dict[str, Flow]:
    """Read every flow-chart ``directory/NAME/NAME.json`` by name.

    Raises:
        InvalidInput: when there is none, or one cannot be read.
    """
    paths = sorted(directory.glob("*/*.json"))
    flows = [read_flow(path) for path in paths if path.stem == path.parent.name]
    if not flows:
        raise InvalidInput(
            f"no flow-charts in {directory}: expected NAME/NAME.json", field="flow_charts"
        )
    return {flow.name: flow for flow in flows}
