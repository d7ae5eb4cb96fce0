"""A playbook that does not fit says where."""

from pathlib import Path

import pytest

from services.assist.playbooks import load_playbook
from services.kit.errors import InvalidInput, NotFound
from services.playbooks import labels_of

GOOD = """\
id: small
version: 1
name: {fr: Petit, en: Small}
topics:
  - {id: orders, name: {fr: Commandes, en: Orders}}
intents:
  - id: late
    topic: orders
    name: {fr: Retard, en: Late}
    examples: {fr: [Mon colis est en retard], en: [My parcel is late]}
  - id: lost
    topic: orders
    name: {fr: Perte, en: Lost}
    examples: {fr: [Mon colis est perdu], en: [My parcel is lost]}
"""


def write(directory: Path, content: str) -> str:
    path = directory / "small.yaml"
    path.write_text(content, encoding="utf-8")
    return str(path)


def test_a_file_is_read(tmp_path: Path) -> None:
    book = load_playbook(write(tmp_path, GOOD))
    assert book.id == "small"
    assert labels_of(book) == {
        "late": {"fr": "Retard", "en": "Late"},
        "lost": {"fr": "Perte", "en": "Lost"},
    }


LOST = "topic: orders\n    name: {fr: Perte"


@pytest.mark.parametrize(
    ("old", "new", "where", "field"),
    [
        (LOST, LOST.replace("orders", "Orders"), ":12:", "intents.1.topic"),
        ("version: 1", "version: zero", ":2:", "version"),
        ("fr: Perte, ", "", ":13:", "intents.1.name.fr"),
        (LOST, LOST.replace("orders", "nothing"), ":12:", "intents.1.topic"),
        ("topics:", "topics: [", ":5:", "playbook"),
        (GOOD, "", ":1:", "playbook"),
    ],
)
def test_errors_name_file_line_and_field(
    tmp_path: Path, old: str, new: str, where: str, field: str | None
) -> None:
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(InvalidInput) as caught:
        load_playbook(path)
    assert path in caught.value.detail
    assert where in caught.value.detail
    assert caught.value.field == field


@pytest.mark.parametrize("name", ["no-such", "/no/such/file.yaml", "../general"])
def test_an_unknown_playbook_is_named(name: str) -> None:
    with pytest.raises(NotFound, match="no "):
        load_playbook(name)
