"""Scores of numbers that were predicted, most of them as sums over rows (see `contracts.Metric`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from burnish.contracts import Json, Metric, Prediction, Targets

if TYPE_CHECKING:
    from burnish.contracts import FloatArray

_CELLS_AT_ONCE = 4_000_000


def numbers_of(truths: Sequence[Json], predictions: Sequence[Prediction]) -> tuple[FloatArray, FloatArray]:
    """Truths and answers, float64 (rows,) each."""
    return np.array(truths, dtype=np.float64), np.array([p.value for p in predictions], dtype=np.float64)


def _errors(truths: Sequence[Json], predictions: Sequence[Prediction], _targets: Targets) -> FloatArray:
    """(rows, 3): the squared error, the absolute error, and 1."""
    true, told = numbers_of(truths, predictions)
    return np.stack([(told - true) ** 2, np.abs(told - true), np.ones_like(true)], axis=1)


def _explained(truths: Sequence[Json], predictions: Sequence[Prediction], targets: Targets) -> FloatArray:
    """(rows, 4): the squared error, 1, and the truth and its square, from the training rows' mean for exactness."""
    true, told = numbers_of(truths, predictions)
    true_from_mean = true - targets.statistics.get("mean", 0.0)
    return np.stack([(told - true) ** 2, np.ones_like(true), true_from_mean, true_from_mean**2], axis=1)


def _standardised(truths: Sequence[Json], predictions: Sequence[Prediction], targets: Targets) -> FloatArray:
    """(rows, 2): the squared error in the training rows' spread, and 1."""
    statistics = _errors(truths, predictions, targets)[:, [0, 2]]
    statistics[:, 0] /= targets.statistics.get("spread", 1.0) ** 2
    return statistics


def _pairs(truths: Sequence[Json], predictions: Sequence[Prediction], _targets: Targets) -> FloatArray:
    """(rows, 2): the truth and the answer."""
    return np.stack(numbers_of(truths, predictions), axis=1)


def _root_mean_square(sums: FloatArray) -> FloatArray:
    return np.sqrt(sums[..., 0] / np.maximum(sums[..., 2], 1))


def _mean_absolute(sums: FloatArray) -> FloatArray:
    return np.asarray(sums[..., 1] / np.maximum(sums[..., 2], 1))


def _mean(sums: FloatArray) -> FloatArray:
    return np.asarray(sums[..., 0] / np.maximum(sums[..., 1], 1))


def _share_explained(sums: FloatArray) -> FloatArray:
    """1 where nothing varies and nothing is wrong, 0 where nothing varies and something is."""
    errors, rows, total, squares = (sums[..., place] for place in range(4))
    variation = squares - total**2 / np.maximum(rows, 1)
    varies = variation > 1e-12 * np.maximum(squares, 1e-300)
    explained = 1 - errors / np.where(varies, variation, 1.0)
    return np.where(varies, explained, (errors == 0).astype(np.float64))


def _rank_correlation(statistics: FloatArray, weights: FloatArray) -> FloatArray:
    """Spearman's correlation where every row counts as often as its weight says: (rows, 2), (..., rows) -> (...)."""
    rows = len(statistics)
    together = weights.reshape(-1, rows)
    at_once = max(1, _CELLS_AT_ONCE // max(1, rows))
    blocks = [together[begin : begin + at_once] for begin in range(0, len(together), at_once)]
    orders = [_order_of(statistics[:, column]) for column in (0, 1)]
    found = [_correlation(_ranks(block, *orders[0]), _ranks(block, *orders[1]), block) for block in blocks]
    return np.concatenate(found).reshape(weights.shape[:-1])


def _order_of(values: FloatArray) -> tuple[np.ndarray, np.ndarray]:
    """For every row the number of its value among the different ones, in order; and how to sort rows by it."""
    _, group = np.unique(values, return_inverse=True)
    return group, np.argsort(group, kind="stable")


def _ranks(weights: FloatArray, group: np.ndarray, order: np.ndarray) -> FloatArray:
    """The mean rank of every row, float64 (blocks, rows), among rows that stand as often as their weight says."""
    begins = np.flatnonzero(np.diff(group[order], prepend=-1))
    sizes = np.add.reduceat(weights[:, order], begins, axis=1)
    middles = np.cumsum(sizes, axis=1) - sizes / 2
    return np.asarray(middles[:, group])


def _correlation(first: FloatArray, second: FloatArray, weights: FloatArray) -> FloatArray:
    """Pearson's correlation of weighted values, (blocks, rows) each; 0 where one of them does not vary."""
    total = np.maximum(weights.sum(axis=1, keepdims=True), 1)
    first = first - (first * weights).sum(axis=1, keepdims=True) / total
    second = second - (second * weights).sum(axis=1, keepdims=True) / total
    spread = np.sqrt((weights * first**2).sum(axis=1) * (weights * second**2).sum(axis=1))
    return np.asarray((weights * first * second).sum(axis=1) / np.maximum(spread, 1e-12))


RMSE = Metric(
    name="rmse",
    summary="root of the mean squared error, in the unit of the numbers",
    statistics=_errors,
    value=_root_mean_square,
    higher_is_better=False,
    share=False,
    relative=True,
)
MAE = Metric(
    name="mae",
    summary="mean absolute error, in the unit of the numbers",
    statistics=_errors,
    value=_mean_absolute,
    higher_is_better=False,
    share=False,
    relative=True,
)
R2 = Metric(
    name="r2",
    summary="share of the variance that is explained; 0 is what their mean would reach, 1 is perfect",
    statistics=_explained,
    value=_share_explained,
    share=False,
)
SPEARMAN = Metric(
    name="spearman",
    summary="correlation of ranks: whether what is larger is told to be larger",
    statistics=_pairs,
    weighted=_rank_correlation,
    share=False,
)
STANDARDISED_ERROR = Metric(
    name="standardised-error",
    summary="mean squared error where the training rows' variance is 1",
    statistics=_standardised,
    value=_mean,
    higher_is_better=False,
    share=False,
)
