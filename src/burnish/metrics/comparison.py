"""Paired tests between two systems on the same rows, and the correction for making several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from burnish.metrics.intervals import (
    RESAMPLES,
    Estimate,
    bootstrap_scores,
    interval,
    paired_share_interval,
    score_rows,
    share_interval,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
    if metric.paired_test == "mcnemar":
        scores, pairs = _compare_shares([system[:, 0] == 1 for system in systems])
    else:
        scores, pairs = _compare_resampled(metric, systems, seed, resamples)
    corrected = holm([pair.p for pair in pairs])
    comparisons = [
        Comparison(baseline=name, corrected=q, **pair._asdict())
        for name, pair, q in zip(baselines, pairs, corrected, strict=True)
    ]
    return scores[0], dict(zip(baselines, scores[1:], strict=True)), comparisons


class _Pair(NamedTuple):
    """A comparison before correction."""

    difference: Estimate
    p: float
    test: str
    spread: float


def _compare_shares(right: Sequence[NDArray[np.bool_]]) -> tuple[list[Estimate], list[_Pair]]:
    """Shares of rows answered right; the first system against each other."""
    rows = len(right[0])
    pairs = []
    for other in right[1:]:
        only_first, only_other = int((right[0] & ~other).sum()), int((~right[0] & other).sum())
        difference, spread = paired_share_interval(only_first, only_other, rows)
        pairs.append(_Pair(difference, mcnemar(only_first, only_other), "McNemar, exact", spread))
    return [share_interval(int(system.sum()), rows) for system in right], pairs


def _compare_resampled(
    metric: Metric, systems: Sequence[FloatArray], seed: int, resamples: int
) -> tuple[list[Estimate], list[_Pair]]:
    """Any score, by resampling rows; the first system against each other."""
    scores = [score_rows(metric, system) for system in systems]
    resampled = bootstrap_scores(metric, systems, seed, resamples)
    sign = 1 if metric.higher_is_better else -1
    pairs = []
    for score, sample in zip(scores[1:], resampled[1:], strict=True):
        differences = sign * (resampled[0] - sample)
        difference = interval(sign * (scores[0] - score), differences)
        spread = float(differences.std()) * len(systems[0]) ** 0.5
        pairs.append(_Pair(difference, bootstrap_p(differences), f"paired bootstrap, {resamples} resamples", spread))
    return [interval(score, sample) for score, sample in zip(scores, resampled, strict=True)], pairs
