"""Bootstrap intervals. Every system is resampled with the same rows, so that differences stay paired."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from burnish.contracts import FloatArray, Metric

RESAMPLES = 2000
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


def bootstrap_scores(metric: Metric, statistics: list[FloatArray], seed: int, resamples: int = RESAMPLES) -> FloatArray:
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
    together = np.concatenate(statistics, axis=1)
    sums = np.concatenate([weights @ together for weights in _weights(rows, resamples, seed)])
    parts = np.split(sums, len(statistics), axis=1)
    return np.stack([metric.value(part) for part in parts])


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
