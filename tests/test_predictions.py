"""From logits to predictions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax as by_scipy

from burnish.contracts import Targets
from burnish.predictions import label_predictions, softmax

TARGETS = Targets(labels=("a", "b"), counts=(1, 1))


def test_softmax_is_right_and_does_not_overflow() -> None:
    logits = np.array([[1.0, 2.0, 3.0], [1e4, 0.0, -1e4], [-1e4, -1e4, -1e4]], dtype=np.float32)
    found = softmax(logits)
    assert found.dtype == np.float64
    assert np.allclose(found, by_scipy(logits.astype(np.float64), axis=1))
    assert np.allclose(found.sum(axis=1), 1)
    assert softmax(np.zeros((0, 3))).shape == (0, 3)


def test_the_most_probable_label_wins() -> None:
    first, second, tie = label_predictions(np.array([[0.25, 0.75], [0.9, 0.1], [0.5, 0.5]]), TARGETS)
    assert (first.value, first.confidence) == ("b", 0.75)
    assert first.scores == {"a": 0.25, "b": 0.75}
    assert (second.value, second.confidence) == ("a", 0.9)
    assert tie.value == "a"
    assert all(type(number) is float for number in (first.confidence, *first.scores.values()))
    assert label_predictions(np.zeros((0, 2)), TARGETS) == []


def test_a_column_too_many_is_noticed() -> None:
    with pytest.raises((ValueError, IndexError)):
        label_predictions(np.array([[0.2, 0.3, 0.5]]), TARGETS)
