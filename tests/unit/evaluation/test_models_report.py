"""The page of scores: every task with its card, its table and its plots."""

import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest

from models.report import TASKS, page
from services.evaluation import TASKS as EVALUATIONS
from tests.evals.gate import ROOT

ROW = {
    "check": "set<1>-full",
    "task": "intent",
    "n": 10,
    "train": 100,
    "accuracy": 0.9,
    "accuracy_ci95": [0.8, 1.0],
    "calibration": {"ece": 0.05, "bins": [[5, 0.6, 0.5], [5, 0.9, 1.0]]},
    "accuracy_by_part": {"fr": {"n": 4, "accuracy": 0.75}},
}


def drawings(text: str) -> list[ElementTree.Element]:
    """Return the page's drawings, parsed."""
    return [ElementTree.fromstring(found) for found in re.findall(r"<svg.*?</svg>", text)]


def test_the_page_shows_scores_plots_and_escapes() -> None:
    text = page([ROW, {**ROW, "check": "set<1>-10-shot", "train": 20, "accuracy": 0.7}])
    assert "set&lt;1&gt;-full" in text
    assert "<1>" not in text
    assert "[0.8000, 1.0000]" in text
    assert len(drawings(text)) == 5


def test_a_check_that_was_run_twice_counts_as_it_last_was() -> None:
    text = page([{**ROW, "accuracy": 0.1234}, ROW])
    assert "0.1234" not in text
    assert text.count("<h3>") == 1


@pytest.mark.parametrize(
    ("given", "labels"),
    [
        ({"by_part": {"fr": {"n": 9, "macro_f1": 0.5}}}, ["fr (9)", "0.500"]),
        ({"by_label": {"phone": {"spans": 7, "recall": 1.0}}}, ["phone (7)", "1.000"]),
        ({"recall_at_1_by_length": {"long": {"n": 3, "recall_at_1": 0.25}}}, ["long (3)", "0.250"]),
        (
            {"selective": [{"threshold": 0.5, "answered": 0.6, "right": 0.9}]},
            ["answered from there on", "right from there on", "confidence"],
        ),
        ({"cards": [{"from": 0.5, "shown": 0.6, "right": 0.9}]}, ["shown from there on"]),
    ],
)
def test_each_breakdown_is_drawn(given: dict[str, Any], labels: list[str]) -> None:
    [drawing] = drawings(page([{"task": "pii", "n": 1, **given}]))
    said = [element.text for element in drawing.iter("text")]
    assert set(labels) <= set(said)


def test_no_name_leaves_its_drawing() -> None:
    parts = {name: {"n": 1000, "f1": 1.0} for name in ("failed_self_service", "human_request")}
    [drawing] = drawings(page([{"task": "moment", "f1_by_part": parts}]))
    width = float(drawing.attrib["width"])
    for element in drawing.iter("text"):
        # A letter of this size is 7 units wide at most, on average.
        length = 7 * len(element.text or "")
        x = float(element.attrib["x"])
        start = x - length if element.attrib["text-anchor"] == "end" else x
        assert start >= 0
        assert start + length <= width


def test_each_task_has_a_card_and_a_place_on_the_page_of_today() -> None:
    assert TASKS.keys() >= EVALUATIONS.keys()
    for _, card in TASKS.values():
        assert (ROOT / "models" / "cards" / f"{card}.md").is_file()
    text = (ROOT / "docs/models/index.html").read_text()
    kept = (ROOT / "docs/models/results.jsonl").read_text().splitlines()
    assert text == page([json.loads(line) for line in kept])
    shown = set(re.findall(r'<h2 id="([a-z-]+)">', text))
    # Speech is scored on recordings that the repository does not hold.
    assert shown == TASKS.keys() - {"speech"}
