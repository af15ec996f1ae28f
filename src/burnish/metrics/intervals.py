"""Intervals of scores and of paired differences.

Shares of rows (accuracy) have closed forms, which stay honest where a bootstrap does not: 30 right answers out of 30 do
not mean that the next one is certain. All other scores are resampled, every system with the same rows, so that
differences stay paired.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from burnish.contracts import FloatArray, Metric

RESAMPLES = 2000
Z_95 = 1.959964  # the normal quantile of a two-sided 95% interval
_CELLS_AT_ONCE = 20_000_000


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A score with its 95% interval."""

    value: float
    low: float
    high: float

    def as_dict(self) -> dict[str, float]:
        """The three numbers by name."""
        return {"value": self.value, "low": self.low, "high": self.high}


def bootstrap_scores(
    metric: Metric, statistics: Sequence[FloatArray], seed: int, resamples: int = RESAMPLES
) -> FloatArray:
    """Scores of several systems on resamples of the same rows (Efron 1979).

    Args:
        metric: The score.
        statistics: One float64 (rows, k) per system, from `metric.statistics`.
        seed: Seed of the resampling.
        resamples: How many.

    Returns:
        float64 (systems, resamples).
    """
    rows = len(statistics[0])
    if metric.value is None:
        drawn = (_scores_by_weights(metric, statistics, weights) for weights in _weights(rows, resamples, seed))
        return np.concatenate(list(drawn), axis=1)
    together = np.concatenate(statistics, axis=1)
    sums = np.concatenate([weights @ together for weights in _weights(rows, resamples, seed)])
    parts = np.split(sums, len(statistics), axis=1)
    return np.stack([metric.value(part) for part in parts])


def score_rows(metric: Metric, statistics: FloatArray) -> float:
    """The score of rows, each counted once, from their statistics, float64 (rows, k)."""
    if metric.value is not None:
        return float(metric.value(statistics.sum(axis=0)))
    return float(_scores_by_weights(metric, [statistics], np.ones((1, len(statistics))))[0, 0])


def standard_error(metric: Metric, statistics: FloatArray, seed: int, resamples: int = 200) -> float:
    """How far a score would be from itself on other rows of the kind: the bootstrap's standard error (Efron 1979).

    Args:
        metric: The score.
        statistics: float64 (rows, k), from `metric.statistics`.
        seed: Seed of the resampling.
        resamples: How many; 200 are plenty for a standard error (Efron & Tibshirani 1993).
    """
    return float(np.std(bootstrap_scores(metric, [statistics], seed, resamples)))


def _scores_by_weights(metric: Metric, statistics: Sequence[FloatArray], weights: FloatArray) -> FloatArray:
    """Scores (systems, resamples) of a metric that goes by how often each row counts."""
    assert metric.weighted is not None, f"the metric {metric.name} has neither `value` nor `weighted`"
    weighted = metric.weighted
    return np.stack([weighted(each, weights) for each in statistics])


def _weights(rows: int, resamples: int, seed: int) -> Iterator[FloatArray]:
    """How often each row stands in each resample, in blocks of float64 (some resamples, rows)."""
    generator = np.random.default_rng(seed)
    at_once = max(1, _CELLS_AT_ONCE // rows)
    for begin in range(0, resamples, at_once):
        count = min(at_once, resamples - begin)
        drawn = generator.integers(0, rows, size=(count, rows))
        offsets = np.arange(count)[:, None] * rows
        yield np.bincount((drawn + offsets).ravel(), minlength=count * rows).reshape(count, rows).astype(np.float64)


def interval(value: float, resampled: FloatArray, level: float = 0.95) -> Estimate:
    """The percentile interval around a value, from its resampled scores (resamples,)."""
    tail = (1 - level) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail])
    return Estimate(value=float(value), low=float(min(low, value)), high=float(max(high, value)))


def share_interval(right: int, rows: int) -> Estimate:
    """The share of rows answered right, with Wilson's score interval (Wilson 1927)."""
    share, square = right / rows, Z_95**2
    centre = (right + square / 2) / (rows + square)
    margin = Z_95 * math.sqrt(share * (1 - share) * rows + square / 4) / (rows + square)
    return _around(share, centre, margin)


def paired_share_interval(only_first: int, only_second: int, rows: int) -> tuple[Estimate, float]:
    """The difference of two shares on the same rows, with an adjusted Wald interval (Bonett & Price 2012).

    Args:
        only_first: Rows that only the first system answered right.
        only_second: Rows that only the second system answered right.
        rows: All rows.

    Returns:
        The difference, and its standard deviation for one row.
    """
    first, second = (only_first + 1) / (rows + 2), (only_second + 1) / (rows + 2)
    spread = math.sqrt(first + second - (first - second) ** 2)
    margin = Z_95 * spread / math.sqrt(rows + 2)
    return _around((only_first - only_second) / rows, first - second, margin), spread


def _around(value: float, centre: float, margin: float) -> Estimate:
    return Estimate(value=value, low=min(value, centre - margin), high=max(value, centre + margin))
