"""The guide's example is a playbook, and the guide names every warning there is."""

import re
from pathlib import Path
from typing import get_args

import pytest

from services.playbooks import read, warnings_of
from services.playbooks.warnings import Code

DOCS = Path(__file__).parents[2] / "docs"


def test_the_example_fits_and_only_wants_more_examples() -> None:
    [example] = re.findall(r"```yaml\n(.*?)```", (DOCS / "playbooks.md").read_text(), re.S)
    written = read(example.encode(), "yaml")
    codes = {warned.code for warned in warnings_of(written)}
    assert codes == {"few_examples", "no_action"}


@pytest.mark.parametrize("guide", ["playbooks.md", "playbooks.fr.md"])
def test_every_warning_is_explained(guide: str) -> None:
    told = set(re.findall(r"^\| `(\w+)` \|", (DOCS / guide).read_text(), re.M))
    assert told == set(get_args(Code))
