"""Scores and their intervals, against scikit-learn and against what theory says."""

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from services.evaluation.report import (
    Report,
    Score,
    auroc_of,
    bootstrap,
    macro_f1_of,
    mean_of,
)


def test_the_interval_of_a_share_is_the_binomial_one() -> None:
    right = np.arange(1000) < 900
    score = bootstrap(mean_of(right), 1000)
    assert score.value == 0.9
    # 1.96 standard errors are 0.0186.
    assert score.low == pytest.approx(0.9 - 0.0186, abs=0.003)
    assert score.high == pytest.approx(0.9 + 0.0186, abs=0.003)
    assert bootstrap(mean_of(right), 1000) == score


def test_items_that_belong_together_are_drawn_together() -> None:
    right = np.repeat(np.arange(100) < 50, 10)
    alone = bootstrap(mean_of(right), 1000)
    together = bootstrap(mean_of(right), 1000, groups=np.repeat(np.arange(100), 10))
    assert together.value == alone.value == 0.5
    assert together.high - together.low > 2.5 * (alone.high - alone.low)


def test_macro_f1_is_scikit_learns() -> None:
    dice = np.random.default_rng(1)
    truth, said = dice.integers(0, 5, 300), dice.integers(0, 5, 300)
    ours = macro_f1_of(truth, said, 5)(np.arange(300))
    assert ours == pytest.approx(f1_score(truth, said, average="macro"))


def test_an_answer_outside_the_labels_is_wrong_and_no_label() -> None:
    truth, said = np.array([0, 0, 1, 1]), np.array([0, -1, 1, 2])
    assert macro_f1_of(truth, said, 2)(np.arange(4)) == pytest.approx((2 / 3 + 2 / 3) / 2)


def test_auroc_is_scikit_learns_with_ties() -> None:
    dice = np.random.default_rng(2)
    truth = dice.integers(0, 2, 500) > 0
    score = np.round(dice.normal(size=500) + truth, 1)
    assert auroc_of(truth, score)(np.arange(500)) == pytest.approx(roc_auc_score(truth, score))


def test_a_score_that_no_draw_can_give_is_its_own_interval() -> None:
    score = bootstrap(auroc_of(np.ones(5, dtype=bool), np.arange(5)), 5)
    assert np.isnan([score.value, score.low, score.high]).all()


def test_the_json_holds_each_score_and_its_interval() -> None:
    report = Report("intent", 3, 1.23456, {"accuracy": Score(0.5, 0.25, 0.75)}, {"fitted": 2})
    assert report.as_json() == {
        "task": "intent",
        "n": 3,
        "cpu_ms_per_item": 1.235,
        "accuracy": 0.5,
        "accuracy_ci95": [0.25, 0.75],
        "fitted": 2,
    }
