"""The regression gate and its splits."""

import json
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.evaluation.report import bootstrap
from tests.evals import gate
from tests.evals.gate import SCORES, drops, flattened, ordered, recorded, written
from tests.evals.splits import split_rows
from tests.evals.trained_heads import micro_of

CHECK = {"task": "intent", "scores": {"accuracy": [0.9, 0.88, 0.92], "wer": [0.1, 0.08, 0.12]}}


def test_a_score_fails_below_its_interval_and_an_error_rate_above() -> None:
    assert drops(CHECK, {"accuracy": 0.881, "wer": 0.119}) == []
    assert len(drops(CHECK, {"accuracy": 0.879, "wer": 0.121})) == 2
    assert drops(CHECK, {"wer": 0.01}) == ["accuracy is no longer reported"]


def test_what_is_recorded_reads_back() -> None:
    found = {"n": 3, "accuracy": 0.5, "accuracy_ci95": [0.4, 0.6]}
    checks = tomllib.loads(written({"a-b": {"task": "intent", "scores": recorded(found)}}))
    assert checks == {"a-b": {"task": "intent", "scores": {"accuracy": [0.5, 0.4, 0.6]}}}


def test_every_check_has_scores_and_its_own_data_is_there() -> None:
    checks = tomllib.loads(SCORES.read_text())
    for name, check in checks.items():
        assert check["scores"], f"{name} is never going to fail"
        for value, low, high in check["scores"].values():
            assert low <= value <= high
        if not check.get("public"):
            paths = [gate.ROOT / path for path in check.get("data", ())]
            assert all(path.is_file() for path in paths)
    tasks = {check["task"] for check in checks.values() if not check.get("public")}
    assert tasks >= {"sentiment", "emotion", "dialogue-act", "moment", "pii", "retrieval"}


def told(scores: Path, capsys: pytest.CaptureFixture[str], data_dir: Path) -> tuple[int, str]:
    """Run the gate on the French rows of personal data; return its exit status and answer."""
    with pytest.raises(SystemExit) as left:
        gate.main(["pii-french", "--scores", str(scores), "--data-dir", str(data_dir)])
    return int(left.value.code or 0), capsys.readouterr().out


def test_the_gate_passes_twice_alike_and_fails_when_the_bar_is_raised(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scores = tmp_path / "scores.toml"
    scores.write_text(SCORES.read_text())
    first = told(scores, capsys, tmp_path)
    assert first == told(scores, capsys, tmp_path)
    assert first[0] == 0
    assert first[1].startswith("ok   pii-french: recall 0.")
    checks = tomllib.loads(scores.read_text())
    value, _, high = checks["pii-french"]["scores"]["recall"]
    checks["pii-french"]["scores"]["recall"] = [high, value + 0.001, 1.0]
    scores.write_text(written(checks))
    status, answer = told(scores, capsys, tmp_path)
    assert status == 1
    assert answer.startswith(f"DROP pii-french: recall {value} (recorded {high}, ")


def test_recording_writes_what_was_measured(tmp_path: Path) -> None:
    scores = tmp_path / "scores.toml"
    asked: dict[str, Any] = tomllib.loads(SCORES.read_text())
    before = asked["pii-english"]["scores"]
    asked["pii-english"]["scores"] = {"recall": [1.0, 1.0, 1.0]}
    scores.write_text(written(asked))
    out = tmp_path / "results.jsonl"
    given = ["pii-english", "--scores", str(scores), "--data-dir", str(tmp_path), "--record"]
    with pytest.raises(SystemExit) as left:
        gate.main([*given, "--out", str(out)])
    assert not left.value.code
    now = tomllib.loads(scores.read_text())
    assert now["pii-english"]["scores"].keys() == before.keys()
    assert now["pii-french"] == asked["pii-french"]
    assert json.loads(out.read_text())["check"] == "pii-english"


def test_shares_get_their_interval_within_0_and_1() -> None:
    flat = flattened({"cues": {"recall": 0.5, "wanted": 100}})
    assert flat["cues.recall_ci95"] == [0.402, 0.598]
    found = {"situations": 40, "right_on_top": {"learned": 31}, "right_action_allowed": 40}
    assert ordered(found)["order.right_on_top"] == 0.775
    assert ordered(found)["order.right_action_allowed_ci95"] == [1.0, 1.0]


def test_moments_count_over_all_rows_and_labels() -> None:
    truth = np.array([[True, True], [False, False], [False, True]])
    said = np.array([[True, False], [True, False], [False, True]])
    values = {name: bootstrap(each, 3).value for name, each in micro_of(truth, said).items()}
    assert values == {name: pytest.approx(2 / 3) for name in ("precision", "recall", "f1")}
    nothing = np.zeros_like(truth)
    assert micro_of(nothing, nothing)["f1"](np.arange(3)) == 0.0


def lines(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a file."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_splits_are_apart_and_always_the_same(tmp_path: Path) -> None:
    data = tmp_path / "rows.jsonl"
    rows = [{"text": f"text {n}", "intent": f"i{n % 5}"} for n in range(500)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    fitted, scored = split_rows([data], "shots:7", tmp_path)
    assert fitted is not None
    learnt = {row["text"] for row in lines(fitted)}
    asked = {row["text"] for row in lines(scored)}
    assert len(learnt) == 35
    assert 25 < len(asked) < 80
    assert not learnt & asked
    before = scored.read_text()
    split_rows([data], "tenth", tmp_path)
    assert scored.read_text() == before


def test_rows_are_chosen_by_what_they_say_of_themselves(tmp_path: Path) -> None:
    data = tmp_path / "rows.jsonl"
    rows = [{"text": "a", "lang": lang, "split": s} for lang in ("fr", "en") for s in ("held", "x")]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    fitted, scored = split_rows([data], "where:split=held,lang=fr", tmp_path)
    assert fitted is None
    assert lines(scored) == [rows[0]]
    with pytest.raises(ValueError, match="no split 'half'"):
        split_rows([data], "half", tmp_path)


def test_dialogues_are_held_out_as_in_training(tmp_path: Path) -> None:
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps({"dialogue_id": n}) + "\n" for n in range(1, 11)))
    # The digests of "1" to "10", by sha256sum: 15, 61, 78, 22, 53, 3, 49, 59, 87 and 17 of 100.
    _, scored = split_rows([data], "dialogues:12", tmp_path)
    assert [row["dialogue_id"] for row in lines(scored)] == [6]
    _, scored = split_rows([data], "dialogues:16", tmp_path)
    assert [row["dialogue_id"] for row in lines(scored)] == [1, 6]


def test_questions_are_asked_for_the_article_in_their_language(tmp_path: Path) -> None:
    data = gate.ROOT / "models/train/data/knowledge_questions.jsonl"
    articles = lines(gate.ROOT / "services/demo/data/knowledge.jsonl")
    language = {article["id"]: article["language"] for article in articles}
    _, scored = split_rows([data], "first-id", tmp_path)
    asked = lines(scored)
    assert len(asked) == 49
    assert all(language[row["id"]] == row["language"] for row in asked)
