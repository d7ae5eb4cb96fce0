"""A linear probe on the frozen view, mixed into each tuned head.

The tuned view was bent to tens of thousands of short texts; the frozen one knows more of the world.
Held out, a quarter of a probe's voice costs nothing on tweets and helps on service turns.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from models.train.multitask_data import Row
from models.train.multitask_model import MULTI_LABEL
from models.train.multitask_states import StateStore
from services.assist.heads.trained import EMOTIONS, LABELS, MOMENTS, SENTIMENTS, Linear

WEIGHTS = {
    "umsab": 1.0,
    "service": 10.0,
    "polite": 3.0,
    "playbook": 0.3,
    "own": 3.0,
    "emotion": 3.0,
    "moment": 1.0,
    "goemotions": 0.5,
    "xed": 0.2,
    "multidogo": 0.5,
    "sgd": 0.5,
    "nlupp": 0.5,
}
"""How much a row of each source counts."""

MOOD_OF = {"anger": "negative", "worry": "negative", "joy": "positive", "neutral": "neutral"}
BITTER = frozenset(MOMENTS.index(label) for label in ("complaint", "abuse", "distress"))
"""Moments that no customer tells in a neutral mood."""

_SCALE = 6.0
"""Brings the centred embedding near unit variance per direction, for the optimiser."""

_INVERSE_REGULARISATION = 3.0


def probe(name: str, rows: Sequence[Row], store: StateStore) -> Linear:
    """Return the head that reads task ``name`` from the frozen embedding."""
    learnt = [row for row in rows if row.task == name and row.split == "train"]
    if name == "sentiment":
        learnt += [row for row in _moods(rows) if row.split == "train"]
    table = store.embeddings([row.text for row in learnt])
    centre = table.mean(axis=0)
    table = (table - centre) * _SCALE
    model = LogisticRegression(C=_INVERSE_REGULARISATION, max_iter=2_000)
    if name in MULTI_LABEL:
        truth = np.zeros((len(learnt), len(LABELS[name])), dtype=int)
        for number, row in enumerate(learnt):
            truth[number, list(row.targets)] = 1
        each = OneVsRestClassifier(model).fit(table, truth).estimators_
        weight = np.concatenate([one.coef_ for one in each]) * _SCALE
        bias = np.concatenate([one.intercept_ for one in each])
    else:
        counts = [WEIGHTS[row.source] * row.weight for row in learnt]
        model.fit(table, [row.targets[0] for row in learnt], sample_weight=counts)
        weight, bias = model.coef_ * _SCALE, model.intercept_
    return Linear(weight.astype(np.float32), (bias - weight @ centre).astype(np.float32))


def mixed(tuned: Linear, frozen: Linear, share: float) -> Linear:
    """Return the head over both views whose logits are ``tuned`` + ``share`` x ``frozen``."""
    weight = np.concatenate((tuned.weight, share * frozen.weight), axis=1)
    return Linear(weight, np.asarray(tuned.bias + share * frozen.bias, dtype=np.float32))


def _moods(rows: Sequence[Row]) -> Iterator[Row]:
    """Give our own utterances for emotions and moments as moods."""
    for row in rows:
        if row.source != "own" or row.role != "customer":
            continue
        if row.task == "emotion":
            mood = SENTIMENTS.index(MOOD_OF[EMOTIONS[row.targets[0]]])
            yield Row("sentiment", "emotion", row.text, row.lang, row.split, (mood,))
        elif row.task == "moment" and BITTER.intersection(row.targets):
            mood = SENTIMENTS.index("negative")
            yield Row("sentiment", "moment", row.text, row.lang, row.split, (mood,))
