"""The area under the curve, against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from burnish.contracts import Prediction, Targets
from burnish.metrics.intervals import score_rows
from burnish.metrics.ranking import AUC
from burnish.predictions import label_predictions, softmax

TARGETS = Targets(labels=("a", "b", "c"), counts=(1, 1, 1))
GENERATOR = np.random.default_rng(0)
TRUE = GENERATOR.integers(0, 3, 80)
SHARES = softmax((np.eye(3)[TRUE] + GENERATOR.normal(0, 1, (80, 3))).round(1))  # rounded: some are the same
LABELS = [TARGETS.labels[index] for index in TRUE]


def test_it_is_the_mean_of_one_against_the_rest() -> None:
    found = score_rows(AUC, AUC.statistics(LABELS, label_predictions(SHARES, TARGETS), TARGETS))
    assert found == pytest.approx(roc_auc_score(TRUE, SHARES, multi_class="ovr", average="macro"))


def test_a_row_that_counts_twice_is_the_row_twice() -> None:
    statistics = AUC.statistics(LABELS, label_predictions(SHARES, TARGETS), TARGETS)
    weights = GENERATOR.integers(0, 3, 80)
    assert AUC.weighted is not None
    found = AUC.weighted(statistics, weights.astype(np.float64)[None])[0]
    repeated = np.repeat(np.arange(80), weights)
    assert found == pytest.approx(roc_auc_score(TRUE[repeated], SHARES[repeated], multi_class="ovr", average="macro"))


def test_classes_that_no_row_has_are_left_out() -> None:
    told = [Prediction(value="a", confidence=0.9, scores={"a": 0.9, "b": 0.1}) for _ in range(3)]
    assert score_rows(AUC, AUC.statistics(["a", "a", "b"], told, TARGETS)) == 0.5
    assert score_rows(AUC, AUC.statistics(["a", "a", "new"], told, TARGETS)) == 0.5
    assert score_rows(AUC, AUC.statistics(["a", "a", "a"], told, TARGETS)) == 0.5
