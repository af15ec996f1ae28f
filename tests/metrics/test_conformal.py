"""Intervals hold the truth as often as they say, by simulation."""

from __future__ import annotations

import numpy as np
import pytest

from burnish.metrics.conformal import conformal_half_width


@pytest.mark.parametrize("coverage", [0.8, 0.9])
@pytest.mark.parametrize("draw", ["standard_normal", "standard_cauchy", "standard_exponential"])
def test_new_rows_lie_within_as_often_as_said(coverage: float, draw: str) -> None:
    """Over many sets of 60 validation rows, whatever the errors are distributed like; exact is 55/61 of 0.9."""
    generator = np.random.default_rng(1)
    held = []
    for _ in range(1500):
        errors = getattr(generator, draw)(61 + 20)
        held.append((np.abs(errors[60:]) <= conformal_half_width(errors[:60], coverage)).mean())
    assert coverage - 0.01 <= np.mean(held) <= coverage + 1 / 61 + 0.01


def test_it_is_an_error_that_occurred() -> None:
    assert conformal_half_width(np.array([3.0, -1.0, 2.0, -4.0]), 0.5) == 3.0
    assert conformal_half_width(np.array([1.0, -2.0]), 0.9) == 2.0
    assert conformal_half_width(np.array([])) == 0.0
