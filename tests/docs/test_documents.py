"""The documents say what the code does: settings, links, extension points, module sentences."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from services.kit.settings import Settings

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not {"node_modules", ".venv", "dist"} & set(path.relative_to(ROOT).parts)
    and not path.relative_to(ROOT).parts[0].startswith(".")
)
MACHINE_PATH = re.compile(r"(?<![A-Za-z0-9_])/(?:work|farm|opt/wheels)\b")


def settings_table() -> str:
    rows = ["| variable | default | what it is |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = field.default
        if default is PydanticUndefined:
            default = "`~/.local/share/souffleur`"
        elif default in ("", ()):
            default = "(empty)"
        else:
            default = f"`{str(default).lower() if isinstance(default, bool) else default}`"
        rows.append(f"| `SOUFFLEUR_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows)


def test_every_setting_stands_in_the_table() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    assert settings_table() in text, f"docs/settings.md should hold:\n{settings_table()}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_lead_somewhere(document: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        if re.match(r"[a-z]+:|#", target):
            continue
        if not (document.parent / target.split("#")[0]).exists():
            broken.append(target)
    assert not broken


def test_decisions_have_their_four_parts() -> None:
    decisions = [path for path in (ROOT / "docs/adr").glob("*.md") if path.name[0].isdigit()]
    assert len(decisions) >= 5
    numbers = [path.name[:4] for path in decisions]
    assert len(numbers) == len(set(numbers))
    for path in decisions:
        headings = re.findall(r"^## (\w+)", path.read_text(), re.M)
        assert headings[:4] == ["Context", "Decision", "Consequences", "Alternatives"], path.name


def tracked(*patterns: str) -> list[Path]:
    names = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, capture_output=True, check=True
    ).stdout
    return [ROOT / name.decode() for name in names.split(b"\0") if name]


def test_no_file_names_a_path_of_one_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked("*.py", "*.ts", "*.md", "*.toml", "*.yaml", "*.lua", "Makefile")
        if path.exists()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if MACHINE_PATH.search(line) and path != Path(__file__)
    ]
    assert not found


def test_every_module_opens_with_one_sentence() -> None:
    poor = []
    for path in [*(ROOT / "services").rglob("*.py"), *(ROOT / "models").rglob("*.py")]:
        if "node_modules" in path.parts:
            continue
        docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
        if not re.match(r"[A-Z`].+?[.:]", docstring.split("\n")[0] + "."):
            poor.append(str(path.relative_to(ROOT)))
    assert not poor
