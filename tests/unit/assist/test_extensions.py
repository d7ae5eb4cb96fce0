"""Each suggester and customer source is listed in its tuple; no file lies there unused."""

from pathlib import Path

import pytest

from services.assist import customer, suggesters
from services.assist.customer import SOURCES
from services.assist.suggesters import SUGGESTERS

PORTS = {"suggester.py", "source.py", "history.py", "__init__.py"}
"""Files that are no extension: the port itself, and what the sources share."""


@pytest.mark.parametrize(
    ("package", "listed"),
    [
        (suggesters, {make.__module__ for make in SUGGESTERS}),
        (customer, {type(source).__module__ for source in SOURCES}),
    ],
)
def test_every_file_is_listed(package: object, listed: set[str]) -> None:
    folder = Path(str(package.__file__)).parent  # type: ignore[attr-defined]
    files = {file.stem for file in folder.glob("*.py") if file.name not in PORTS}
    assert files == {module.rpartition(".")[2] for module in listed}
