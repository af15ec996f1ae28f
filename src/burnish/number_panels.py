"""What a report shows of predicted numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from burnish.contracts import Json, Prediction
from burnish.metrics.intervals import share_interval
from burnish.metrics.regression import numbers_of
from burnish.panels import table_panel

if TYPE_CHECKING:
    from burnish.contracts import FloatArray

_GROUPS, _ROWS_PER_GROUP = 5, 4
_MOST_DOTS = 1000
_ERRORS_SHOWN = 12
_LONG_TEXT = 200


def number_panels(
    inputs: Sequence[str], truths: Sequence[Json], predictions: Sequence[Prediction]
) -> list[dict[str, Json]]:
    """Told against true numbers, errors from low to high, what the intervals are worth, and the largest errors.

    Args:
        inputs: What each row says, for people to read.
        truths: True numbers.
        predictions: The specialist's.
    """
    true, told = numbers_of(truths, predictions)
    return [_scatter(true, told), *_groups(true, predictions), _errors(inputs, true, told)]


def _scatter(true: FloatArray, told: FloatArray) -> dict[str, Json]:
    shown = range(0, len(true), max(1, -(-len(true) // _MOST_DOTS)))
    return {
        "kind": "scatter",
        "title": "What it says, and what is true",
        "caption": "Each dot is a test row. On the diagonal the answer is right; above it, the answer is too high.",
        "x": "true number",
        "y": "answer",
        "points": [[float(true[row]), float(told[row])] for row in shown],
    }


def _groups(true: FloatArray, predictions: Sequence[Prediction]) -> list[dict[str, Json]]:
    """Rows from the lowest to the highest answer in groups of the same size, and how often intervals hold the truth."""
    told = np.array([prediction.value for prediction in predictions])
    within = np.array(
        [p.interval is not None and p.interval[0] <= t <= p.interval[1] for t, p in zip(true, predictions, strict=True)]
    )
    if not len(true):
        return []
    order = np.argsort(told, kind="stable")
    groups = np.array_split(order, max(1, min(_GROUPS, len(order) // _ROWS_PER_GROUP)))
    chance = share_interval(int(within.sum()), len(within))
    wanted = predictions[0].confidence
    return [
        table_panel(
            "From low to high",
            f"Test rows by the answer, in groups of the same size. Intervals are made to hold the truth {wanted:.0%} "
            f"of the time; here they do {within.mean():.1%} of the time (95% interval {chance.low:.1%} to "
            f"{chance.high:.1%}).",
            ("answers", "test rows", "mean answer", "mean truth", "mean absolute error", "truth within the interval"),
            [
                (
                    f"{told[group].min():.3g} to {told[group].max():.3g}",
                    len(group),
                    float(told[group].mean()),
                    float(true[group].mean()),
                    float(np.abs(told[group] - true[group]).mean()),
                    float(within[group].mean()),
                )
                for group in groups
            ],
            shares=(5,),
        )
    ]


def _errors(inputs: Sequence[str], true: FloatArray, told: FloatArray) -> dict[str, Json]:
    worst = np.argsort(-np.abs(told - true), kind="stable")[:_ERRORS_SHOWN]
    return table_panel(
        "Its largest errors",
        "The test rows whose answer is farthest from the truth: some will be hard, and some will be mistakes in the "
        "data.",
        ("input", "truth", "answer", "error"),
        [(_short(inputs[row]), float(true[row]), float(told[row]), float(told[row] - true[row])) for row in worst],
    )


def _short(text: str) -> str:
    return text if len(text) <= _LONG_TEXT else f"{text[:_LONG_TEXT].rstrip()} …"
