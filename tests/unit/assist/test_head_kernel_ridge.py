"""Kernel ridge regression: what it says of rows left out, against fits that never saw them."""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.linalg import cho_factor, cho_solve
from scipy.linalg import lapack as scipy_lapack

from services.assist.heads import lapack
from services.assist.heads.centring import Centres, unit
from services.assist.heads.kernel_ridge import Fitted, fit, inverse
from services.assist.heads.labelled_rows import Rows, with_talk

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


def test_the_numbers_are_those_of_scipys_own_wrappers() -> None:
    root = DICE.normal(size=(300, 300)).astype(np.float32)
    matrix = root @ root.T + 300 * np.eye(300, dtype=np.float32)
    upper, _ = scipy_lapack.spotri(scipy_lapack.spotrf(matrix)[0])
    np.testing.assert_array_equal(inverse(matrix), np.triu(upper) + np.triu(upper, 1).T)
    factored = np.asfortranarray(matrix)
    right = np.asfortranarray(root[:, :5])
    assert lapack.factor(factored, b"L") == lapack.solve(factored, right, b"L") == 0
    wanted = cho_solve(cho_factor(matrix, lower=True), root[:, :5])
    np.testing.assert_array_equal(right, wanted)
    with pytest.raises(ValueError, match="order"):
        lapack.factor(root, b"U")


def test_other_threads_go_on_while_a_matrix_is_factored() -> None:
    matrix = np.eye(2500, dtype=np.float32, order="F")
    matrix += 0.1
    with ThreadPoolExecutor(1) as threads:
        working = threads.submit(lapack.factor, matrix, b"U")
        steps = 0
        while not working.done():
            steps += 1
            time.sleep(0.001)
    assert working.result() == 0
    assert steps > 5, "the interpreter's lock was held"


def test_a_matrix_that_is_not_positive_definite_is_refused() -> None:
    with pytest.raises(ValueError, match="positive definite"):
        inverse(-np.eye(3, dtype=np.float32))


def test_small_talk_that_is_an_example_of_an_intent_is_no_refusal() -> None:
    centres = Centres({"fr": np.zeros(384, np.float32), "en": np.zeros(384, np.float32)})
    examples = {"thanks": {"en": TABLE[:2]}, "card": {"en": TABLE[2:4]}}
    joined = with_talk({}, {"en": TABLE[1:2], "fr": TABLE[10:12]}, examples, centres)
    assert joined["en"].shape == (0, 384)
    np.testing.assert_array_equal(joined["fr"], TABLE[10:12])


def test_thinning_keeps_names_and_refusals_and_an_equal_share_of_examples() -> None:
    owners = np.array([0] * 12 + [1] * 9 + [2] * 6)
    examples = [row for row in range(27) if row not in (11, 20)]  # a name ends each label
    rows = Rows(TABLE[:27], owners, examples, 2).thinned(9)
    assert np.bincount(rows.owners).tolist() == [5, 4, 6]
    named = np.setdiff1d(np.arange(len(rows.owners)), rows.examples)
    np.testing.assert_array_equal(rows.table[named], TABLE[[11, 20]])
