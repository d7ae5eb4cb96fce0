"""Scores the sentiment head on rows ``{"text","lang","label"}``, read as the live service reads."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.assist.encoder import Encoder, load_encoder
from services.assist.heads import trained_weights
from services.assist.heads.sentiment import SentimentHead
from services.assist.heads.trained import SENTIMENTS
from services.contracts.analysis import Prediction
from services.contracts.conversation import Turn
from services.evaluation.escapes import readable
from services.evaluation.intent import calibration
from services.evaluation.report import Report, bootstrap, macro_f1_of, mean_of
from services.evaluation.request import EvalRequest
from services.evaluation.rows import read_rows

LANGUAGES = ("fr", "en")

_AT_ONCE = 64
"""Texts encoded between two looks at the progress."""

_LONG = 15
"""Words from which a text counts as long in the breakdown."""


async def evaluate(request: EvalRequest, progress: Callable[[int, int], None]) -> Report:
    """Score the shipped head on ``data``: ``macro_f1`` and ``accuracy`` over all rows.

    Raises:
        SouffleurError: when a row is wrong or a model is missing.
    """
    rows = read_rows(request.data)
    truth = np.array([SENTIMENTS.index(row.choice("label", SENTIMENTS)) for row in rows])
    languages = np.array([row.choice("lang", LANGUAGES) for row in rows])
    texts = [readable(row.text("text")) for row in rows]
    encoder = load_encoder(request.settings)
    try:
        head = SentimentHead(trained_weights(request.settings.data_dir).part("sentiment"))
        predictions, cpu_s = await _read(head, encoder, texts, progress)
    finally:
        encoder.close()
    said = np.array([SENTIMENTS.index(each.top[0].label) for each in predictions])
    sure = np.array([each.confidence for each in predictions])
    scores = {
        "macro_f1": bootstrap(macro_f1_of(truth, said, len(SENTIMENTS)), len(rows)),
        "accuracy": bootstrap(mean_of(said == truth), len(rows)),
    }
    short = np.array([len(text.split()) < _LONG for text in texts])
    parts = {language: languages == language for language in LANGUAGES}
    parts |= {"short": short, "long": ~short}
    extras = {
        "by_part": {
            name: _part(truth[part], said[part]) for name, part in parts.items() if part.any()
        },
        "calibration": calibration(sure, said == truth),
    }
    return Report("sentiment", len(rows), 1000 * cpu_s / len(rows), scores, extras)


async def _read(
    head: SentimentHead,
    encoder: Encoder,
    texts: Sequence[str],
    progress: Callable[[int, int], None],
) -> tuple[list[Prediction], float]:
    """Return what the head says of each text, and the CPU seconds of encoder and head."""
    predictions: list[Prediction] = []
    started = time.process_time()
    for start in range(0, len(texts), _AT_ONCE):
        block = texts[start : start + _AT_ONCE]
        encodings = await encoder.encode(block, tuned=True)
        predictions += [
            head.predict(encoding, _turn(text))
            for encoding, text in zip(encodings, block, strict=True)
        ]
        progress(len(predictions), len(texts))
    return predictions, time.process_time() - started


def _turn(text: str) -> Turn:
    return Turn(id="turn", role="customer", text=text, start_ms=0, end_ms=0, channel="chat")


def _part(truth: NDArray[np.int64], said: NDArray[np.int64]) -> dict[str, Any]:
    macro_f1 = bootstrap(macro_f1_of(truth, said, len(SENTIMENTS)), len(truth))
    return {
        "n": len(truth),
        "macro_f1": round(macro_f1.value, 4),
        "macro_f1_ci95": [round(macro_f1.low, 4), round(macro_f1.high, 4)],
        "accuracy": round(float((truth == said).mean()), 4),
    }
