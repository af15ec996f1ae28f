"""Choose rows that stand for as much as possible of what is not understood yet.

Facility location (Cornuéjols et al. 1977): a row covers its nearest neighbours in feature space, the better the
nearer they are. Rows are chosen one by one, each time the one that adds most to what is covered, where an uncertain
row counts more than one that the model is sure about. With no model yet, all count the same, and the choice is simply
representative. Greedy choice is within 1 - 1/e of the best one (Nemhauser et al. 1978).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from burnish.contracts import Features, FloatArray

    Indices = np.ndarray[Any, np.dtype[np.int64]]

NEIGHBOURS = 30  # rows that one row can stand for
_SHARPNESS = 3  # near neighbours count more: similarities are raised to this power
_ROWS_AT_ONCE = 512


@dataclass(frozen=True, kw_only=True)
class Neighbourhood:
    """The nearest neighbours of every row, itself among them.

    Attributes:
        rows: int64 (rows, neighbours).
        cover: How well the row covers each of them, float32 (rows, neighbours) in [0, 1].
    """

    rows: Indices
    cover: Features


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Rows chosen, best first.

    Attributes:
        rows: Their positions.
        gains: How much each added to what is covered, in rows that nobody is sure about.
    """

    rows: tuple[int, ...]
    gains: tuple[float, ...]


def find_neighbours(features: Features) -> Neighbourhood:
    """The nearest neighbours by the cosine of what tells rows from the mean row.

    Args:
        features: float32 (rows, width).
    """
    moved = features - features.mean(axis=0)
    unit = moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-12)
    count = min(NEIGHBOURS, len(unit))
    rows = np.empty((len(unit), count), dtype=np.int64)
    cover = np.empty((len(unit), count), dtype=np.float32)
    for begin in range(0, len(unit), _ROWS_AT_ONCE):
        similarity = unit[begin : begin + _ROWS_AT_ONCE] @ unit.T
        own = np.arange(len(similarity))
        similarity[own, own + begin] = 1.0  # a row without direction is still its own neighbour
        nearest = np.argpartition(-similarity, count - 1, axis=1)[:, :count]
        rows[begin : begin + len(own)] = nearest
        cover[begin : begin + len(own)] = np.take_along_axis(similarity, nearest, axis=1)
    return Neighbourhood(rows=rows, cover=np.clip(cover, 0, 1) ** _SHARPNESS)


def choose_rows(neighbours: Neighbourhood, count: int, *, known: Indices, weights: FloatArray) -> Choice:
    """Choose rows greedily.

    Args:
        neighbours: Of all rows.
        count: How many to choose; fewer where fewer are left.
        known: Positions of rows that are labelled: they cover, and are not chosen.
        weights: How much each row wants to be covered, float64 (rows,): 1 for one that nobody is sure about.

    Returns:
        The rows, and what each added.
    """
    covered = np.zeros(len(neighbours.rows), dtype=np.float64)
    for row in known:
        _cover(covered, neighbours, int(row))
    gains = _gains(covered, neighbours, weights, slice(None))
    waiting = [(-float(gain), row) for row, gain in enumerate(gains)]
    for row in known:
        waiting[int(row)] = (np.inf, int(row))
    heapq.heapify(waiting)
    chosen: list[tuple[int, float]] = []
    while waiting and len(chosen) < count:
        promised, row = heapq.heappop(waiting)
        if promised == np.inf:
            break
        gain = float(_gains(covered, neighbours, weights, slice(row, row + 1))[0])
        if waiting and gain < -waiting[0][0] - 1e-12:  # gains only fall, so only the promising need a second look
            heapq.heappush(waiting, (-gain, row))
            continue
        chosen.append((row, gain))
        _cover(covered, neighbours, row)
    return Choice(rows=tuple(row for row, _ in chosen), gains=tuple(gain for _, gain in chosen))


def _gains(covered: FloatArray, neighbours: Neighbourhood, weights: FloatArray, some: slice) -> FloatArray:
    """What some rows would add, float64 (rows,)."""
    rows = neighbours.rows[some]
    better = np.maximum(neighbours.cover[some] - covered[rows], 0)
    return np.asarray((weights[rows] * better).sum(axis=1))


def _cover(covered: FloatArray, neighbours: Neighbourhood, row: int) -> None:
    rows = neighbours.rows[row]
    covered[rows] = np.maximum(covered[rows], neighbours.cover[row])


def margin_uncertainty(probabilities: FloatArray) -> FloatArray:
    """1 less what the likeliest answer has ahead of the second, float64 (rows,), of probabilities (rows, labels)."""
    if probabilities.shape[1] < 2:
        return np.ones(len(probabilities))
    two = np.partition(probabilities, -2, axis=1)[:, -2:]
    return np.asarray(1 - (two[:, 1] - two[:, 0]), dtype=np.float64)
