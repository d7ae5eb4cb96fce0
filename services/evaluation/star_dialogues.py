"""Dialogues in the form of STAR: what was said, done and looked up, and each action to foresee."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.assist.next_action.history import Event, LookedUp, Said
from services.evaluation.rows import Row

_TELLING = re.compile(r"message|status|confirmation", re.IGNORECASE)
"""Fields of a result in which a system answers in words."""

_REFUSED = re.compile(
    r"\b(un(available|able)|fail(ed|ure)?|not|cannot|can't|conflict\w*|try another|must provide)\b",
    re.IGNORECASE,
)
"""What a system says when it found the record and still will not do what it was asked."""

Vectors = Callable[[str], NDArray[np.float32]]


@dataclass(frozen=True)
class Happening:
    """One event of a dialogue.

    ``kind`` is ``customer`` or ``adviser`` (``text``; ``action`` when it is labelled), or
    ``search`` (``tool``, ``found``, what was ``given``, the ``fields`` of the result and in
    ``text`` what the system answered in words).
    """

    kind: str
    text: str = ""
    action: str | None = None
    tool: str = ""
    found: bool = False
    given: tuple[tuple[str, str], ...] = ()
    fields: frozenset[str] = frozenset()

    def event(self, vector: Vectors) -> Event:
        """Return it as the policy reads it."""
        if self.kind == "search":
            message = vector(self.text) if self.text else None
            return LookedUp(self.tool, self.found, dict(self.given), message, self.fields)
        if self.kind == "customer":
            return Said("customer", vector(self.text))
        return Said("adviser", vector(self.text), action=self.action)


@dataclass(frozen=True)
class Dialogue:
    """A dialogue and the tasks that it is about."""

    id: str
    tasks: tuple[str, ...]
    happenings: tuple[Happening, ...]

    @property
    def texts(self) -> Iterator[str]:
        """Every text that is to be embedded."""
        return (happening.text for happening in self.happenings if happening.text)

    def decisions(self) -> Iterator[tuple[int, str]]:
        """Give (place, action) of each labelled reply: foreseen from the happenings before it."""
        for place, happening in enumerate(self.happenings):
            if happening.action is not None:
                yield place, happening.action


def read_dialogue(row: Row) -> Dialogue:
    """Read one row; instructions to the people who played are left out.

    Raises:
        InvalidInput: when a field is missing or of the wrong kind.
    """
    tasks = row.fields.get("tasks")
    if not isinstance(tasks, list) or not tasks or not all(isinstance(t, str) for t in tasks):
        raise row.wrong("tasks", "must be a list of names of flow-charts")
    happenings: list[Happening] = []
    given: Mapping[str, str] = {}
    for event in row.rows("events"):
        match event.choice("who", ("guide", "user", "agent", "kb")), event.text("act"):
            case "user", "utter":
                happenings.append(Happening("customer", event.text("text")))
            case "agent", "utter":
                happenings.append(Happening("adviser", event.text("text")))
            case "agent", "reply":
                happenings.append(
                    Happening("adviser", event.text("text"), action=event.text("action"))
                )
            case "agent", "query":
                given = _constraints(event)
            case "kb", _:
                happenings.append(_result(event, given))
            case _:
                continue
    return Dialogue(str(row.fields.get("dialogue_id", row.line)), tuple(tasks), tuple(happenings))


def _constraints(query: Row) -> dict[str, str]:
    found: dict[str, str] = {}
    for constraint in query.fields.get("constraints") or ():
        if isinstance(constraint, dict):
            found |= {str(name): str(value).strip('"') for name, value in constraint.items()}
    return found | {"api": str(query.fields.get("api", ""))}


def _result(event: Row, given: Mapping[str, str]) -> Happening:
    item = event.fields.get("item")
    item = item if isinstance(item, dict) else {}
    words = " ".join(str(item[name]) for name in item if _TELLING.search(name) and item[name])
    return Happening(
        kind="search",
        text=words.strip(),
        tool=str(item.get("APIName") or given.get("api", "")),
        found=bool(item) and not _REFUSED.search(words),
        given=tuple((name, value) for name, value in given.items() if name != "api"),
        fields=frozenset(item) - {"APIName", "id"},
    )
