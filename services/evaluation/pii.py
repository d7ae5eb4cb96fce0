"""Scores the finding of personal data: ``{"text","spans":[{"start","end","label"}]}``.

The rules of the score, which ``souffleur models eval pii`` prints with it:

* only personal data is predicted: amounts, times, sites and dates (but for a birth) are not;
* a marked span is found when predicted spans cover at least half of its characters, whatever their
  labels (``recall``); ``label_recall`` also asks for the type, where the label is one of ours;
* a predicted span is right when at least half of its characters are marked (``precision``);
* ``false_alarm_rate`` is the share of rows without marked spans on which something was predicted.
"""

import datetime as dt
import math
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.assist.language import guess_language
from services.contracts.analysis import Entity
from services.contracts.base import Language
from services.entities import PERSONAL, find, personal
from services.evaluation.report import Indices, Report, Score, bootstrap
from services.evaluation.request import EvalRequest
from services.evaluation.rows import Row, read_rows

COVERED = 0.5
"""Share of a span's characters that the other side must cover."""

TODAY = dt.date(2026, 1, 1)
"""Relative dates count from here, so that the same file gives the same score on any day."""

RULE = (
    "found: predicted spans cover half of the marked characters or more, whatever the label; "
    "false alarm: a row without marked spans on which something was predicted"
)

_PROGRESS_EVERY = 200


@dataclass(frozen=True)
class Marked:
    """A span of a row, code points [start, end)."""

    start: int
    end: int
    label: str


@dataclass(frozen=True)
class Outcome:
    """What became of one row: counts, and of each marked span if it was found and rightly named."""

    marked: tuple[Marked, ...]
    found: tuple[bool, ...]
    named: tuple[bool, ...]
    predicted: int
    right: int


async def evaluate(request: EvalRequest, progress: Callable[[int, int], None]) -> Report:
    """Return recall, precision and false alarms, with a breakdown by label.

    Raises:
        InvalidInput: when a row does not fit, with file, line and field.
    """
    rows = read_rows(request.data)
    texts = [(row.text("text"), _language(row), _spans(row)) for row in rows]
    outcomes: list[Outcome] = []
    started = time.process_time()
    for number, (text, language, marked) in enumerate(texts, start=1):
        outcomes.append(compare(text, marked, personal(find(text, language, TODAY))))
        if number % _PROGRESS_EVERY == 0 or number == len(texts):
            progress(number, len(texts))
    cpu_ms = 1000 * (time.process_time() - started) / len(texts)
    return _report(outcomes, cpu_ms)


def compare(text: str, marked: Sequence[Marked], predicted: Sequence[Entity]) -> Outcome:
    """Return how the ``predicted`` entities of ``text`` fit the ``marked`` spans."""
    covered = _mask(len(text), [(one.start, one.end) for one in predicted])
    gold = _mask(len(text), [(one.start, one.end) for one in marked])
    return Outcome(
        marked=tuple(marked),
        found=tuple(bool(covered[one.start : one.end].mean() >= COVERED) for one in marked),
        named=tuple(any(_names(entity, one) for entity in predicted) for one in marked),
        predicted=len(predicted),
        right=sum(bool(gold[one.start : one.end].mean() >= COVERED) for one in predicted),
    )


def _names(entity: Entity, marked: Marked) -> bool:
    shared = min(entity.end, marked.end) - max(entity.start, marked.start)
    return entity.type == marked.label and shared >= COVERED * (marked.end - marked.start)


def _mask(length: int, spans: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
    mask = np.zeros(length, dtype=np.bool_)
    for start, end in spans:
        mask[start:end] = True
    return mask


def _language(row: Row) -> Language:
    given = row.optional_text("lang")
    if given in ("fr", "en"):
        return "en" if given == "en" else "fr"
    return guess_language(row.text("text"))


def _spans(row: Row) -> tuple[Marked, ...]:
    length = len(row.text("text"))
    spans: list[Marked] = []
    for span in row.rows("spans"):
        start, end = span.number("start"), span.number("end")
        if start % 1 or end % 1 or not 0 <= start < end <= length:
            raise row.wrong("spans", f"start and end must be whole and lie in 0..{length}")
        spans.append(Marked(int(start), int(end), span.text("label")))
    return tuple(spans)


def _report(outcomes: Sequence[Outcome], cpu_ms: float) -> Report:
    counts = {
        "found": [sum(one.found) for one in outcomes],
        "marked": [len(one.marked) for one in outcomes],
        "right": [one.right for one in outcomes],
        "predicted": [one.predicted for one in outcomes],
        "alarm": [not one.marked and one.predicted > 0 for one in outcomes],
        "clean": [not one.marked for one in outcomes],
    }
    columns = {name: np.array(values, dtype=np.int64) for name, values in counts.items()}
    ratios = {
        "recall": _ratio(columns["found"], columns["marked"]),
        "precision": _ratio(columns["right"], columns["predicted"]),
        "false_alarm_rate": _ratio(columns["alarm"], columns["clean"]),
    }
    return Report(
        task="pii",
        n=len(outcomes),
        cpu_ms_per_item=cpu_ms,
        scores={
            # Of nothing (no row without spans, say) there is no share: 0, and valid JSON.
            name: Score(0.0, 0.0, 0.0) if math.isnan(score.value) else score
            for name, ratio in ratios.items()
            for score in (bootstrap(ratio, len(outcomes)),)
        },
        extras=_extras(outcomes, columns),
    )


def _ratio(parts: NDArray[np.int64], wholes: NDArray[np.int64]) -> Callable[[Indices], float]:
    """Return the statistic that is the sum of ``parts`` over that of ``wholes``; 0 of 0 is nan."""

    def statistic(drawn: Indices) -> float:
        whole = int(wholes[drawn].sum())
        return float(parts[drawn].sum() / whole) if whole else float("nan")

    return statistic


def _extras(outcomes: Sequence[Outcome], columns: dict[str, NDArray[np.int64]]) -> dict[str, Any]:
    by_label: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for outcome in outcomes:
        for span, found, named in zip(outcome.marked, outcome.found, outcome.named, strict=True):
            tally = by_label[span.label]
            tally[0] += 1
            tally[1] += found
            tally[2] += named
    ours = [tally for label, tally in by_label.items() if label in PERSONAL]
    total = sum(tally[0] for tally in ours)
    return {
        "rule": RULE,
        "spans": int(columns["marked"].sum()),
        "predicted_spans": int(columns["predicted"].sum()),
        "spurious_spans": int((columns["predicted"] - columns["right"]).sum()),
        "rows_without_spans": int(columns["clean"].sum()),
        "label_recall": round(sum(tally[2] for tally in ours) / total, 4) if total else None,
        "by_label": {
            label: {"spans": tally[0], "recall": round(tally[1] / tally[0], 4)}
            for label, tally in sorted(by_label.items())
        },
    }
