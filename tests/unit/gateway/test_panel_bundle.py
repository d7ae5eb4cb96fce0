"""The committed panel is what its sources build: checked by digest, so that no Node is needed."""

import gzip
import json
import re
from hashlib import sha256
from pathlib import Path

import pytest

PANEL = Path(__file__).parents[3] / "services" / "gateway" / "panel"
DIST = PANEL / "dist"
FILES = ("index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.js")
MAX_BUNDLE = 60_000


def digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def source_digest(panel: Path) -> str:
    inside = (path for path in (panel / "src").rglob("*") if path.is_file())
    names = sorted([*FILES, *(path.relative_to(panel).as_posix() for path in inside)])
    lines = "".join(f"{digest(panel / name)}  {name}\n" for name in names)
    return sha256(lines.encode()).hexdigest()


@pytest.fixture(scope="module")
def record() -> dict[str, object]:
    loaded: dict[str, object] = json.loads((DIST / "build.json").read_text())
    return loaded


def test_the_bundle_is_built_from_these_sources(record: dict[str, object]) -> None:
    assert record["sources"] == source_digest(PANEL), (
        "run `npm run build` in services/gateway/panel"
    )


def test_the_digest_sees_a_changed_source(tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / name).write_bytes((PANEL / name).read_bytes())
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.ts").write_text("one")
    before = source_digest(tmp_path)
    (tmp_path / "src" / "main.ts").write_text("two")
    assert source_digest(tmp_path) != before


def test_the_bundle_holds_the_files_that_were_built(record: dict[str, object]) -> None:
    files = {
        path.relative_to(DIST).as_posix(): digest(path)
        for path in DIST.rglob("*")
        if path.is_file() and path.name != "build.json"
    }
    assert record["files"] == files


def test_the_bundle_is_small() -> None:
    sizes = [len(gzip.compress(path.read_bytes())) for path in DIST.rglob("*") if path.is_file()]
    assert sum(sizes) <= MAX_BUNDLE


def test_the_page_has_no_inline_script_and_fetches_nothing_from_elsewhere() -> None:
    page = (DIST / "index.html").read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", page) == []
    assert re.findall(r"(?:src|href)=\"(?!\./)[^\"]*\"", page) == []
    assert not re.search(r"\son\w+=|<style|\sstyle=", page)


def test_the_lock_file_names_no_registry_and_pins_every_package() -> None:
    lock = json.loads((PANEL / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert all("resolved" not in entry and entry["integrity"] for entry in packages.values())
    shipped = {name for name, entry in packages.items() if not entry.get("dev")}
    assert {name.removeprefix("node_modules/").split("/")[0] for name in shipped} == {
        "lit",
        "lit-element",
        "lit-html",
        "@lit",
        "@lit-labs",
        "@types",
    }
