"""Scores with their 95 % confidence intervals, and the report that holds them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]

ROUNDS = 1_000
"""Bootstrap rounds (Efron's percentile interval)."""

_DIGITS = 4


@dataclass(frozen=True)
class Score:
    """A score and its 95 % confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Report:
    """What one evaluation found.

    Attributes:
        task: name of the task.
        n: items that were scored.
        cpu_ms_per_item: CPU milliseconds per item, loading and fitting left out.
        scores: by name, as ``souffleur models eval`` prints them.
        extras: anything else worth telling (breakdowns, counts); JSON values.
    """

    task: str
    n: int
    cpu_ms_per_item: float
    scores: Mapping[str, Score]
    extras: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the JSON object that the command prints."""
        values: dict[str, Any] = {
            "task": self.task,
            "n": self.n,
            "cpu_ms_per_item": round(self.cpu_ms_per_item, 3),
        }
        for name, score in self.scores.items():
            values[name] = round(score.value, _DIGITS)
            values[f"{name}_ci95"] = [round(score.low, _DIGITS), round(score.high, _DIGITS)]
        return {**values, **self.extras}


def bootstrap(
    statistic: Callable[[Indices], float],
    n: int,
    *,
    groups: NDArray[Any] | None = None,
    rounds: int = ROUNDS,
    seed: int = 0,
) -> Score:
    """Return ``statistic`` of all items, and its interval over items drawn with replacement.

    Args:
        statistic: from indices of items, int64 (m,), repeats included, to the score. ``nan`` is
            passed over (a draw without any negative has no AUROC).
        n: number of items, at least 1.
        groups: (n,), what item belongs together (a dialogue): then groups are drawn, not items.
        rounds: how many draws.
        seed: the same seed gives the same interval.
    """
    dice = np.random.default_rng(seed)
    everything = np.arange(n, dtype=np.int64)
    if groups is None:
        draws = (dice.integers(0, n, n) for _ in range(rounds))
    else:
        _, member = np.unique(groups, return_inverse=True)
        order = np.argsort(member, kind="stable")
        parts = np.split(order, np.cumsum(np.bincount(member))[:-1])
        sizes = len(parts)
        draws = (
            np.concatenate([parts[part] for part in dice.integers(0, sizes, sizes)])
            for _ in range(rounds)
        )
    found = np.array([statistic(draw) for draw in draws])
    found = found[~np.isnan(found)]
    value = float(statistic(everything))
    if not len(found):
        return Score(value, value, value)
    low, high = np.quantile(found, (0.025, 0.975))
    return Score(value, float(low), float(high))


def mean_of(values: NDArray[Any]) -> Callable[[Indices], float]:
    """Return the statistic that is the mean of ``values`` (accuracy of right or wrong, say)."""
    return lambda drawn: float(values[drawn].mean())


def macro_f1_of(truth: Indices, said: Indices, labels: int) -> Callable[[Indices], float]:
    """Return the statistic that is the mean F1 of the labels 0 .. ``labels`` - 1.

    A label that neither the truth nor the answers of a draw hold does not count. What is outside
    the range in ``said`` is an answer that is always wrong.
    """

    def statistic(drawn: Indices) -> float:
        true, answer = truth[drawn], said[drawn]
        known = (answer >= 0) & (answer < labels)
        support = np.bincount(true, minlength=labels)[:labels]
        claimed = np.bincount(answer[known], minlength=labels)
        right = np.bincount(true[true == answer], minlength=labels)[:labels]
        total = support + claimed
        present = total > 0
        return float((2 * right[present] / total[present]).mean())

    return statistic


def auroc_of(positive: NDArray[np.bool_], score: NDArray[Any]) -> Callable[[Indices], float]:
    """Return the statistic that is how often a positive scores above a negative (ties: half)."""

    def statistic(drawn: Indices) -> float:
        right, values = positive[drawn], score[drawn]
        yes = int(right.sum())
        no = len(right) - yes
        if not yes or not no:
            return float("nan")
        _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
        last = np.cumsum(counts)
        ranks = (last - (counts - 1) / 2)[place]
        return float((ranks[right].sum() - yes * (yes + 1) / 2) / (yes * no))

    return statistic
