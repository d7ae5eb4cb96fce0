"""The speech evaluation: rows to word error rate, with an engine that says what it is told."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from services.evaluation.request import EvalRequest
from services.evaluation.speech import evaluate
from services.kit.errors import InvalidInput, SouffleurError
from services.kit.settings import Settings


def request(folder: Path, *rows: dict[str, str]) -> EvalRequest:
    data = folder / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    script = folder / "script.json"
    script.write_text(json.dumps(["never said"]))
    settings = Settings(data_dir=folder, speech_model=f"scripted:{script}")
    return EvalRequest((data,), (), (), None, settings)


async def test_silence_loses_every_word(tmp_path: Path) -> None:
    sf.write(tmp_path / "quiet.wav", np.zeros(8000, dtype=np.float32), 8000)
    rows = [{"audio": "quiet.wav", "text": "oui bonjour", "lang": "fr"}] * 2
    told: list[tuple[int, int]] = []
    report = await evaluate(request(tmp_path, *rows), lambda done, all_: told.append((done, all_)))
    assert report.scores["wer"].value == 1.0
    assert report.extras["audio_s"] == 2.0
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"audio": "none.wav", "text": "oui", "lang": "fr"}, "rows.jsonl:1: audio: there is no"),
        ({"audio": "rows.jsonl", "text": "oui", "lang": "fr"}, "rows.jsonl:1: audio: cannot be"),
        ({"audio": "rows.jsonl", "text": "...", "lang": "fr"}, "rows.jsonl:1: text: must hold"),
        ({"audio": "rows.jsonl", "text": "oui", "lang": "de"}, "'de' is none of: en, fr"),
    ],
)
async def test_a_bad_row_is_named(tmp_path: Path, row: dict[str, str], says: str) -> None:
    with pytest.raises(SouffleurError) as error:
        await evaluate(request(tmp_path, row), lambda done, total: None)
    assert isinstance(error.value, InvalidInput)
    assert says in str(error.value)
