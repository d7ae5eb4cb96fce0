"""The command line of ``souffleur models eval``: lists of files and plain errors."""

import subprocess
import sys
from pathlib import Path

from services.cli_models import spread
from services.evaluation import TASKS, evaluator


def test_files_may_follow_one_option_or_each_have_its_own() -> None:
    said = ["sentiment", "--data", "a", "b", "--train=c", "d", "--json", "--flow-charts", "e"]
    assert spread(said) == [
        *("sentiment", "--data", "a", "--data", "b", "--train=c", "--train", "d"),
        *("--json", "--flow-charts", "e"),
    ]
    assert spread(["--data", "a", "--data", "b"]) == ["--data", "a", "--data", "b"]


def test_every_task_has_a_module_that_scores_it() -> None:
    assert all(callable(evaluator(task)) for task in TASKS)


def test_an_unknown_task_is_told_in_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "services.cli", "models", "eval", "nothing", "--data", "x"]
    ended = subprocess.run(
        [*command, "--data-dir", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "no task 'nothing'" in ended.stderr
    assert "Traceback" not in ended.stderr
