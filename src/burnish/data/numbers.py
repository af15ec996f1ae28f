"""Whether a column of numbers is one that a regressor can learn, and how its rows are balanced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from burnish.data.profile import cell_text, is_number
from burnish.errors import UserError
from burnish.finding import Finding, counted

FEW_VALUES = 6  # with fewer different values, classes may be what is meant
_BINS, _ROWS_PER_BIN = 10, 10
_FAR = 5.0  # in spans between the quartiles, from the nearer one
_LISTED = 5


def read_number(cell: object) -> float | None:
    """The number in a cell, or None where there is none."""
    text = cell_text(cell)
    return float(text) if text and is_number(text) else None


def number_statistics(numbers: Sequence[float]) -> Mapping[str, float]:
    """Mean, spread (their standard deviation, 1 where they do not vary) and range of the training rows' numbers."""
    if not numbers:
        return {}
    values = np.array(numbers, dtype=np.float64)
    spread = float(values.std())
    return {
        "mean": float(values.mean()),
        "spread": spread if spread > 0 else 1.0,
        "low": float(values.min()),
        "high": float(values.max()),
    }


def number_strata(numbers: Sequence[float]) -> list[str]:
    """For each number the range of its tenth of all rows, so that parts can be drawn with the same mix.

    Equal numbers stay together; with few rows there are fewer ranges.
    """
    if not numbers:
        return []
    values = np.array(numbers, dtype=np.float64)
    bins = max(1, min(_BINS, len(values) // _ROWS_PER_BIN))
    edges = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)[1:-1], method="lower"))
    found = np.searchsorted(edges, values, side="left")
    ends = {int(part): (values[found == part].min(), values[found == part].max()) for part in np.unique(found)}
    names = {part: f"{low:g}" if low == high else f"{low:g} to {high:g}" for part, (low, high) in ends.items()}
    return [names[int(part)] for part in found]


def examine_numbers(numbers: Sequence[float]) -> list[Finding]:
    """Findings about a column of numbers to predict.

    Raises:
        UserError: There are none, or all are the same.
    """
    if not numbers:
        raise UserError(
            "no rows are left to learn from",
            where="the data",
            fix="Look at the reasons in the ledger: rows without text or number, repeated, contradicting, or in the "
            "test file too.",
        )
    different = sorted(set(numbers))
    if len(different) == 1:
        raise UserError(
            f"all {len(numbers)} rows have the same number, {different[0]:g}",
            where="the label column",
            fix="Give rows with different numbers, or name another column with `label:` (--label).",
        )
    return [*_few_values(different), *_far_off(numbers)]


def _few_values(different: Sequence[float]) -> list[Finding]:
    if len(different) >= FEW_VALUES:
        return []
    return [
        Finding(
            name="few-values",
            severity="note",
            count=len(different),
            text=f"the numbers take {len(different)} values only: {', '.join(f'{value:g}' for value in different)}",
            consequence="answers will lie between them",
            repair="if they are names of classes, write `task: text-classification`",
        )
    ]


def _far_off(numbers: Sequence[float]) -> list[Finding]:
    low, high = np.quantile(numbers, [0.25, 0.75])
    reach = _FAR * (high - low)
    far = [number for number in numbers if reach > 0 and not low - reach <= number <= high + reach]
    if not far:
        return []
    return [
        Finding(
            name="far-off-numbers",
            severity="warning",
            count=len(far),
            text=f"{counted(len(far), 'number lies', 'numbers lie')} far from all others "
            f"(half of them are between {low:g} and {high:g})",
            consequence="squared errors are ruled by them, in training and in the score",
            repair="correct them if they are mistakes; if large numbers are usual, predict their logarithm",
            examples=tuple(f"{number:g}" for number in sorted(far, key=lambda n: -abs(n - low))[:_LISTED]),
        )
    ]
