"""Kernel ridge regression: what it says of rows left out, against fits that never saw them."""

import numpy as np
import pytest

from services.assist.heads.centring import unit
from services.assist.heads.kernel_ridge import Fitted, fit, inverse

DICE = np.random.default_rng(3)
TABLE = unit(DICE.normal(size=(40, 384)).astype(np.float32))
OWNERS = np.arange(40) % 4
TARGETS = np.eye(4, dtype=np.float32)[OWNERS]
WEIGHTS = DICE.uniform(0.5, 2.0, size=40)


def test_leaving_a_group_out_is_fitting_without_it() -> None:
    group = [3, 7, 20, 21]
    scores = Fitted(TABLE, TARGETS, WEIGHTS).without([group])
    others = np.setdiff1d(np.arange(40), group)
    refitted = fit(TABLE[others], TARGETS[others], WEIGHTS[others]).scores(TABLE[group])
    np.testing.assert_allclose(scores[group], refitted, atol=2e-4)
    assert not scores[others].any()


def test_both_ways_of_fitting_agree() -> None:
    asked = unit(DICE.normal(size=(3, 384)).astype(np.float32))
    one = Fitted(TABLE, TARGETS, WEIGHTS).model.scores(asked)
    np.testing.assert_allclose(one, fit(TABLE, TARGETS, WEIGHTS).scores(asked), atol=2e-4)


def test_a_matrix_that_is_not_positive_definite_is_refused() -> None:
    with pytest.raises(ValueError, match="positive definite"):
        inverse(-np.eye(3, dtype=np.float32))
