"""An engine that says what a script tells it to: for tests and for trying a set-up without a model.

``speech_model = "scripted:FILE"`` reads the script: a JSON list of lines, each a text or
``{"text", "language"?, "seconds"?, "fails"?}``.
"""

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from services.contracts.base import Language
from services.kit.errors import InvalidInput
from services.kit.settings import Settings
from services.transcribe.audio import SAMPLE_RATE, Samples
from services.transcribe.engines.port import Capabilities, SpokenWord, Transcript

_PREFIX = "scripted:"


class Line(BaseModel):
    """What to answer to one utterance: its text, after so many seconds, or a failure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = ""
    language: Language = "fr"
    seconds: float = 0.0
    fails: bool = False
    mean_logprob: float = -0.2


_SCRIPT: TypeAdapter[list[str | Line]] = TypeAdapter(list[str | Line])


class ScriptedEngine:
    """Answers finals with the lines in order (then again from the first), partials with a part.

    A line with ``seconds`` blocks that long, or until ``released`` is set: a hang that a test ends.
    """

    name: ClassVar[str] = "scripted"
    capabilities = Capabilities(repeatable=False)

    def __init__(self, lines: Sequence[str | Line]) -> None:
        self._lines = [Line(text=line) if isinstance(line, str) else line for line in lines]
        self._next = 0
        self._lock = threading.Lock()
        self.released = threading.Event()

    @classmethod
    def serves(cls, model: str) -> bool:
        return model.startswith(_PREFIX)

    @classmethod
    def open(cls, settings: Settings) -> Self:
        path = Path(settings.speech_model.removeprefix(_PREFIX))
        try:
            lines = _SCRIPT.validate_json(path.read_bytes())
        except (OSError, ValidationError, json.JSONDecodeError) as error:
            detail = f"cannot read the script {path}: give a JSON list of lines"
            raise InvalidInput(detail, field="speech_model") from error
        return cls(lines)

    def transcribe(
        self, samples: Samples, language: Language | None, *, final: bool, words: bool
    ) -> Transcript:
        """Say the next line.

        Raises:
            RuntimeError: when the line says so.
        """
        with self._lock:
            line = self._lines[self._next % len(self._lines)] if self._lines else Line()
            self._next += final
        if line.seconds:
            self.released.wait(line.seconds)
        if line.fails:
            msg = "the script says that this utterance fails"
            raise RuntimeError(msg)
        text = line.text if final else _beginning(line.text, len(samples))
        return Transcript(
            text=text,
            language=language or line.language,
            mean_logprob=line.mean_logprob,
            words=_spread(text, len(samples) / SAMPLE_RATE) if words else None,
        )


def _beginning(text: str, samples: int) -> str:
    """Return about as many words as fit into the audio, at 3 words a second."""
    return " ".join(text.split()[: max(1, 3 * samples // SAMPLE_RATE)])


def _spread(text: str, seconds: float) -> tuple[SpokenWord, ...]:
    spoken = text.split()
    each = seconds / max(1, len(spoken))
    return tuple(
        SpokenWord(word, at * each, (at + 1) * each, 1.0) for at, word in enumerate(spoken)
    )
