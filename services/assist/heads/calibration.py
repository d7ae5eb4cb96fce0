"""Logistic regression on a handful of signs: what turns scores into honest probabilities."""

import numpy as np
from numpy.typing import NDArray


def logistic(
    signs: NDArray[np.float64],
    right: NDArray[np.float64],
    weights: NDArray[np.float64],
    ridge_per_row: float = 1e-3,
) -> NDArray[np.float64]:
    """Return the coefficients of a weighted logistic regression (Newton's method with a ridge)."""
    weights = weights / weights.sum() * len(weights)
    beta = np.zeros(signs.shape[1])
    ridge = ridge_per_row * len(weights) * np.eye(signs.shape[1])
    for _ in range(25):
        expected = sigmoid(signs @ beta)
        slope = signs.T @ (weights * (right - expected)) - ridge @ beta
        curve = (signs * (weights * expected * (1 - expected))[:, None]).T @ signs + ridge
        step = np.linalg.solve(curve, slope)
        beta += step
        if np.abs(step).max() < 1e-6:
            break
    return beta


def sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return probabilities for log-odds."""
    return np.asarray(1.0 / (1.0 + np.exp(np.minimum(np.maximum(-values, -30), 30))))
