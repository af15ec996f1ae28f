"""Intervals that hold the truth as often as they say, whatever the model (split conformal, Papadopoulos 2002)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from burnish.contracts import FloatArray

COVERAGE = 0.9


def conformal_half_width(errors: FloatArray, coverage: float = COVERAGE) -> float:
    """How far an interval must reach to either side of an answer to hold the truth of new rows with this probability.

    Of n rows that nothing was fitted to, the ceil((n + 1) coverage)-th smallest absolute error is taken: then the
    probability is at least that for a new row of the same kind. With fewer than coverage / (1 - coverage) rows no
    error is large enough, and the largest is taken.

    Args:
        errors: float64 (rows,), answers minus truths; their sign does not matter.
        coverage: In (0, 1).
    """
    if not len(errors):
        return 0.0
    place = min(math.ceil((len(errors) + 1) * coverage), len(errors))
    return float(np.partition(np.abs(errors), place - 1)[place - 1])
