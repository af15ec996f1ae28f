"""Tests over folds: by hand, and by cross-validations of real classifiers of which none is better."""

from __future__ import annotations

import math
from statistics import fmean, stdev
from typing import Any

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from burnish.metrics.comparison import holm
from burnish.metrics.folds import FoldSizes, compare_folds, corrected_error, mean_interval

SIZES = FoldSizes(scores=5, rows=1000, test=200, train=800)


def test_the_corrected_error_by_hand() -> None:
    """Deviation 0.08, five folds, a fourth as many test rows as others: 0.08 times the root of 1/5 + 1/4."""
    assert corrected_error(0.08, SIZES) == pytest.approx(0.08 * math.sqrt(0.45))
    twice = FoldSizes(scores=10, rows=1000, test=200, train=800)
    assert corrected_error(0.08, twice) == pytest.approx(0.08 * math.sqrt(0.35))


def test_a_comparison_by_hand() -> None:
    """Differences 0.10, 0.20, 0.15, 0.05, 0: mean 0.1, variance 0.00625, t = 0.1 / sqrt(0.45 * 0.00625) = 1.8856.

    With 4 degrees of freedom the two tails beyond that hold 1 - 3/4 * t/q * (1 - t^2 / (12 q^2)), q^2 = 1 + t^2/4.
    """
    own = [0.90, 0.95, 0.85, 0.80, 0.75]
    other = [0.80, 0.75, 0.70, 0.75, 0.75]
    (found,) = compare_folds(own, {"majority": other}, SIZES, higher_is_better=True, share=True)
    error = math.sqrt(0.45 * 0.00625)
    t = 0.1 / error
    square = 1 + t**2 / 4
    p = 1 - 0.75 * t / math.sqrt(square) * (1 - t**2 / (12 * square))
    assert found.p == pytest.approx(p, rel=1e-9)
    assert found.p == pytest.approx(0.1324, abs=5e-5)
    assert found.difference.value == pytest.approx(0.1)
    assert found.difference.high - 0.1 == pytest.approx(2.776445 * error, rel=1e-6)  # the quantile for 4 degrees
    assert 0.1 - found.difference.low == pytest.approx(2.776445 * error, rel=1e-6)
    assert found.spread == pytest.approx(error * math.sqrt(1000))


def test_the_interval_of_a_mean_stays_within_shares() -> None:
    scores = [0.99, 1.0, 0.98, 1.0, 0.90]
    found = mean_interval(scores, SIZES, share=True)
    assert found.value == pytest.approx(fmean(scores))
    assert found.high == 1.0
    free = mean_interval(scores, SIZES, share=False)
    assert free.high == pytest.approx(fmean(scores) + 2.776445 * math.sqrt(0.45) * stdev(scores), rel=1e-6)
    assert free.low == pytest.approx(found.low)


def test_where_less_is_better_a_lower_score_is_a_gain() -> None:
    (found,) = compare_folds([0.1] * 5, {"a": [0.3, 0.2, 0.3, 0.2, 0.3]}, SIZES, higher_is_better=False, share=True)
    assert found.difference.value == pytest.approx(0.16)


def test_p_values_are_corrected_for_several_baselines() -> None:
    own = [0.90, 0.95, 0.85, 0.80, 0.75]
    baselines = {"a": [0.80, 0.75, 0.70, 0.75, 0.75], "b": [0.5, 0.6, 0.4, 0.5, 0.3], "c": [0.9, 0.9, 0.9, 0.8, 0.7]}
    found = compare_folds(own, baselines, SIZES, higher_is_better=True, share=True)
    assert [entry.baseline for entry in found] == ["a", "b", "c"]
    assert [entry.corrected for entry in found] == holm([entry.p for entry in found])
    assert found[1].corrected == pytest.approx(3 * found[1].p)


def test_folds_that_agree_by_rounding_are_no_certainty() -> None:
    """One row more in each of two folds of ten: a plain t-test would divide by nothing and be sure."""
    two = FoldSizes(scores=2, rows=20, test=10, train=10)
    (found,) = compare_folds([0.9, 0.8], {"a": [0.8, 0.7]}, two, higher_is_better=True, share=True)
    assert found.p > 0.2
    assert found.difference.low < 0 < found.difference.high
    (same,) = compare_folds([0.9, 0.8], {"a": [0.9, 0.8]}, two, higher_is_better=True, share=True)
    assert same.p == 1.0
    assert same.difference.low < 0 < same.difference.high


def classifiers_of_equal_worth(generator: np.random.Generator, rows: int, folds: int, repeats: int) -> Any:
    """Fold scores of two linear classifiers on the same rows, each with features of its own that tell as much.

    They are fitted by least squares, which for two classes is Fisher's discriminant.
    """
    from sklearn.model_selection import RepeatedStratifiedKFold

    labels = np.arange(rows) % 2
    first, second = (
        np.column_stack([labels[:, None] * 0.7 + generator.normal(size=(rows, 2)), np.ones(rows)]) for _ in range(2)
    )
    scores: list[tuple[float, float]] = []
    split = RepeatedStratifiedKFold(n_splits=folds, n_repeats=repeats, random_state=int(generator.integers(2**31)))
    for train, test in split.split(first, labels):
        fitted = (np.linalg.lstsq(x[train], 2 * labels[train] - 1)[0] for x in (first, second))
        one, other = (
            float(np.mean((x[test] @ weights > 0) == labels[test]))
            for weights, x in zip(fitted, (first, second), strict=True)
        )
        scores.append((one, other))
    return zip(*scores, strict=True)


def test_without_a_difference_it_is_hardly_ever_significant_and_the_plain_t_test_often_is() -> None:
    """200 cross-validations with 5 folds, drawn 3 times: training sets overlap as they do in a real one."""
    rows, folds, repeats, simulations = 80, 5, 3, 200
    sizes = FoldSizes(scores=folds * repeats, rows=rows, test=rows / folds, train=rows - rows / folds)
    generator = np.random.default_rng(0)
    corrected, plain = 0, 0
    for _ in range(simulations):
        own, other = classifiers_of_equal_worth(generator, rows, folds, repeats)
        (found,) = compare_folds(own, {"other": other}, sizes, higher_is_better=True, share=True)
        corrected += found.p < 0.05
        differences = np.subtract(own, other)
        plain += bool(ttest_1samp(differences, 0).pvalue < 0.05)
    assert corrected <= 0.05 * simulations
    assert plain >= 0.15 * simulations
    assert plain >= 3 * corrected
