"""`outliers`: rows that lie far from all others, by the features of the untouched model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from burnish.checks.check import Check, Found, Seen, numbers
from burnish.finding import counted

if TYPE_CHECKING:
    from burnish.contracts import Features, FloatArray

_LEAST_ROWS = 50
_COMPARED = 4000  # rows that distances are taken to
_NEIGHBOURS = 5
_FAR = 6.0  # robust standard deviations above the median


def _find(seen: Seen) -> list[Found]:
    if len(seen.rows) < _LEAST_ROWS:
        return []
    features = seen.features_of(seen.rows)
    distances = neighbour_distances(features, features, seen.seed)
    far = _far(distances, distances)
    found = [_found(seen, far, f"{counted(len(far), 'row lies', 'rows lie')} far from all others")] if far else []
    if seen.test and (out := _far(neighbour_distances(seen.features_of(seen.test), features, seen.seed), distances)):
        shown = {row: seen.shown(seen.test[place]) for row, place in zip(numbers(seen.test, out), out, strict=True)}
        found.append(
            Found(
                severity="warning" if len(out) > len(seen.test) / 20 else "note",
                text=f"{counted(len(out), 'test row lies', 'test rows lie')} far from all training rows",
                advice="add training rows like these, if they are what will come",
                rows=list(shown),
                shown=shown,
            )
        )
    return found


def _found(seen: Seen, far: list[int], text: str) -> Found:
    return Found(
        severity="note",
        text=text,
        advice="look whether they belong to the data at all",
        rows=numbers(seen.rows, far),
        reason="lies far from all other rows",
    )


def neighbour_distances(features: Features, others: Features, seed: int) -> FloatArray:
    """Mean cosine distance to the nearest of the others, without a row's own copy, float64 (rows,)."""
    chosen = np.random.default_rng(seed).permutation(len(others))[:_COMPARED]
    centre = others.mean(axis=0)
    reference = _unit(others[chosen] - centre)
    found = []
    for begin in range(0, len(features), 1000):
        similarity = _unit(features[begin : begin + 1000] - centre) @ reference.T
        similarity[similarity > 1 - 1e-6] = -1  # itself
        nearest = np.sort(similarity, axis=1)[:, -min(_NEIGHBOURS, len(reference)) :]
        found.append(1 - nearest.mean(axis=1, dtype=np.float64))
    return np.concatenate(found)


def _far(distances: FloatArray, usual: FloatArray) -> list[int]:
    """Places of distances far above the usual ones, the farthest first."""
    middle = np.median(usual)
    spread = 1.4826 * np.median(np.abs(usual - middle)) or 1e-9
    order = np.argsort(-distances, kind="stable")
    return [int(place) for place in order if (distances[place] - middle) / spread > _FAR]


def _unit(vectors: Features) -> Features:
    unit: Features = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return unit


CHECK = Check(
    name="outliers",
    summary="rows, and given test rows, that lie far from the training rows in the features of the untouched model",
    consequence="what does not belong to the data teaches nothing; what has no like in training is guessed at",
    policies=("report", "drop", "fail", "skip"),
    needs_features=True,
    judged=True,
    find=_find,
)
