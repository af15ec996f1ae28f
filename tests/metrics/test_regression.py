"""Scores of numbers, against scikit-learn and SciPy."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn import metrics as sk

from burnish.contracts import Metric, Prediction, Targets
from burnish.metrics.intervals import bootstrap_scores, score_rows
from burnish.metrics.regression import MAE, R2, RMSE, SPEARMAN, STANDARDISED_ERROR

TARGETS = Targets(statistics={"mean": 3.0, "spread": 2.0, "low": 0.0, "high": 6.0})
GENERATOR = np.random.default_rng(0)
TRUE = GENERATOR.normal(3, 2, 60).round(1)
TOLD = (TRUE + GENERATOR.normal(0, 1, 60)).round(1)


def answers(numbers: Iterable[float]) -> list[Prediction]:
    return [Prediction(value=float(number), confidence=0.9) for number in numbers]


def score(metric: Metric, true: Iterable[float], told: Iterable[float]) -> float:
    return score_rows(metric, metric.statistics([float(t) for t in true], answers(told), TARGETS))


def test_they_are_what_libraries_compute() -> None:
    assert score(RMSE, TRUE, TOLD) == pytest.approx(sk.root_mean_squared_error(TRUE, TOLD))
    assert score(MAE, TRUE, TOLD) == pytest.approx(sk.mean_absolute_error(TRUE, TOLD))
    assert score(R2, TRUE, TOLD) == pytest.approx(sk.r2_score(TRUE, TOLD))
    assert score(SPEARMAN, TRUE, TOLD) == pytest.approx(spearmanr(TRUE, TOLD).statistic)
    assert score(STANDARDISED_ERROR, TRUE, TOLD) == pytest.approx(sk.mean_squared_error(TRUE, TOLD) / 4)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=3, max_size=30))
@settings(max_examples=60, deadline=None)
def test_ranks_with_many_ties(pairs: list[tuple[int, int]]) -> None:
    true, told = zip(*pairs, strict=True)
    if len(set(true)) > 1 and len(set(told)) > 1:
        assert score(SPEARMAN, true, told) == pytest.approx(spearmanr(true, told).statistic, abs=1e-9)
    else:
        assert score(SPEARMAN, true, told) == 0


def test_a_row_that_counts_twice_is_the_row_twice() -> None:
    statistics = SPEARMAN.statistics([float(t) for t in TRUE], answers(TOLD), TARGETS)
    weights = GENERATOR.integers(0, 4, len(TRUE)).astype(np.float64)
    assert SPEARMAN.weighted is not None
    found = SPEARMAN.weighted(statistics, np.stack([weights, np.ones_like(weights)]))
    repeated = np.repeat(statistics, weights.astype(int), axis=0)
    assert found[0] == pytest.approx(spearmanr(repeated[:, 0], repeated[:, 1]).statistic)
    assert found[1] == pytest.approx(score(SPEARMAN, TRUE, TOLD))


def test_resampling_ranks_goes_by_blocks_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    statistics = SPEARMAN.statistics([float(t) for t in TRUE], answers(TOLD), TARGETS)
    whole = bootstrap_scores(SPEARMAN, [statistics], seed=0, resamples=20)
    monkeypatch.setattr("burnish.metrics.regression._CELLS_AT_ONCE", 3 * len(TRUE))
    assert np.array_equal(bootstrap_scores(SPEARMAN, [statistics], seed=0, resamples=20), whole)


def test_explained_variance_of_large_numbers_is_exact() -> None:
    targets = Targets(statistics={"mean": 1e6, "spread": 1.0})
    true, told = 1e6 + TRUE, 1e6 + TOLD
    statistics = R2.statistics([float(t) for t in true], answers(told), targets)
    assert score_rows(R2, statistics) == pytest.approx(sk.r2_score(TRUE, TOLD), abs=1e-9)


def test_where_nothing_varies() -> None:
    assert score(R2, [3, 3], [3, 3]) == 1
    assert score(R2, [3, 3], [3, 4]) == 0
    assert score(SPEARMAN, [3, 3], [3, 4]) == 0
