"""Numbers in the data's unit from outputs in the training rows' spread."""

from __future__ import annotations

import numpy as np
import pytest

from burnish.contracts import Targets
from burnish.number_predictions import number_predictions, standardised

TARGETS = Targets(statistics={"mean": 100.0, "spread": 20.0})


def test_there_and_back() -> None:
    numbers = [60.0, 100.0, 133.0]
    outputs = np.stack([standardised(numbers, TARGETS), np.full(3, 0.5)], axis=1)
    told = number_predictions(outputs, TARGETS)
    assert [p.value for p in told] == pytest.approx(numbers)
    assert told[0].interval == pytest.approx((50.0, 70.0))
    assert told[0].scores == pytest.approx({"standardised": -2.0, "half_width": 0.5})


def test_before_calibration_an_interval_has_no_width() -> None:
    told = number_predictions(np.array([[0.0, -0.3]]), TARGETS)[0]
    assert told.interval == (100.0, 100.0)
