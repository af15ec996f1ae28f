"""Intervals: published values, and how often they hold the truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from burnish.metrics import intervals
from burnish.metrics.classification import ACCURACY, MACRO_F1
from burnish.metrics.intervals import (
    bootstrap_scores,
    interval,
    paired_share_interval,
    score_rows,
    share_interval,
    standard_error,
)
from tests.metrics.answering import TARGETS, answered, as_labels, as_statistics


@pytest.mark.parametrize(
    ("right", "rows", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_a_share_as_published(right: int, rows: int, low: float, high: float) -> None:
    """Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I, score method."""
    found = share_interval(right, rows)
    assert found.value == right / rows
    assert [found.low, found.high] == pytest.approx([low, high], abs=6e-5)


def test_a_standard_error_is_that_of_a_share() -> None:
    statistics = np.zeros((400, 1))
    statistics[:300] = 1
    found = standard_error(replace(ACCURACY, value=lambda sums: sums[..., 0] / 400), statistics, 0, 2000)
    assert found == pytest.approx((0.75 * 0.25 / 400) ** 0.5, rel=0.05)


def test_all_right_is_not_certainty() -> None:
    assert share_interval(30, 30).low == pytest.approx(30 / (30 + intervals.Z_95**2))
    assert share_interval(30, 30).high == 1.0


def test_a_paired_difference_as_published() -> None:
    """Agresti, Categorical Data Analysis, section 10.1: approval of a premier, 1,600 people asked twice."""
    found, spread = paired_share_interval(150, 86, 1600)
    assert found.value == pytest.approx(0.04)
    assert (round(found.low, 2), round(found.high, 2)) == (0.02, 0.06)
    assert spread / 1600**0.5 == pytest.approx(0.0095, abs=1e-4)


def test_a_paired_difference_by_hand() -> None:
    found, spread = paired_share_interval(3, 0, 18)  # 4/20 and 1/20
    assert found.value == pytest.approx(3 / 18)
    assert spread == pytest.approx((0.2 + 0.05 - 0.15**2) ** 0.5)
    assert found.high == pytest.approx(0.15 + 1.959964 * spread / 20**0.5)
    assert found.low == pytest.approx(0.15 - 1.959964 * spread / 20**0.5)


def test_agreeing_on_a_few_rows_proves_little() -> None:
    assert paired_share_interval(0, 0, 20)[0].high > 0.1
    assert paired_share_interval(0, 0, 2000)[0].high < 0.002


@pytest.mark.parametrize(("rows", "accuracy"), [(50, 0.97), (200, 0.9), (1000, 0.7)])
def test_share_intervals_hold_the_truth_as_often_as_they_say(rows: int, accuracy: float) -> None:
    generator = np.random.default_rng(0)
    found = [share_interval(int(right), rows) for right in generator.binomial(rows, accuracy, size=2000)]
    covered = np.mean([estimate.low <= accuracy <= estimate.high for estimate in found])
    assert 0.92 <= covered <= 0.98


@pytest.mark.parametrize(("rows", "first", "second"), [(50, 0.1, 0.04), (200, 0.05, 0.05), (1000, 0.06, 0.04)])
def test_paired_intervals_hold_the_truth_as_often_as_they_say(rows: int, first: float, second: float) -> None:
    generator = np.random.default_rng(1)
    counts = generator.multinomial(rows, [first, second, 1 - first - second], size=2000)
    found = [paired_share_interval(int(a), int(b), rows)[0] for a, b, _ in counts]
    covered = np.mean([estimate.low <= first - second <= estimate.high for estimate in found])
    assert 0.93 <= covered <= 0.99


def test_bootstrap_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Macro-F1 on 300 rows of unequal classes; the truth is the score of very many rows."""
    generator = np.random.default_rng(2)

    def statistics(rows: int) -> np.ndarray:
        truths, predictions = as_labels(answered([0.8], rows, generator), generator)
        return MACRO_F1.statistics(truths, predictions[0], TARGETS)

    truth = score_rows(MACRO_F1, statistics(100_000))
    covered = 0
    for seed in range(200):
        drawn = statistics(300)
        score = score_rows(MACRO_F1, drawn)
        found = interval(score, bootstrap_scores(MACRO_F1, [drawn], seed, resamples=300)[0])
        covered += found.low <= truth <= found.high
    assert 0.90 <= covered / 200 <= 0.99


def test_the_bootstrap_agrees_with_the_closed_form_on_many_rows() -> None:
    right = answered([0.8], 2000, np.random.default_rng(3))
    statistics = as_statistics(right)
    resampled = bootstrap_scores(ACCURACY, statistics, seed=0, resamples=4000)[0]
    closed = share_interval(int(right[0].sum()), 2000)
    found = interval(closed.value, resampled)
    assert [found.low, found.high] == pytest.approx([closed.low, closed.high], abs=0.002)


def test_all_systems_are_resampled_with_the_same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the blocks in which memory is saved do not change the result."""
    first, second = as_statistics(answered([0.8, 0.8], 101, np.random.default_rng(4)))
    together = bootstrap_scores(ACCURACY, [first, second, first], seed=5, resamples=57)
    assert np.array_equal(together[0], together[2])
    assert not np.array_equal(together[0], together[1])
    assert np.array_equal(bootstrap_scores(ACCURACY, [second], seed=5, resamples=57)[0], together[1])
    assert not np.array_equal(bootstrap_scores(ACCURACY, [second], seed=6, resamples=57)[0], together[1])
    by_hand = [
        first[np.random.default_rng(5).integers(0, 101, size=(57, 101))[resample], 0].mean() for resample in range(57)
    ]
    assert np.allclose(together[0], by_hand)
    monkeypatch.setattr(intervals, "_CELLS_AT_ONCE", 101 * 10)
    blocks = bootstrap_scores(ACCURACY, [first], seed=5, resamples=57)[0]
    assert np.allclose(blocks, together[0])


def test_the_interval_holds_its_value() -> None:
    found = interval(0.9, np.linspace(0.2, 0.8, 101))
    assert (found.value, found.high) == (0.9, 0.9)
    assert found.low == pytest.approx(0.215)
    assert found.as_dict() == {"value": 0.9, "low": found.low, "high": 0.9}


def test_a_metric_that_goes_by_weights_is_resampled_as_one_that_goes_by_sums() -> None:
    """The same score said in both ways: the same rows are drawn, so the same numbers come out."""

    def weighted(statistics: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return np.asarray(weights @ statistics[:, 0] / weights.sum(-1))

    by_weights = replace(ACCURACY, value=None, weighted=weighted)
    statistics = as_statistics(answered([0.7, 0.8], 90, np.random.default_rng(4)))
    found = bootstrap_scores(by_weights, statistics, seed=1, resamples=50)
    assert np.allclose(found, bootstrap_scores(ACCURACY, statistics, seed=1, resamples=50))
    assert score_rows(by_weights, statistics[0]) == pytest.approx(score_rows(ACCURACY, statistics[0]))
