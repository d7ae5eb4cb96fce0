"""What a speech engine is: audio of one utterance in, a transcript out."""

from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

from services.contracts.base import Language
from services.kit.settings import Settings
from services.transcribe.audio import Samples

LANGUAGES: tuple[Language, ...] = ("fr", "en")


@dataclass(frozen=True)
class Capabilities:
    """What an engine can do.

    Attributes:
        languages: what it recognises.
        detects_language: whether ``language`` may be ``None``.
        words: whether it can time words.
        partials: whether an unfinished utterance gives something worth showing.
        repeatable: whether the same audio gives the same text again, so that a final may be begun
            before it is sure that the utterance has ended.
    """

    languages: tuple[Language, ...] = LANGUAGES
    detects_language: bool = True
    words: bool = True
    partials: bool = True
    repeatable: bool = True


@dataclass(frozen=True)
class SpokenWord:
    """A word and its place in the utterance's audio, in seconds."""

    text: str
    start_s: float
    end_s: float
    confidence: float


@dataclass(frozen=True)
class Transcript:
    """What the engine heard.

    Attributes:
        text: the words, "" when it heard none.
        language: the language it was read in.
        language_confidence: 1.0 when the language was given.
        mean_logprob: mean log-probability of a token; near 0 is sure.
        no_speech_prob: probability that there is no speech.
        words: timed words, when they were asked for.
    """

    text: str
    language: Language
    language_confidence: float = 1.0
    mean_logprob: float = 0.0
    no_speech_prob: float = 0.0
    words: tuple[SpokenWord, ...] | None = None


class Engine(Protocol):
    """A recogniser. One instance serves every leg, from several threads at once."""

    name: ClassVar[str]
    capabilities: Capabilities

    @classmethod
    def serves(cls, model: str) -> bool:
        """Return whether this engine takes that value of ``speech_model``."""

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Load the model that the settings name.

        Raises:
            SouffleurError: when the model is missing or cannot be loaded.
        """

    def transcribe(
        self, samples: Samples, language: Language | None, *, final: bool, words: bool
    ) -> Transcript:
        """Recognise one utterance; blocks, and may raise anything.

        Args:
            samples: mono audio at 16 kHz.
            language: what is spoken, or ``None`` to have it detected.
            final: whether to spend what a final deserves; a partial is cheaper.
            words: whether to time words, where the engine can.
        """
