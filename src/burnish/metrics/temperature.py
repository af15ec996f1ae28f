"""Temperature scaling: one number that makes confidences honest (Guo et al. 2017)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from burnish.contracts import FloatArray

LOWEST, HIGHEST = 0.05, 20.0


def negative_log_likelihood(logits: FloatArray, targets: np.ndarray) -> float:
    """Mean cross-entropy of logits (rows, classes) against class positions (rows,); 0 where there are no rows."""
    if not len(targets):
        return 0.0
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=1))
    return float((log_sum - shifted[np.arange(len(targets)), targets]).mean())


def fit_temperature(logits: FloatArray, targets: np.ndarray) -> float:
    """The temperature T that minimises the cross-entropy of softmax(logits / T), searched in [0.05, 20].

    Args:
        logits: float64 (rows, classes), of rows that training has not seen.
        targets: int64 (rows,), class positions.
    """
    from scipy.optimize import minimize_scalar

    if not len(targets):
        return 1.0  # nothing to fit on
    best = minimize_scalar(
        lambda log_temperature: negative_log_likelihood(logits / np.exp(log_temperature), targets),
        bounds=(np.log(LOWEST), np.log(HIGHEST)),
        method="bounded",
    )
    return float(np.exp(best.x))
