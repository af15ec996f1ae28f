"""Paired tests between two systems on the same rows, and the correction for making several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from burnish.metrics.intervals import RESAMPLES, Estimate, bootstrap_scores, interval

if TYPE_CHECKING:
    from burnish.contracts import FloatArray, Metric


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The specialist against one baseline.

    Attributes:
        baseline: The baseline's name.
        difference: How much better the specialist is, with its 95% interval; positive is better for every metric.
        p: Two-sided p-value of "no difference", before correction.
        corrected: The p-value after Holm's correction over all baselines.
        test: The test's name.
        spread: Standard deviation of the difference for one row: the standard error times the root of the rows.
    """

    baseline: str
    difference: Estimate
    p: float
    corrected: float
    test: str
    spread: float


def mcnemar(only_first: int, only_second: int) -> float:
    """Exact two-sided McNemar test (McNemar 1947): are two systems right equally often?

    Args:
        only_first: Rows that only the first system answered right.
        only_second: Rows that only the second system answered right.
    """
    from scipy.stats import binomtest

    discordant = only_first + only_second
    return 1.0 if discordant == 0 else float(binomtest(only_first, discordant, 0.5).pvalue)


def bootstrap_p(differences: FloatArray) -> float:
    """Two-sided p-value of resampled paired differences: twice the smaller share beyond 0 (Efron & Tibshirani 1993)."""
    resamples = len(differences)
    below = (np.sum(differences <= 0) + 1) / (resamples + 1)
    above = (np.sum(differences >= 0) + 1) / (resamples + 1)
    return float(min(1.0, 2 * min(below, above)))


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values corrected for the number of tests by Holm's step-down procedure (Holm 1979), in the given order."""
    count = len(p_values)
    corrected = [0.0] * count
    highest = 0.0
    for rank, index in enumerate(sorted(range(count), key=lambda i: p_values[i])):
        highest = max(highest, min(1.0, p_values[index] * (count - rank)))
        corrected[index] = highest
    return corrected


def compare(
    metric: Metric, specialist: FloatArray, baselines: dict[str, FloatArray], seed: int, resamples: int = RESAMPLES
) -> tuple[Estimate, dict[str, Estimate], list[Comparison]]:
    """Score the specialist and every baseline, and test each difference, all on the same rows.

    Args:
        metric: The score.
        specialist: Its statistics, float64 (rows, k).
        baselines: Statistics by baseline name, each float64 (rows, k).
        seed: Seed of the resampling.
        resamples: Bootstrap resamples.

    Returns:
        The specialist's estimate, the baselines' estimates by name, and one comparison per baseline in their order.
    """
    systems = [specialist, *baselines.values()]
    scores = [float(metric.value(system.sum(axis=0))) for system in systems]
    resampled = bootstrap_scores(metric, systems, seed, resamples)
    estimates = [interval(score, sample) for score, sample in zip(scores, resampled, strict=True)]
    sign = 1 if metric.higher_is_better else -1
    untested = []
    for index, (name, statistics) in enumerate(baselines.items(), start=1):
        differences = sign * (resampled[0] - resampled[index])
        difference = interval(sign * (scores[0] - scores[index]), differences)
        p, test = _paired_test(metric, specialist, statistics, differences)
        spread = float(differences.std()) * len(specialist) ** 0.5
        untested.append((name, difference, p, test, spread))
    corrected = holm([p for _, _, p, _, _ in untested])
    comparisons = [
        Comparison(baseline=name, difference=difference, p=p, corrected=q, test=test, spread=spread)
        for (name, difference, p, test, spread), q in zip(untested, corrected, strict=True)
    ]
    return estimates[0], dict(zip(baselines, estimates[1:], strict=True)), comparisons


def _paired_test(metric: Metric, first: FloatArray, second: FloatArray, differences: FloatArray) -> tuple[float, str]:
    if metric.paired_test == "mcnemar":
        only_first = int(((first[:, 0] == 1) & (second[:, 0] == 0)).sum())
        only_second = int(((first[:, 0] == 0) & (second[:, 0] == 1)).sum())
        return mcnemar(only_first, only_second), "McNemar, exact"
    return bootstrap_p(differences), f"paired bootstrap, {len(differences)} resamples"
