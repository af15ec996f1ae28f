"""From outputs in the training rows' spread to predicted numbers with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from burnish.contracts import Json, Prediction, Targets
from burnish.metrics.conformal import COVERAGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from burnish.contracts import FloatArray


def standardised(numbers: Sequence[Json], targets: Targets) -> FloatArray:
    """Numbers as distances from the training rows' mean in their spread, float64 (rows,)."""
    return (np.array(numbers, dtype=np.float64) - _mean(targets)) / _spread(targets)


def number_predictions(outputs: np.ndarray, targets: Targets) -> list[Prediction]:
    """Numbers with their intervals; the confidence is the share of intervals that hold the truth.

    Args:
        outputs: float (rows, 2), the standardised number and half the width of its interval.
        targets: Give mean and spread.
    """
    outputs = outputs.astype(np.float64)
    found = []
    for output, half in outputs:
        value = _mean(targets) + _spread(targets) * output
        reach = _spread(targets) * max(half, 0.0)
        scores = {"standardised": float(output), "half_width": float(half)}
        interval = (float(value - reach), float(value + reach))
        found.append(Prediction(value=float(value), confidence=COVERAGE, scores=scores, interval=interval))
    return found


def _mean(targets: Targets) -> float:
    return targets.statistics.get("mean", 0.0)


def _spread(targets: Targets) -> float:
    return targets.statistics.get("spread", 1.0)
