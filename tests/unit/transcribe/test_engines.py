"""The engines are listed, and the scripted one follows its script."""

import json
from pathlib import Path

import numpy as np
import pytest

from services.kit.errors import InvalidInput, Unavailable
from services.kit.settings import Settings
from services.transcribe import engines
from services.transcribe.engines import ENGINES, open_engine
from services.transcribe.engines.scripted import Line, ScriptedEngine
from services.transcribe.engines.whisper import WhisperEngine

SECOND = np.zeros(16000, np.float32)


def test_every_engine_file_is_listed_and_says_what_it_is() -> None:
    folder = Path(engines.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", "port"}
    assert {engine.__module__.rsplit(".", 1)[1] for engine in ENGINES} == files
    assert len({engine.name for engine in ENGINES}) == len(ENGINES)
    assert all(engine.__doc__ for engine in ENGINES)


def test_the_script_is_read_from_its_file(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps(["Bonjour", {"text": "Hello", "language": "en"}]))
    engine = open_engine(Settings(speech_model=f"scripted:{script}", data_dir=tmp_path))
    heard = [engine.transcribe(SECOND, None, final=True, words=True) for _ in range(3)]
    assert [(one.text, one.language) for one in heard] == [
        ("Bonjour", "fr"),
        ("Hello", "en"),
        ("Bonjour", "fr"),
    ]
    assert heard[0].words is not None
    assert heard[0].words[0].end_s == 1.0


def test_a_partial_is_the_beginning_of_the_final() -> None:
    engine = ScriptedEngine(["un deux trois quatre cinq six"])
    partial = engine.transcribe(SECOND, "fr", final=False, words=False)
    final = engine.transcribe(SECOND, "fr", final=True, words=False)
    assert partial.text == "un deux trois"
    assert final.text.startswith(partial.text)


def test_a_line_may_fail() -> None:
    engine = ScriptedEngine([Line(fails=True), "y"])
    with pytest.raises(RuntimeError):
        engine.transcribe(SECOND, "fr", final=True, words=False)
    assert engine.transcribe(SECOND, "fr", final=True, words=False).text == "y"


@pytest.mark.parametrize("content", ["not json", '{"text": "x"}', '[{"txt": "x"}]'])
def test_a_broken_script_is_named(tmp_path: Path, content: str) -> None:
    script = tmp_path / "script.json"
    script.write_text(content)
    with pytest.raises(InvalidInput, match="speech_model"):
        open_engine(Settings(speech_model=f"scripted:{script}"))


def test_an_unknown_model_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="souffleur models list"):
        open_engine(Settings(speech_model="whisper-enormous", data_dir=tmp_path))


def test_a_model_that_is_not_there_is_refused_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="souffleur models fetch whisper-base"):
        open_engine(Settings(data_dir=tmp_path))


def test_a_directory_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"not a model")
    assert WhisperEngine.serves(str(tmp_path))
    with pytest.raises(Unavailable, match="cannot load"):
        open_engine(Settings(speech_model=str(tmp_path)))
