"""What a trained branch is worth on the rows that it did not see."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, f1_score

from models.train.multitask_data import Row
from models.train.multitask_model import MULTI_LABEL, TASKS
from models.train.multitask_run import Training
from services.assist.heads.trained import MOMENTS


def score(training: Training, rows: Sequence[Row]) -> dict[str, Any]:
    """Return the scores of each task, source and language outside the training split."""
    unseen = [row for row in rows if row.split != "train"]
    report: dict[str, Any] = {}
    for averaged in (True, False):
        logits = head_logits(training, unseen, averaged=averaged)
        for kind in sorted({(row.task, row.source, row.lang) for row in unseen}):
            mine = [n for n, row in enumerate(unseen) if (row.task, row.source, row.lang) == kind]
            name = " ".join((*kind, "" if averaged else "last")).strip()
            said = np.stack([logits[n] for n in mine])
            report[name] = _scored(kind[0], said, [unseen[n] for n in mine])
    return report


def head_logits(
    training: Training, rows: Sequence[Row], *, averaged: bool = True
) -> list[NDArray[np.float32]]:
    """Return each row's logits, those of its own task."""
    texts = list(dict.fromkeys(row.text for row in rows))
    vectors = training.vectors(texts, averaged=averaged)
    place = {text: number for number, text in enumerate(texts)}
    heads = training.head_weights(averaged=averaged)
    return [vectors[place[row.text]] @ heads[row.task][0].T + heads[row.task][1] for row in rows]


def _scored(task: str, logits: NDArray[np.float32], rows: Sequence[Row]) -> dict[str, Any]:
    if task not in MULTI_LABEL:
        truth, said = np.array([row.targets[0] for row in rows]), logits.argmax(axis=1)
        return {
            "n": len(rows),
            "macro_f1": round(float(f1_score(truth, said, average="macro")), 4),
            "accuracy": round(float((truth == said).mean()), 4),
        }
    truth = np.zeros((len(rows), TASKS[task]), dtype=int)
    for number, row in enumerate(rows):
        truth[number, list(row.targets)] = 1
    present = [column for column in range(TASKS[task]) if truth[:, column].any()]
    precision = {
        MOMENTS[column]: round(
            float(average_precision_score(truth[:, column], logits[:, column])), 3
        )
        for column in present
    }
    f1 = f1_score(truth, logits > 0, average="macro", zero_division=0)
    return {"n": len(rows), "macro_f1": round(float(f1), 4), "average_precision": precision}
