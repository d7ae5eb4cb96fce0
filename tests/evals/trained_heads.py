"""What the trained heads say of own utterances that no training saw, read as the service reads."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.assist.encoder import load_encoder
from services.assist.heads import trained_heads, trained_weights
from services.assist.heads.trained import ACTS, EMOTIONS, MOMENTS
from services.contracts.analysis import Prediction
from services.contracts.conversation import Turn
from services.evaluation.intent import calibration
from services.evaluation.report import Indices, Score, bootstrap, macro_f1_of, mean_of
from services.evaluation.rows import Row, read_rows
from services.kit.settings import Settings

FIELDS = {
    "emotion": ("emotion", EMOTIONS),
    "dialogue_act": ("act", ACTS),
    "moment": ("moments", MOMENTS),
}
"""The field of a row and the labels that each head is asked for."""

_AT_ONCE = 64


async def measure(head: str, files: Sequence[Path], data_dir: Path) -> dict[str, Any]:
    """Return the JSON of the scores of one head on the rows of ``files`` that label it."""
    field, labels = FIELDS[head]
    rows = [row for row in read_rows(files) if field in row.fields]
    said = await _read(head, rows, data_dir)
    if head == "moment":
        truth = np.array([[label in row.fields[field] for label in labels] for row in rows])
        told = np.array([[label in heard(each) for label in labels] for each in said])
        report = _moments(truth, told, rows)
    else:
        report = _single(rows, said, field, labels)
    return {"task": head.replace("_", "-"), "n": len(rows), **report}


def heard(said: Prediction) -> set[str]:
    """Return the moments that are told."""
    return {moment.label for moment in said.top}


def by_language(rows: Sequence[Row]) -> Iterator[tuple[str, Indices]]:
    """Give the places of each language's rows."""
    for language in ("fr", "en"):
        yield language, np.flatnonzero([row.fields["lang"] == language for row in rows])


def micro_of(
    truth: NDArray[np.bool_], told: NDArray[np.bool_]
) -> Mapping[str, Callable[[Indices], float]]:
    """Return precision, recall and F1 over all labels of all rows together, bools (n, labels)."""
    both, asked, given = (each.sum(axis=1) for each in (truth & told, truth, told))

    def share(parts: NDArray[Any], wholes: NDArray[Any]) -> Callable[[Indices], float]:
        return lambda drawn: float(parts[drawn].sum() / max(1, wholes[drawn].sum()))

    return {
        "precision": share(both, given),
        "recall": share(both, asked),
        "f1": share(2 * both, asked + given),
    }


async def _read(head: str, rows: Sequence[Row], data_dir: Path) -> list[Prediction]:
    settings = Settings(data_dir=data_dir)
    [reader] = [each for each in trained_heads(trained_weights(data_dir)) if each.name == head]
    encoder = load_encoder(settings)
    said: list[Prediction] = []
    try:
        for start in range(0, len(rows), _AT_ONCE):
            block = rows[start : start + _AT_ONCE]
            encodings = await encoder.encode([row.text("text") for row in block], tuned=True)
            said += [
                reader.predict(encoding, _turn(row))
                for encoding, row in zip(encodings, block, strict=True)
            ]
    finally:
        encoder.close()
    return said


def _turn(row: Row) -> Turn:
    return Turn.model_validate(
        {"id": "t", "role": row.text("role"), "text": row.text("text"), "channel": "chat"}
        | {"language": row.text("lang"), "start_ms": 0, "end_ms": 0}
    )


def _single(
    rows: Sequence[Row], said: Sequence[Prediction], field: str, labels: Sequence[str]
) -> dict[str, Any]:
    truth = np.array([labels.index(row.choice(field, labels)) for row in rows])
    answer = np.array([labels.index(each.top[0].label) for each in said])
    sure = np.array([each.top[0].confidence for each in said])
    report = _scored(
        len(rows),
        {
            "macro_f1": macro_f1_of(truth, answer, len(labels)),
            "accuracy": mean_of(truth == answer),
        },
    )
    parts = {
        language: {
            "n": len(places),
            "macro_f1": round(macro_f1_of(truth, answer, len(labels))(places), 4),
        }
        for language, places in by_language(rows)
    }
    return {**report, "macro_f1_by_part": parts, "calibration": calibration(sure, truth == answer)}


def _moments(
    truth: NDArray[np.bool_], told: NDArray[np.bool_], rows: Sequence[Row]
) -> dict[str, Any]:
    statistics = micro_of(truth, told)
    parts = {
        language: {"n": len(places), "f1": round(statistics["f1"](places), 4)}
        for language, places in by_language(rows)
    }
    of_each = {
        label: {
            "n": int(truth[:, column].sum()),
            "recall": round(float(told[truth[:, column], column].mean()), 4),
        }
        for column, label in enumerate(MOMENTS)
        if truth[:, column].any()
    }
    return {
        **_scored(len(rows), statistics),
        "f1_by_part": parts,
        "recall_by_part": of_each,
    }


def _scored(n: int, statistics: Mapping[str, Callable[[Indices], float]]) -> dict[str, Any]:
    report: dict[str, Any] = {}
    for name, statistic in statistics.items():
        score: Score = bootstrap(statistic, n)
        report[name] = round(score.value, 4)
        report[f"{name}_ci95"] = [round(score.low, 4), round(score.high, 4)]
    return report
