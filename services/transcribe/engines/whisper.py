"""Whisper through CTranslate2, with an encoder window as short as the utterance allows."""

import logging
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import ctranslate2
import numpy as np
import tokenizers
from threadpoolctl import threadpool_limits

from services.contracts.base import Language
from services.kit import modelstore
from services.kit.errors import Unavailable
from services.kit.settings import Settings
from services.transcribe import guards
from services.transcribe.audio import SAMPLE_RATE, Samples
from services.transcribe.engines.port import LANGUAGES, Capabilities, SpokenWord, Transcript
from services.transcribe.mel import FRAMES_PER_SECOND, log_mel

_LOG = logging.getLogger(__name__)
_WHOLE_WINDOW_S = 30.0
_FRAMES_PER_ALIGNMENT = 2
_TOKEN_CAP = 200
_UNCOVERED_S = 3.0


@dataclass(frozen=True)
class Thrift:
    """How little a final may spend on the CPU; ``tests/bench/bench_speech_windows.py`` compares.

    Attributes:
        least_s: shortest encoder window, in seconds.
        margin_s: silence that the window holds after the utterance.
        beam: hypotheses followed while decoding; 1 is greedy.
    """

    least_s: float = 8.0
    margin_s: float = 2.0
    beam: int = 2


@dataclass(frozen=True)
class _Effort:
    """How much one decode spends: its encoder window and its beam."""

    window_s: float
    beam: int


@dataclass(frozen=True)
class _Decoded:
    """One decode: its text tokens, how sure it is, and whether it may have lost something."""

    tokens: tuple[int, ...]
    text: str
    mean_logprob: float
    no_speech_prob: float
    doubtful: bool
    encoded: Any


class WhisperEngine:
    """Whisper (OpenAI, MIT). int8 on the CPU, float16 on a GPU; ``workers`` decodes at once."""

    name: ClassVar[str] = "whisper"
    capabilities = Capabilities()

    def __init__(
        self, directory: Path, *, workers: int = 2, gpu: bool = False, thrift: Thrift = Thrift()
    ) -> None:
        """Load the model.

        Raises:
            Unavailable: when the directory does not hold a CTranslate2 Whisper model.
        """
        # Threads of numpy's matrix products spin when they are done: more than the spectrum costs.
        threadpool_limits(1, user_api="blas")
        self._gpu = gpu
        self._thrift = thrift
        try:
            self._model: Any = ctranslate2.models.Whisper(
                str(directory),
                device="cuda" if gpu else "cpu",
                compute_type="float16" if gpu else "int8",
                inter_threads=workers,
                intra_threads=1,
            )
            self._tokenizer = tokenizers.Tokenizer.from_file(str(directory / "tokenizer.json"))
        except Exception as error:
            detail = f"cannot load the speech model in {directory}: {type(error).__name__}"
            raise Unavailable(detail, field="speech_model") from error
        self._start = self._token("startoftranscript")
        self._transcribe = self._token("transcribe")
        self._end = self._token("endoftext")
        self._first_time = self._token("notimestamps") + 1
        self._languages = {language: self._token(language) for language in LANGUAGES}

    @classmethod
    def serves(cls, model: str) -> bool:
        if Path(model, "model.bin").is_file():
            return True
        entry = modelstore.read_manifest().get(model)
        return entry is not None and entry.kind == "speech"

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Load the model of the settings from the data directory, or from the directory named."""
        directory = Path(settings.speech_model)
        if not (directory / "model.bin").is_file():
            directory = modelstore.locate(settings.speech_model, settings.data_dir)
        if ctranslate2.get_cuda_device_count() > 0:
            try:
                return cls._warm(directory, settings.speech_workers, gpu=True)
            except (Unavailable, RuntimeError):
                _LOG.warning("the GPU cannot be used for speech (CUDA libraries?); using the CPU")
        return cls._warm(directory, settings.speech_workers, gpu=False)

    @classmethod
    def _warm(cls, directory: Path, workers: int, *, gpu: bool) -> Self:
        """Load, and decode once: the first decode allocates, and should not be a customer's."""
        engine = cls(directory, workers=workers, gpu=gpu)
        engine.transcribe(np.zeros(SAMPLE_RATE, np.float32), "fr", final=False, words=False)
        return engine

    def transcribe(
        self, samples: Samples, language: Language | None, *, final: bool, words: bool
    ) -> Transcript:
        """Recognise one utterance of at most 30 s.

        A doubtful final (cut off by the token cap, stuck in a loop, or with too little text for its
        length) is decoded again with the whole window that Whisper was trained on.
        """
        seconds = len(samples) / SAMPLE_RATE
        effort = self._effort(seconds, final=final)
        encoded = self._encode(samples, effort.window_s)
        confidence = 1.0
        if language is None:
            language, confidence = self._detect(encoded)
        decoded = self._decode(encoded, language, effort, seconds)
        if final and decoded.doubtful:
            whole = _Effort(_WHOLE_WINDOW_S, 5)
            again = self._decode(self._encode(samples, whole.window_s), language, whole, seconds)
            decoded = _better(decoded, again)
        return Transcript(
            text=guards.without_loops(decoded.text),
            language=language,
            language_confidence=confidence,
            mean_logprob=decoded.mean_logprob,
            no_speech_prob=decoded.no_speech_prob,
            words=self._words(decoded, language, seconds) if words else None,
        )

    def _token(self, name: str) -> int:
        token = self._tokenizer.token_to_id(f"<|{name}|>")
        if token is None:
            detail = (
                f"the speech model's tokenizer has no <|{name}|>: it is not multilingual Whisper"
            )
            raise Unavailable(detail, field="speech_model")
        return token

    def _effort(self, seconds: float, *, final: bool) -> _Effort:
        """Choose the window: the encoder's cost grows with it, but too short a one loses words."""
        if self._gpu:
            return _Effort(_WHOLE_WINDOW_S, 5 if final else 1)
        if final:
            thrift = self._thrift
            return _Effort(_window(thrift.least_s, seconds + thrift.margin_s), thrift.beam)
        return _Effort(_window(8.0, seconds + 1.0), 1)

    def _encode(self, samples: Samples, window_s: float) -> Any:
        mel = log_mel(samples, window_s, self._model.n_mels)
        return self._model.encode(ctranslate2.StorageView.from_array(mel[None]))

    def _detect(self, encoded: Any) -> tuple[Language, float]:
        """Return the likelier of our languages, and its probability among them."""
        found = dict(self._model.detect_language(encoded)[0])
        scores = {language: found.get(f"<|{language}|>", 0.0) for language in LANGUAGES}
        best = max(LANGUAGES, key=lambda language: scores[language])
        return best, scores[best] / max(sum(scores.values()), 1e-9)

    def _prompt(self, language: Language) -> list[int]:
        return [self._start, self._languages[language], self._transcribe]

    def _decode(
        self, encoded: Any, language: Language, effort: _Effort, seconds: float
    ) -> _Decoded:
        prompt = self._prompt(language)
        cap = min(_TOKEN_CAP, int(12 * seconds) + 24)
        result = self._model.generate(
            encoded,
            [prompt],
            beam_size=effort.beam,
            max_length=2 * (len(prompt) + cap),  # the library halves it
            max_initial_timestamp_index=50,
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        ids = result.sequences_ids[0]
        tokens = tuple(token for token in ids if token < self._end)
        text = self._tokenizer.decode(list(tokens)).strip()
        times = [0.02 * (token - self._first_time) for token in ids if token >= self._first_time]
        covered = max(times, default=seconds)
        return _Decoded(
            tokens=tokens,
            text=text,
            mean_logprob=result.scores[0],
            no_speech_prob=result.no_speech_prob,
            doubtful=len(ids) >= cap
            or (bool(text) and covered < seconds - _UNCOVERED_S)
            or guards.is_too_short(text, seconds)
            or guards.is_loop(text),
            encoded=encoded,
        )

    def _words(
        self, decoded: _Decoded, language: Language, seconds: float
    ) -> tuple[SpokenWord, ...]:
        """Time the words by the decoder's cross-attention (openai/whisper ``timing.py``)."""
        if not decoded.tokens:
            return ()
        aligned = self._model.align(
            decoded.encoded,
            self._prompt(language),
            [list(decoded.tokens)],
            math.ceil(seconds * FRAMES_PER_SECOND),
        )[0]
        starts: dict[int, float] = {}
        for token, frame in aligned.alignments:
            starts.setdefault(token, frame * _FRAMES_PER_ALIGNMENT / FRAMES_PER_SECOND)
        groups = self._group(decoded.tokens)
        words: list[SpokenWord] = []
        for text, first, after in groups:
            start = min(seconds, max(starts.get(first, 0.0), words[-1].end_s if words else 0.0))
            end = min(seconds, max(starts.get(after, seconds), start))
            sure = float(np.mean(aligned.text_token_probs[first:after]))
            words.append(SpokenWord(text, start, end, min(1.0, max(0.0, sure))))
        return tuple(words[at] for at in guards.said_once([word.text for word in words]))

    def _group(self, tokens: tuple[int, ...]) -> list[tuple[str, int, int]]:
        """Group tokens into words at spaces: (word, first token, token after the last)."""
        bounds = [
            at
            for at, token in enumerate(tokens)
            if at == 0 or (self._tokenizer.id_to_token(token) or "").startswith("Ġ")
        ]
        pairs = zip(bounds, [*bounds[1:], len(tokens)], strict=True)
        grouped = [
            (self._tokenizer.decode(list(tokens[first:after])).strip(), first, after)
            for first, after in pairs
        ]
        return [group for group in grouped if group[0]]


def _window(least: float, wanted: float) -> float:
    return float(min(_WHOLE_WINDOW_S, max(least, math.ceil(wanted))))


def _better(first: _Decoded, second: _Decoded) -> _Decoded:
    """Prefer the second decode unless it is the doubtful one of the two, or much less probable."""
    if second.doubtful and not first.doubtful:
        return first
    if not second.text or second.mean_logprob < first.mean_logprob - 0.5:
        return first
    return second
