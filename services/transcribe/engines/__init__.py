"""The speech engines. A new one is a file here and a line in ``ENGINES``."""

from services.kit.errors import InvalidInput
from services.kit.settings import Settings
from services.transcribe.engines.port import Engine
from services.transcribe.engines.scripted import ScriptedEngine
from services.transcribe.engines.whisper import WhisperEngine

ENGINES: tuple[type[Engine], ...] = (ScriptedEngine, WhisperEngine)
"""Asked in this order which of them serves the model of the settings."""


def open_engine(settings: Settings) -> Engine:
    """Load the engine that serves ``settings.speech_model``.

    Raises:
        InvalidInput: when no engine does.
        SouffleurError: when the model is missing or cannot be loaded.
    """
    for engine in ENGINES:
        if engine.serves(settings.speech_model):
            return engine.open(settings)
    raise InvalidInput(
        f"no engine serves {settings.speech_model!r}: name a speech model of the manifest "
        "(souffleur models list) or a directory with a CTranslate2 Whisper model",
        field="speech_model",
    )
