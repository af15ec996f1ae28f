"""Paired tests against published and hand-computed values."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from scipy.stats import chi2, norm

from burnish.metrics.classification import ACCURACY, CALIBRATION_ERROR, MACRO_F1
from burnish.metrics.comparison import bootstrap_p, compare, holm, mcnemar
from tests.metrics.answering import TARGETS, answered, as_labels, as_statistics


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [(0, 0, 1.0), (1, 0, 1.0), (2, 0, 0.5), (5, 0, 2 / 32), (6, 0, 2 / 64), (3, 3, 1.0), (7, 1, 2 * 9 / 256)],
)
def test_mcnemar_by_hand(first: int, second: int, p: float) -> None:
    assert mcnemar(first, second) == pytest.approx(p)
    assert mcnemar(second, first) == pytest.approx(p)


def test_mcnemar_is_twice_the_binomial_tail() -> None:
    assert mcnemar(12, 4) == pytest.approx(2 * sum(comb(16, k) for k in range(5)) / 2**16)


def test_mcnemar_as_published() -> None:
    """Agresti, Categorical Data Analysis, section 10.1: 150 and 86 changed their minds; z squared is 17.36."""
    statistic = (150 - 86) ** 2 / (150 + 86)
    assert statistic == pytest.approx(17.36, abs=0.005)
    assert mcnemar(150, 86) == pytest.approx(chi2.sf(statistic, 1), rel=0.25)
    assert mcnemar(150, 86) < 0.0001


def test_bootstrap_p_of_known_cases() -> None:
    assert bootstrap_p(np.ones(1999)) == pytest.approx(2 / 2000)
    assert bootstrap_p(-np.ones(1999)) == pytest.approx(2 / 2000)
    assert bootstrap_p(np.zeros(1999)) == 1.0
    assert bootstrap_p(np.array([-1.0] * 49 + [1.0] * 1950)) == pytest.approx(2 * 50 / 2000)
    quantiles = norm.ppf((np.arange(9999) + 0.5) / 9999)  # differences with a standard error of 1 around 2.2
    assert bootstrap_p(quantiles + 2.2) == pytest.approx(2 * norm.sf(2.2), rel=0.02)


def test_holm_as_published() -> None:
    """The worked example of four hypotheses that textbooks give: rejected at 0.05 are the smallest two."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm() -> None:
    assert holm([]) == []
    assert holm([0.04]) == [0.04]
    assert holm([0.6, 0.7, 0.9]) == [1.0, 1.0, 1.0]
    assert holm([0.02, 0.02, 0.02]) == pytest.approx([0.06, 0.06, 0.06])


def test_accuracy_is_compared_by_mcnemar() -> None:
    specialist, close, far = answered([0.85, 0.83, 0.5], 500, np.random.default_rng(0))
    stats = as_statistics([specialist, close, far])
    estimate, others, comparisons = compare(ACCURACY, stats[0], {"close": stats[1], "far": stats[2]}, seed=0)
    assert estimate.value == pytest.approx(specialist.mean())
    assert {name: other.value for name, other in others.items()} == pytest.approx(
        {"close": close.mean(), "far": far.mean()}
    )
    assert [comparison.baseline for comparison in comparisons] == ["close", "far"]
    assert {comparison.test for comparison in comparisons} == {"McNemar, exact"}
    p = [mcnemar(int((specialist & ~b).sum()), int((~specialist & b).sum())) for b in (close, far)]
    assert [comparison.p for comparison in comparisons] == p
    assert [comparison.corrected for comparison in comparisons] == holm(p)
    for comparison, baseline in zip(comparisons, (close, far), strict=True):
        difference = specialist.astype(float) - baseline
        assert comparison.difference.value == pytest.approx(difference.mean())
        assert comparison.difference.low < difference.mean() < comparison.difference.high
        assert comparison.spread == pytest.approx(difference.std(), rel=0.02)


def test_other_scores_are_compared_by_resampling() -> None:
    generator = np.random.default_rng(1)
    truths, predictions = as_labels(answered([0.85, 0.75], 600, generator), generator)
    first, second = (MACRO_F1.statistics(truths, system, TARGETS) for system in predictions)
    estimate, others, (comparison,) = compare(MACRO_F1, first, {"other": second}, seed=0, resamples=1000)
    assert comparison.test == "paired bootstrap, 1000 resamples"
    assert comparison.difference.value == pytest.approx(estimate.value - others["other"].value)
    assert comparison.p == pytest.approx(2 / 1001)
    width = comparison.difference.high - comparison.difference.low
    assert width == pytest.approx(2 * 1.96 * comparison.spread / 600**0.5, rel=0.1)


def test_where_less_is_better_a_positive_difference_is_still_better() -> None:
    generator = np.random.default_rng(2)
    bins = np.zeros((2, 400, 45))
    for system, right in enumerate(answered([0.9, 0.5], 400, generator)):
        bins[system, :, 14], bins[system, :, 29], bins[system, :, 44] = 0.95, right, 1
    estimate, others, (comparison,) = compare(CALIBRATION_ERROR, bins[0], {"boastful": bins[1]}, seed=0)
    assert estimate.value < others["boastful"].value
    assert comparison.difference.value == pytest.approx(others["boastful"].value - estimate.value)
    assert comparison.difference.low > 0


def test_systems_that_answer_alike_do_not_differ() -> None:
    stats = as_statistics(answered([0.8], 100, np.random.default_rng(3)))
    _, _, (comparison,) = compare(ACCURACY, stats[0], {"same": stats[0]}, seed=0)
    assert (comparison.p, comparison.difference.value) == (1.0, 0.0)
    assert comparison.difference.low < 0 < comparison.difference.high


def test_two_tests_on_no_difference_reject_as_seldom_as_they_say() -> None:
    generator = np.random.default_rng(4)
    rejected = {"mcnemar": 0, "bootstrap": 0}
    for seed in range(200):
        right = answered([0.8, 0.8], 300, generator)
        stats = as_statistics(right)
        rejected["mcnemar"] += compare(ACCURACY, stats[0], {"b": stats[1]}, seed)[2][0].p < 0.05
        truths, predictions = as_labels(right, generator)
        first, second = (MACRO_F1.statistics(truths, system, TARGETS) for system in predictions)
        rejected["bootstrap"] += compare(MACRO_F1, first, {"b": second}, seed, resamples=400)[2][0].p < 0.05
    assert rejected["mcnemar"] <= 200 * 0.08
    assert 200 * 0.01 <= rejected["bootstrap"] <= 200 * 0.1
