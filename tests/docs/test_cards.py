"""The model cards: each model has one, and each figure the command that prints it."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CARDS = sorted(path for path in (ROOT / "models" / "cards").glob("*.md") if path.stem != "README")
MODELS = tomllib.loads((ROOT / "models" / "manifest.toml").read_text())["models"]

COMMAND = re.compile(
    r"`[^`]*(?:souffleur |python -m |make )[^`]*`|^ *(?:souffleur|python|make) ", re.M
)

FIGURE = re.compile(r"(?<![\d.])\d+\.\d+(?![\d.])")  # "1.0.0" is a version


@pytest.mark.parametrize("model", sorted(MODELS))
def test_every_model_of_the_manifest_is_named_in_a_card(model: str) -> None:
    assert any(model in card.read_text() for card in CARDS), (
        f"no card in models/cards names {model}"
    )


@pytest.mark.parametrize("card", CARDS, ids=lambda path: path.stem)
def test_a_card_with_figures_gives_commands(card: Path) -> None:
    """A table of scores comes with at least one command in the text under the same heading."""
    for part in re.split(r"^#+ ", card.read_text(), flags=re.M):
        rows = [line for line in part.splitlines() if line.startswith("|")]
        if any(FIGURE.search(row) for row in rows):
            title = part.splitlines()[0]
            assert COMMAND.search(part), f"{card.name}: no command beside the figures of {title!r}"
