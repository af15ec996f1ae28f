"""Ridge regression, its strength chosen on validation rows, with the half-width of its intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from burnish.metrics.conformal import conformal_half_width


@dataclass(frozen=True, kw_only=True)
class Ridge:
    """Weight float64 (width,), bias, and half the width of an interval; all for standardised numbers."""

    weight: np.ndarray
    bias: float
    half_width: float


def fit_ridge(
    train: Any, wanted: np.ndarray, validation: Any, validation_wanted: np.ndarray, strengths: tuple[float, ...]
) -> Ridge:
    """Fit once for every strength, and keep the one with the smallest squared error on validation rows.

    Args:
        train: float (rows, width), dense or sparse.
        wanted: float64 (rows,), standardised numbers.
        validation: float (rows, width).
        validation_wanted: float64 (rows,).
        strengths: Penalties on the squared weights.
    """
    from scipy.sparse import issparse
    from sklearn.linear_model import Ridge as ScikitRidge

    solver = "sparse_cg" if issparse(train) else "cholesky"
    best: tuple[float, np.ndarray, float] | None = None
    for strength in strengths:
        model = ScikitRidge(alpha=strength, solver=solver).fit(train, wanted)
        weight, bias = np.asarray(model.coef_, dtype=np.float64), float(model.intercept_)
        loss = float(((validation @ weight + bias - validation_wanted) ** 2).mean()) if len(validation_wanted) else 0.0
        if best is None or loss < best[0]:
            best = (loss, weight, bias)
    assert best is not None
    errors = np.asarray(validation @ best[1] + best[2] - validation_wanted, dtype=np.float64)
    return Ridge(weight=best[1], bias=best[2], half_width=conformal_half_width(errors))
