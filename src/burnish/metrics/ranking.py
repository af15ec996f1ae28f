"""Whether rows of a class are told to be more of it than others: the area under the curve (Hanley & McNeil 1982)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from burnish.contracts import Json, Metric, Prediction, Targets
from burnish.metrics.classification import label_indices

if TYPE_CHECKING:
    from burnish.contracts import FloatArray

_CELLS_AT_ONCE = 4_000_000


def _scores_and_label(truths: Sequence[Json], predictions: Sequence[Prediction], targets: Targets) -> FloatArray:
    """(rows, classes + 1): the score of every class, and last the true class's position (-1 for an unknown one)."""
    scores = [[prediction.scores.get(label, 0.0) for label in targets.labels] for prediction in predictions]
    true = label_indices(truths, targets).astype(np.float64)
    return np.hstack([np.array(scores, dtype=np.float64).reshape(len(true), -1), true[:, None]])


def _mean_area(statistics: FloatArray, weights: FloatArray) -> FloatArray:
    """The mean over classes of one against the rest: (rows, classes + 1), (..., rows) -> (...).

    A class that no counted row has, or all have, is left out; where none is left the score is a half.
    """
    rows = len(statistics)
    together = weights.reshape(-1, rows)
    at_once = max(1, _CELLS_AT_ONCE // max(1, rows))
    true, found = statistics[:, -1], []
    for begin in range(0, len(together), at_once):
        block = together[begin : begin + at_once]
        total, count = np.zeros(len(block)), np.zeros(len(block))
        for label in range(statistics.shape[1] - 1):
            area, is_there = _area(statistics[:, label], true == label, block)
            total, count = total + np.where(is_there, area, 0.0), count + is_there
        found.append(np.where(count > 0, total / np.maximum(count, 1), 0.5))
    return np.concatenate(found).reshape(weights.shape[:-1])


def _area(scores: FloatArray, own: np.ndarray, weights: FloatArray) -> tuple[FloatArray, np.ndarray]:
    """The chance that a row of the class scores above another, ties counting half; and whether there are both."""
    _, group = np.unique(scores, return_inverse=True)
    order = np.argsort(group, kind="stable")
    begins = np.flatnonzero(np.diff(group[order], prepend=-1))
    own_sizes = np.add.reduceat((weights * own)[:, order], begins, axis=1)
    other_sizes = np.add.reduceat((weights * ~own)[:, order], begins, axis=1)
    below = np.cumsum(other_sizes, axis=1) - other_sizes / 2
    pairs = own_sizes.sum(axis=1) * other_sizes.sum(axis=1)
    return np.asarray((own_sizes * below).sum(axis=1) / np.maximum(pairs, 1e-12)), pairs > 0


AUC = Metric(
    name="auc",
    summary="mean over classes of the chance that a row of the class scores higher for it than another row",
    statistics=_scores_and_label,
    weighted=_mean_area,
)
