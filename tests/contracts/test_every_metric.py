"""What holds for every metric of every task."""

from __future__ import annotations

import numpy as np
import pytest

from burnish.catalog import tasks
from burnish.contracts import Metric, Task
from burnish.metrics.intervals import bootstrap_scores, score_rows
from tests.contracts.samples import Toy

METRICS = [(task, metric) for task in tasks().values() for metric in (*task.metrics, task.validation_loss)]


@pytest.mark.parametrize(("task", "metric"), METRICS, ids=[f"{task.name}-{metric.name}" for task, metric in METRICS])
def test_it_is_documented(task: Task, metric: Metric) -> None:
    assert metric.name
    assert metric.summary
    assert metric.paired_test in {"mcnemar", "bootstrap"}


def test_sums_over_rows_are_all_it_needs(toy: Toy) -> None:
    """Statistics are one line per row, in order, and the value takes any leading dimensions."""
    truths = toy.task.truths(toy.test)
    predictions = toy.task.predict(toy.model, toy.test, toy.targets)
    for metric in toy.task.metrics:
        statistics = metric.statistics(truths, predictions, toy.targets)
        assert statistics.dtype == np.float64
        assert len(statistics) == len(truths)
        assert np.isfinite(statistics).all()
        alone = metric.statistics(truths[3:4], predictions[3:4], toy.targets)
        assert np.array_equal(alone[0], statistics[3])
        once = np.ones(len(statistics))
        value = score_rows(metric, statistics)
        if metric.value is not None:
            both = metric.value(np.stack([statistics.sum(axis=0)] * 2))
        else:
            assert metric.weighted is not None
            both = metric.weighted(statistics, np.stack([once, once]))
            counts = np.random.default_rng(0).integers(0, 3, len(statistics))
            repeated = score_rows(metric, np.repeat(statistics, counts, axis=0))
            assert np.isclose(metric.weighted(statistics, counts.astype(np.float64)[None])[0], repeated)
        assert both.shape == (2,)
        assert np.allclose(both, value)


def test_resampled_scores_scatter_around_the_score(toy: Toy) -> None:
    truths = toy.task.truths(toy.test)
    predictions = toy.task.predict(toy.model, toy.test, toy.targets)
    for metric in toy.task.metrics:
        statistics = metric.statistics(truths, predictions, toy.targets)
        resampled = bootstrap_scores(metric, [statistics, statistics], seed=0, resamples=200)
        assert resampled.shape == (2, 200)
        assert np.array_equal(resampled[0], resampled[1])
        assert np.isfinite(resampled).all()


def test_a_metric_tested_by_mcnemar_is_right_or_wrong_per_row(toy: Toy) -> None:
    truths = toy.task.truths(toy.test)
    predictions = toy.task.predict(toy.model, toy.test, toy.targets)
    for metric in toy.task.metrics:
        if metric.paired_test == "mcnemar":
            assert set(np.unique(metric.statistics(truths, predictions, toy.targets)[:, 0])) <= {0.0, 1.0}
