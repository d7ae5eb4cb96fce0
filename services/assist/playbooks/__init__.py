"""Playbooks: the built-in ones lie here as YAML files, a tenant's own is given by its path."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from services.contracts.playbook import Playbook
from services.kit.errors import InvalidInput, NotFound

BUILT_IN = Path(__file__).parent

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's loader is ten times faster and as safe; it is not built everywhere."""


def load_playbook(name_or_path: str) -> Playbook:
    """Read a built-in playbook by its name, or a YAML file by its path.

    Raises:
        NotFound: there is no such playbook; the message lists those that there are.
        InvalidInput: the file does not fit; says ``file:line`` and names the field.
    """
    path = _path_of(name_or_path)
    loader = _Loader(path.read_bytes())
    try:
        root = loader.get_single_node()
        content = loader.construct_document(root) if root is not None else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        problem = getattr(error, "problem", None) or "not readable"
        raise InvalidInput(f"{where}: not valid YAML: {problem}", field="playbook") from error
    finally:
        loader.dispose()
    try:
        return Playbook.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = first["loc"]
        field = ".".join(str(part) for part in place) or None
        detail = f"{path}:{_line_of(root, place)}: {first['msg']}"
        raise InvalidInput(detail, field=field) from None


def playbook_labels(playbook: Playbook) -> dict[str, dict[str, str]]:
    """Return the names of the intents for the panel: ``{intent_id: {"fr", "en"}}``."""
    return {intent.id: intent.name.model_dump() for intent in playbook.intents}


def _path_of(name_or_path: str) -> Path:
    path = Path(name_or_path)
    if path.suffix in {".yaml", ".yml"} or path.parent != Path():
        if not path.is_file():
            raise NotFound(f"no such playbook file: {path}", field="playbook")
        return path
    built_in = BUILT_IN / f"{name_or_path}.yaml"
    if not built_in.is_file():
        names = ", ".join(sorted(file.stem for file in BUILT_IN.glob("*.yaml")))
        detail = f"no built-in playbook {name_or_path!r}; there is: {names}. Or give a .yaml file"
        raise NotFound(detail, field="playbook")
    return built_in


def _line_of(node: Any, place: tuple[int | str, ...]) -> int:
    """Return the line of the deepest node on the way to ``place`` (1-based)."""
    line = 1 if node is None else node.start_mark.line + 1
    for part in place:
        child = _child(node, part)
        if child is None:
            break
        key, node = child
        line = key.start_mark.line + 1
    return line


def _child(node: Any, part: int | str) -> tuple[Any, Any] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == part), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    return None
