"""The regression gate, its splits and the report page."""

import json
import tomllib
from pathlib import Path

from models.report import page
from tests.evals.gate import SCORES, drops, flattened, recorded, written
from tests.evals.splits import split_rows

CHECK = {"task": "intent", "scores": {"accuracy": [0.9, 0.88, 0.92], "wer": [0.1, 0.08, 0.12]}}


def test_a_score_fails_below_its_interval_and_an_error_rate_above() -> None:
    assert drops(CHECK, {"accuracy": 0.881, "wer": 0.119}) == []
    assert len(drops(CHECK, {"accuracy": 0.879, "wer": 0.121})) == 2
    assert drops(CHECK, {"wer": 0.01}) == ["accuracy is no longer reported"]


def test_what_is_recorded_reads_back() -> None:
    found = {"n": 3, "accuracy": 0.5, "accuracy_ci95": [0.4, 0.6]}
    checks = tomllib.loads(written({"a-b": {"task": "intent", "scores": recorded(found)}}))
    assert checks == {"a-b": {"task": "intent", "scores": {"accuracy": [0.5, 0.4, 0.6]}}}
    assert tomllib.loads(SCORES.read_text())


def test_shares_of_the_turns_get_their_interval() -> None:
    flat = flattened({"cues": {"recall": 0.5, "wanted": 100}})
    assert flat["cues.recall_ci95"] == [0.402, 0.598]


def test_splits_are_apart_and_always_the_same(tmp_path: Path) -> None:
    data = tmp_path / "rows.jsonl"
    rows = [{"text": f"text {n}", "intent": f"i{n % 5}"} for n in range(500)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    fitted, scored = split_rows([data], "shots:7", tmp_path)
    assert fitted is not None
    learnt = [json.loads(line)["text"] for line in fitted.read_text().splitlines()]
    asked = [json.loads(line)["text"] for line in scored.read_text().splitlines()]
    assert len(learnt) == 35
    assert 25 < len(asked) < 80
    assert not set(learnt) & set(asked)
    before = scored.read_text()
    split_rows([data], "tenth", tmp_path)
    assert scored.read_text() == before


def test_the_page_shows_scores_plots_and_escapes() -> None:
    row = {
        "check": "set<1>-full",
        "task": "intent",
        "n": 10,
        "train": 100,
        "accuracy": 0.9,
        "accuracy_ci95": [0.8, 1.0],
        "calibration": {"ece": 0.05, "bins": [[5, 0.6, 0.5], [5, 0.9, 1.0]]},
        "accuracy_by_part": {"fr": {"n": 4, "accuracy": 0.75}},
    }
    text = page([row, {**row, "check": "set<1>-10-shot", "train": 20, "accuracy": 0.7}])
    assert "set&lt;1&gt;-full" in text
    assert "<1>" not in text
    assert "[0.8000, 1.0000]" in text
    assert text.count("<svg") == 5
