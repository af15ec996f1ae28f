"""The verdict, where the truth is known: by hand, and in simulations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pytest

from burnish.contracts import Metric
from burnish.metrics.classification import ACCURACY, MACRO_F1
from burnish.metrics.comparison import Comparison, compare
from burnish.metrics.intervals import Estimate, paired_share_interval
from burnish.metrics.verdict import Verdict, decide
from tests.metrics.answering import TARGETS, answered, as_labels, as_statistics

if TYPE_CHECKING:
    from burnish.contracts import FloatArray

SIMULATIONS = 200
TEST_ROWS = 1000
BASELINES = (0.6, 0.78, 0.8)  # one weak, two close to each other
RESAMPLES = 200


def judged(metric: Metric, systems: Sequence[FloatArray], gain: float = 0.02, seed: int = 0) -> Verdict:
    """The verdict on the first system against the others."""
    baselines = {f"baseline {number}": system for number, system in enumerate(systems[1:])}
    specialist, others, comparisons = compare(metric, systems[0], baselines, seed, RESAMPLES)
    return decide(
        metric=metric.name,
        higher_is_better=metric.higher_is_better,
        specialist=specialist,
        baselines=others,
        comparisons=comparisons,
        test_rows=len(systems[0]),
        minimum_gain=gain,
    )


def simulated(metric: Metric, accuracies: Sequence[float], seed: int, gain: float = 0.02) -> Counter[str]:
    generator = np.random.default_rng(seed)
    decisions: Counter[str] = Counter()
    for number in range(SIMULATIONS):
        right = answered(accuracies, TEST_ROWS, generator)
        if metric is ACCURACY:
            systems = as_statistics(right)
        else:
            truths, predictions = as_labels(right, generator)
            systems = [metric.statistics(truths, system, TARGETS) for system in predictions]
        decisions[judged(metric, systems, gain, number).decision] += 1
    return decisions


@pytest.mark.parametrize("metric", [ACCURACY, MACRO_F1], ids=lambda metric: metric.name)
def test_without_a_difference_it_hardly_ever_says_ship(metric: Metric) -> None:
    decisions = simulated(metric, [0.8, *BASELINES], seed=1)
    assert decisions["ship"] <= 0.05 * SIMULATIONS


def test_not_even_where_any_gain_would_do() -> None:
    """With no least gain, only the test stands between chance and shipping."""
    decisions = simulated(ACCURACY, [0.8, 0.8], seed=2, gain=0.0)
    assert decisions["ship"] <= 0.05 * SIMULATIONS


@pytest.mark.parametrize("metric", [ACCURACY, MACRO_F1], ids=lambda metric: metric.name)
def test_ten_points_are_shipped(metric: Metric) -> None:
    decisions = simulated(metric, [0.9, *BASELINES], seed=3)
    assert decisions["ship"] >= 0.9 * SIMULATIONS


def test_a_worse_specialist_is_not_shipped_but_kept_away() -> None:
    decisions = simulated(ACCURACY, [0.74, *BASELINES], seed=4)
    assert decisions["ship"] == 0
    assert decisions["keep-baseline"] >= 0.9 * SIMULATIONS


def made(gain: float, disagreement: float, rows: int, p: float, corrected: float) -> Verdict:
    """A verdict on exactly this difference: the systems disagree on a share of the rows."""
    only_first, only_second = (disagreement + gain) / 2 * rows, (disagreement - gain) / 2 * rows
    difference, spread = paired_share_interval(round(only_first), round(only_second), rows)
    comparison = Comparison(
        baseline="other", difference=difference, p=p, corrected=corrected, test="McNemar, exact", spread=spread
    )
    return decide(
        metric="accuracy",
        higher_is_better=True,
        specialist=Estimate(value=0.8 + gain, low=0.7, high=0.9),
        baselines={"other": Estimate(value=0.8, low=0.7, high=0.9)},
        comparisons=[comparison],
        test_rows=rows,
        minimum_gain=0.02,
    )


@pytest.mark.parametrize("gain", [0.04, 0.03, 0.025, 0.0, -0.01])
def test_the_rows_it_asks_for_settle_it_four_times_in_five(gain: float) -> None:
    """Draw that many rows from systems whose true difference is the one that was measured."""
    disagreement = 0.12
    asked = made(gain, disagreement, rows=400, p=0.3, corrected=0.3)
    assert asked.decision == "inconclusive"
    assert asked.rows_to_settle is not None
    generator = np.random.default_rng(5)
    shares = [(disagreement + gain) / 2, (disagreement - gain) / 2, 0.7]
    settled = 0
    for _ in range(300):
        drawn = generator.choice(4, size=asked.rows_to_settle, p=[*shares, 1 - sum(shares)])
        systems = as_statistics([(drawn == 0) | (drawn == 2), (drawn == 1) | (drawn == 2)])
        settled += judged(ACCURACY, systems).decision != "inconclusive"
    assert 0.72 <= settled / 300 <= 0.9


def test_rows_to_settle_allow_for_holms_correction() -> None:
    """Five baselines alike: the same p-value counts five times, and more rows are needed."""
    alone = made(0.04, 0.12, rows=200, p=0.1, corrected=0.1)
    among_five = made(0.04, 0.12, rows=200, p=0.1, corrected=0.5)
    assert alone.rows_to_settle is not None
    assert among_five.rows_to_settle is not None
    assert among_five.rows_to_settle / alone.rows_to_settle == pytest.approx(
        (2.5758 + 0.8416) ** 2 / 2.8016**2, rel=0.01
    )


def test_the_rows_it_asks_for_are_more_than_there_are() -> None:
    generator = np.random.default_rng(6)
    seen = 0
    for _ in range(150):
        right = answered([0.82, 0.8, 0.8, 0.79], 150, generator)
        verdict = judged(ACCURACY, as_statistics(right))
        if verdict.decision == "inconclusive" and verdict.rows_to_settle is not None:
            seen += 1
            assert verdict.rows_to_settle > 150
    assert seen > 50


def test_exactly_the_gain_asked_for_is_never_settled() -> None:
    verdict = made(0.02, 0.12, rows=200, p=0.5, corrected=0.5)
    assert verdict.decision == "inconclusive"
    assert verdict.rows_to_settle is None
    assert (
        verdict.reasons[-1] == "The difference is just the 2.0 points asked for; no number of test rows settles that."
    )


def test_ship_says_why() -> None:
    verdict = made(0.1, 0.12, rows=1000, p=1e-9, corrected=5e-9)
    assert verdict.decision == "ship"
    assert verdict.rows_to_settle is None
    low, high = (
        f"{100 * end:+.1f}".replace("-", "\u2212")
        for end in (verdict.comparison.difference.low, verdict.comparison.difference.high)
    )
    measured, significance, wanted = verdict.reasons
    assert measured == (
        "The specialist is 10.0 points better than the best baseline (other), "
        f"95% interval {low} to {high}, on 1000 test rows."
    )
    assert significance == "That is significant: p < 0.0001 (McNemar, exact, Holm-corrected), the limit is 0.05."
    assert wanted == "It is at least the 2.0 points that the recipe asks for."


def test_a_significant_but_small_gain_is_not_shipped() -> None:
    assert made(0.01, 0.01, rows=100_000, p=1e-9, corrected=1e-9).decision == "keep-baseline"
    assert made(0.015, 0.04, rows=1000, p=0.01, corrected=0.01).decision == "inconclusive"


def test_keep_baseline_says_why() -> None:
    verdict = made(-0.05, 0.07, rows=1000, p=1e-9, corrected=1e-9)
    assert verdict.decision == "keep-baseline"
    assert verdict.reasons[0].startswith("The specialist is 5.0 points worse than the best baseline")
    assert (
        verdict.reasons[2] == "Even the top of the interval is below the 2.0 points that would be worth a specialist."
    )


def test_a_few_rows_answered_alike_settle_nothing() -> None:
    right = np.ones(20, dtype=bool)
    verdict = judged(ACCURACY, as_statistics([right, right]))
    assert verdict.decision == "inconclusive"
    assert verdict.rows_to_settle is not None
    assert verdict.rows_to_settle > 100


def test_the_best_baseline_is_judged_by_the_metrics_direction() -> None:
    estimates = {name: Estimate(value=value, low=0, high=1) for name, value in (("low", 0.1), ("high", 0.3))}
    comparisons = [
        Comparison(baseline=name, difference=Estimate(value=0, low=-1, high=1), p=1, corrected=1, test="x", spread=1.0)
        for name in estimates
    ]
    for higher, best in ((True, "high"), (False, "low")):
        verdict = decide(
            metric="x",
            higher_is_better=higher,
            specialist=estimates["low"],
            baselines=estimates,
            comparisons=comparisons,
            test_rows=10,
            minimum_gain=0.02,
        )
        assert verdict.best_baseline == best
        assert verdict.comparison.baseline == best


@pytest.mark.parametrize(("gain", "decision"), [(4.0, "keep-baseline"), (6.0, "ship")])
def test_the_gain_asked_of_an_error_is_a_share_of_the_best_baselines(gain: float, decision: str) -> None:
    """A twentieth of an error of 100: at least 5, whatever the unit."""
    around = Estimate(value=gain, low=gain - 0.5, high=gain + 0.5)
    verdict = decide(
        metric="rmse",
        higher_is_better=False,
        specialist=Estimate(value=100 - gain, low=90, high=99),
        baselines={"mean": Estimate(value=100, low=99, high=101)},
        comparisons=[Comparison(baseline="mean", difference=around, p=0, corrected=0, test="x", spread=1.0)],
        test_rows=200,
        minimum_gain=0.05,
        share=False,
        relative=True,
    )
    assert verdict.decision == decision
    assert verdict.minimum_gain == 5
    assert "5 (5.0% of the baseline's score)" in verdict.reasons[-1]


def test_as_json() -> None:
    document = made(0.04, 0.12, rows=200, p=0.1, corrected=0.3).as_dict(seconds=1.23456, cost={"amount": 1})
    assert document["decision"] == "inconclusive"
    assert document["difference"]["p"] == 0.3
    assert document["seconds"] == 1.235
    assert document["baselines"] == [{"name": "other", "value": 0.8, "low": 0.7, "high": 0.9}]
    assert set(document) == {
        "decision", "metric", "specialist", "baselines", "best_baseline", "difference", "test", "minimum_gain",
        "test_rows",
        "rows_to_settle", "reasons", "seconds", "cost",
    }  # fmt: skip
