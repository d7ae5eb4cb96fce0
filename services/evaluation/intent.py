"""Scores a tenant's intent head: fitted on the training rows as the live service fits a playbook's.

Rows ``{"text","intent","lang"?}``; the intent ``oos`` stands for "none of these".
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from services.assist.embeddings import EmbeddingCache
from services.assist.encoder import Encoder, Encoding, load_encoder
from services.assist.heads import one_thread_each, trained_weights
from services.assist.heads.centring import LANGUAGES
from services.assist.heads.intent import fit_intents
from services.assist.heads.playbook_head import PlaybookHead
from services.assist.language import guess_language, language_of
from services.contracts.analysis import Prediction
from services.contracts.base import Language
from services.contracts.conversation import Turn
from services.contracts.playbook import Examples
from services.evaluation.report import Report, Score, auroc_of, bootstrap, macro_f1_of, mean_of
from services.evaluation.request import EvalRequest
from services.evaluation.rows import Row, read_rows
from services.kit.errors import InvalidInput

T = TypeVar("T")

OOS = "oos"
"""Intent of a row that has none of the intents."""

_AT_ONCE = 64
"""Texts encoded between two looks at the progress."""

_LONG = 15
"""Words from which a text counts as long in the breakdown."""

_BINS = 10
"""Equally wide bins of confidence in the calibration table."""


async def evaluate(request: EvalRequest, progress: Callable[[int, int], None]) -> Report:
    """Fit on ``train`` and score on ``data``.

    ``accuracy`` and ``macro_f1`` ask for the likeliest intent of the rows that have one;
    ``oos_auroc`` and ``oos_recall`` (at the live threshold) come only with rows that have none.

    Raises:
        SouffleurError: when a row is wrong or the encoder is missing.
    """
    fitted_on = read_rows(request.needed_train())
    rows = read_rows(request.data)
    examples, none = grouped(fitted_on)
    known = {*examples, OOS}
    truth = [row.choice("intent", known) for row in rows]
    turns = [_turn(row, language) for row, language in zip(rows, languages(rows), strict=True)]
    total = len(fitted_on) + len(rows)
    encoder = load_encoder(request.settings)
    try:
        head, fit_s = await _fit(examples, none, _Told(encoder, progress, total), request)
        predictions, cpu_s = await _read(head, turns, encoder, progress, total)
    finally:
        encoder.close()
    extras = {"train": len(fitted_on), "intents": len(examples), "fit_cpu_s": round(fit_s, 2)}
    scores, more = scored(turns, truth, predictions, tuple(examples))
    return Report("intent", len(rows), 1000 * cpu_s / len(rows), scores, extras | more)


def grouped(rows: Sequence[Row]) -> tuple[dict[str, Examples], Examples]:
    """Return the examples of each intent, and those of none.

    Raises:
        InvalidInput: when there are fewer than two intents.
    """
    texts: dict[str, dict[Language, list[str]]] = {OOS: {}}
    for row, language in zip(rows, languages(rows), strict=True):
        of_intent = texts.setdefault(row.text("intent"), {})
        of_intent.setdefault(language, []).append(row.text("text"))
    if len(texts) < 3:
        raise InvalidInput("needs rows of two intents at least", field="--train")
    none = _examples(texts.pop(OOS))
    return {name: _examples(given) for name, given in texts.items()}, none


def _examples(given: Mapping[Language, list[str]]) -> Examples:
    # Not validated: a row may be longer than an example of a playbook.
    return Examples.model_construct(fr=tuple(given.get("fr", ())), en=tuple(given.get("en", ())))


def named(label: str, examples: Examples) -> Examples:
    """Return what an intent is called, in words, as a playbook would say it."""
    words = (label.replace("_", " ").strip(),)
    return Examples.model_construct(
        fr=() if examples.en else words, en=words if examples.en else ()
    )


def languages(rows: Sequence[Row]) -> list[Language]:
    """Return the language of each row: its ``lang``, what its words show, or that of most rows."""
    shown: list[Language | None] = []
    for row in rows:
        if row.optional_text("lang") is None:
            shown.append(language_of(row.text("text")))
        else:
            shown.append("fr" if row.choice("lang", LANGUAGES) == "fr" else "en")
    votes = Counter(language for language in shown if language is not None)
    usual = votes.most_common(1)[0][0] if votes else guess_language(rows[0].text("text"))
    return [language or usual for language in shown]


class _Told:
    """An encoder that tells how far it is."""

    def __init__(self, encoder: Encoder, progress: Callable[[int, int], None], total: int) -> None:
        self._encoder = encoder
        self._progress = progress
        self._total = total

    @property
    def name(self) -> str:
        return self._encoder.name

    async def encode(self, texts: Sequence[str], *, tuned: bool = False) -> list[Encoding]:
        encodings: list[Encoding] = []
        for start in range(0, len(texts), _AT_ONCE):
            encodings += await self._encoder.encode(texts[start : start + _AT_ONCE], tuned=tuned)
            self._progress(len(encodings), self._total)
        return encodings

    async def read(self, text: str, reader: Callable[[Encoding], T]) -> T:
        return await self._encoder.read(text, reader)

    def close(self) -> None:
        self._encoder.close()


async def _fit(
    examples: Mapping[str, Examples], none: Examples, encoder: Encoder, request: EvalRequest
) -> tuple[PlaybookHead, float]:
    """Return the head and the CPU seconds of fitting it on embeddings that are there."""
    data_dir = request.settings.data_dir
    await asyncio.to_thread(one_thread_each)
    shift = (await asyncio.to_thread(trained_weights, data_dir)).shift
    # Apart from the tenants' own, which would give way to them when there are too many.
    cache = EmbeddingCache(data_dir / "embeddings" / "evaluation")
    names = {label: named(label, given) for label, given in examples.items()}
    every = (*examples.values(), *names.values(), none)
    texts = [text for given in every for text in (*given.fr, *given.en)]
    await cache.embed(encoder, texts)
    started = time.process_time()
    head = await fit_intents(examples, names, none, encoder, cache, shift)
    return head, time.process_time() - started


async def _read(
    head: PlaybookHead,
    turns: Sequence[Turn],
    encoder: Encoder,
    progress: Callable[[int, int], None],
    total: int,
) -> tuple[list[Prediction], float]:
    """Return what the head says of each turn, and the CPU seconds of encoder and head."""
    predictions: list[Prediction] = []
    started = time.process_time()
    for start in range(0, len(turns), _AT_ONCE):
        block = turns[start : start + _AT_ONCE]
        encodings = await encoder.encode([turn.text for turn in block])
        predictions += map(head.predict, encodings, block)
        progress(total - len(turns) + len(predictions), total)
    return predictions, time.process_time() - started


def _turn(row: Row, language: Language) -> Turn:
    text = row.text("text")
    return Turn(
        id="turn",
        role="customer",
        text=text,
        language=language,
        start_ms=0,
        end_ms=0,
        channel="chat",
    )


def scored(
    turns: Sequence[Turn],
    truth: Sequence[str],
    predictions: Sequence[Prediction],
    labels: tuple[str, ...],
) -> tuple[dict[str, Score], dict[str, Any]]:
    """Return the scores, and the breakdowns: per language and length, calibration."""
    number = {label: place for place, label in enumerate(labels)}
    true = np.array([number.get(label, -1) for label in truth])
    best = np.array([number[said.top[0].label] for said in predictions])
    sure = np.array([said.top[0].confidence for said in predictions])
    answered = np.array([said.label is not None for said in predictions])
    inside = true >= 0
    right = best == true
    scores: dict[str, Score] = {}
    if inside.any():
        scores["accuracy"] = bootstrap(mean_of(right[inside]), int(inside.sum()))
        f1 = macro_f1_of(true[inside], best[inside], len(labels))
        scores["macro_f1"] = bootstrap(f1, int(inside.sum()))
    if inside.any() and not inside.all():
        scores["oos_auroc"] = bootstrap(auroc_of(inside, sure), len(true))
    if not inside.all():
        refused = ~answered[~inside]
        scores["oos_recall"] = bootstrap(mean_of(refused), len(refused))
    parts = {
        "fr": np.array([turn.language == "fr" for turn in turns]),
        "en": np.array([turn.language == "en" for turn in turns]),
        "short": np.array([len(turn.text.split()) < _LONG for turn in turns]),
    }
    parts["long"] = ~parts["short"]
    extras = {
        "n_oos": int((~inside).sum()),
        "answered": _share(answered[inside]),
        "right_of_answered": _share(right[inside & answered]),
        "accuracy_by_part": {
            name: {"n": int((part & inside).sum()), "accuracy": _share(right[part & inside])}
            for name, part in parts.items()
            if (part & inside).any()
        },
        "calibration": calibration(sure, right),
    }
    return scores, extras


def calibration(sure: NDArray[Any], right: NDArray[np.bool_]) -> dict[str, Any]:
    """Return the expected calibration error, and per bin of confidence [n, said, right]."""
    place = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    bins = [
        [int(mine.sum()), round(float(sure[mine].mean()), 4), round(float(right[mine].mean()), 4)]
        for mine in (place == number for number in range(_BINS))
        if mine.any()
    ]
    error = sum(count * abs(said - true) for count, said, true in bins) / len(sure)
    return {"ece": round(error, 4), "bins": bins}


def _share(values: NDArray[np.bool_]) -> float | None:
    return round(float(values.mean()), 4) if len(values) else None
