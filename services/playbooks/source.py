"""Reads the text of a playbook: plain data, and the line that each part of it stands on.

YAML is read safely: no tags but the plain ones, no document that grows when its aliases are
followed, no depth that a playbook has no use for.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from services.kit.errors import MalformedInput
from services.playbooks.faults import Fault, InvalidPlaybook, invalid

Kind = Literal["yaml", "json"]

MAX_BYTES = 1024 * 1024
"""Three times the built-in playbook, which has 3,600 utterances in two languages."""

MAX_DEPTH = 20
"""A playbook is eight levels deep."""

MAX_PARTS = 120_000
"""Keys and values once every alias is followed; a mebibyte of utterances has a third of them."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's loader is ten times faster and as safe; it is not built everywhere."""

_ESCAPED = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)")

Place = Sequence[int | str]


@dataclass(frozen=True)
class Source:
    """``content`` as plain data, ``root`` as YAML's tree, which knows lines."""

    content: Any
    root: Any

    def line(self, place: Place) -> int:
        """Return the line of the deepest part on the way to ``place``, from 1."""
        return _line(self._way(place)[-1][0])

    def known(self, place: Place) -> tuple[int | str, ...]:
        """Return as much of ``place`` as there is in the text."""
        return tuple(place[: len(self._way(place)) - 1])

    def _way(self, place: Place) -> list[tuple[Any, Any]]:
        way = [(self.root, self.root)]
        for part in place:
            child = _child(way[-1][1], part)
            if child is None:
                break
            way.append(child)
        return way


def parse(text: bytes, kind: Kind) -> Source:
    """Return what ``text`` says.

    Raises:
        MalformedInput: it is no UTF-8.
        InvalidPlaybook: it is no YAML or JSON, or holds what no playbook does.
    """
    try:
        written = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"Byte {error.start} is no UTF-8; save the playbook as UTF-8."
        raise MalformedInput(msg, field="body") from None
    content = _json(written) if kind == "json" else None
    if kind == "json":
        # JSON is YAML but for tabs between its parts and some escapes; lines stay as they are.
        written = _ESCAPED.sub("x", written.replace("\t", " "))
    try:
        _measure(written)
        root = _root(written)
        faults = list(_doubled_keys(root))
        if faults:
            raise invalid(*faults[:50])
        if kind == "yaml":
            content = _content(written)
    except yaml.YAMLError as error:
        raise _unreadable(error) from None
    except (ValueError, OverflowError, RecursionError) as error:
        # A number with a million digits, a date in the year 99999.
        raise invalid(Fault("", None, f"A value cannot be read ({error}).", _QUOTE)) from None
    return Source(content, root)


_QUOTE = "Put it in quotes if it is a text."


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        fault = Fault("", error.lineno, f"Not valid JSON: {error.msg}.", "Correct it there.")
        raise invalid(fault) from None
    except RecursionError:
        raise invalid(_too_deep(None)) from None
    except ValueError as error:
        raise invalid(Fault("", None, f"A value cannot be read ({error}).", _QUOTE)) from None


def _measure(text: str) -> None:
    """Refuse what is too deep before anything recurses into it: events come one by one."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise invalid(_too_deep(_line(event)))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _too_deep(line: int | None) -> Fault:
    detail = f"More than {MAX_DEPTH} levels of lists and fields inside each other."
    return Fault("", line, detail, "A playbook has no use for them: check brackets and indents.")


def _root(text: str) -> Any:
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
    finally:
        loader.dispose()
    if root is None:
        raise invalid(Fault("", 1, "The playbook is empty.", "Begin with id, version and name."))
    if _size(root, {}) > MAX_PARTS:
        detail = f"More than {MAX_PARTS} parts once every alias is followed."
        raise invalid(Fault("", 1, detail, "Use fewer aliases (&name, *name)."))
    return root


def _size(node: Any, known: dict[int, int]) -> int:
    """Count the parts of a tree as if every alias were written out, each looked at once.

    A part that holds itself counts as endless.
    """
    if id(node) in known:
        return known[id(node)]
    known[id(node)] = MAX_PARTS + 1
    children = _children(node)
    size = 1 + sum(_size(child, known) for child in children)
    known[id(node)] = size
    return size


def _children(node: Any) -> list[Any]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _doubled_keys(root: Any) -> Iterator[Fault]:
    """Give each key that stands twice in one place: YAML would forget the first one silently."""
    waiting: list[tuple[tuple[int | str, ...], Any]] = [((), root)]
    seen: set[int] = set()
    while waiting:
        place, node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            names: dict[str, int] = {}
            for key, value in node.value:
                name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
                inside: Any = (*place, name)
                if name in names and name != "<<":
                    detail = f"{name!r} stands here a second time (first on line {names[name]})."
                    yield Fault(dotted(inside), _line(key), detail, "Keep one of them.")
                names.setdefault(name, _line(key))
                waiting.append((inside, value))
        elif isinstance(node, yaml.SequenceNode):
            waiting += [((*place, number), part) for number, part in enumerate(node.value)]


def _content(text: str) -> Any:
    loader = _Loader(text)
    try:
        return loader.construct_document(loader.get_single_node())
    except (AttributeError, KeyError, TypeError) as error:
        # What PyYAML makes of a value that is not of the type that its tag says.
        raise ValueError(error) from None
    finally:
        loader.dispose()


def _unreadable(error: yaml.YAMLError) -> InvalidPlaybook:
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 1 if mark else None
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not readable"
    fix = "Check the indents, and put texts that hold ': ' or begin with a sign in quotes."
    return invalid(Fault("", line, f"Not valid YAML: {problem}.", fix))


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1


def _child(node: Any, part: int | str) -> tuple[Any, Any] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == part), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    return None


def dotted(place: Place) -> str:
    """Return a place as people read it: ``intents.3.examples.fr``."""
    return ".".join(str(part) for part in place)
