"""A failpoint kills where and when it was told to, and never in production."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = """
from services.kit.failpoints import hit
for passed in range(5):
    print(passed, flush=True)
    hit("here")
    hit("elsewhere")
"""


def run(**variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        env={**os.environ, **variables},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


@pytest.mark.parametrize(
    ("text", "passed"), [("here=3", 3), ("here=1,elsewhere=9", 1), ("here=9,elsewhere=2", 2)]
)
def test_it_kills_at_the_count(text: str, passed: int) -> None:
    outcome = run(SOUFFLEUR_FAILPOINTS=text)
    assert outcome.returncode == -signal.SIGKILL
    assert len(outcome.stdout.split()) == passed


@pytest.mark.parametrize(
    "variables",
    [
        {"SOUFFLEUR_FAILPOINTS": ""},
        {"SOUFFLEUR_FAILPOINTS": "here=1", "SOUFFLEUR_ENV": "production"},
    ],
)
def test_unarmed_it_does_nothing(variables: dict[str, str]) -> None:
    outcome = run(**variables)
    assert outcome.returncode == 0
    assert len(outcome.stdout.split()) == 5
