"""The built-in playbooks lie here as YAML files; the settings may name a file of one's own."""

from pathlib import Path

from services.contracts.playbook import Playbook
from services.kit.errors import InvalidInput, NotFound
from services.playbooks import BuiltIn, InvalidPlaybook, read

BUILT_IN = Path(__file__).parent


def load_playbook(name_or_path: str) -> Playbook:
    """Read a built-in playbook by its name, or a YAML file by its path.

    Raises:
        NotFound: there is no such playbook; the message lists those that there are.
        InvalidInput: the file does not fit; says ``file:line`` and names the field.
    """
    return load_built_in(name_or_path).playbook


def load_built_in(name_or_path: str) -> BuiltIn:
    """Read a playbook as ``load_playbook`` does, and keep its text."""
    path = _path_of(name_or_path)
    text = path.read_bytes()
    try:
        return BuiltIn(read(text, "yaml").playbook, text)
    except InvalidPlaybook as error:
        first = error.errors[0]
        where = f"{path}:{first.line}" if first.line else str(path)
        raise InvalidInput(
            f"{where}: {first.detail} {first.fix}", field=first.path or "playbook"
        ) from None


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
