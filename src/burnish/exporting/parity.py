"""The parity gate: do two forms of a model give the same answers?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from burnish.contracts import Prediction
from burnish.errors import UserError
from burnish.predictions import CLOSEST

TOLERANCE = 1e-3  # of a probability, or of a number above 1; float32 sums in another order stay far below it


@dataclass(frozen=True, kw_only=True)
class Parity:
    """How far two forms of a model are apart on the same rows.

    Attributes:
        form: The form that was compared with the trained network.
        rows: Rows compared.
        largest_difference: The largest difference of any score.
        different_answers: Rows answered differently though the scores were not a tie.
    """

    form: str
    rows: int
    largest_difference: float
    different_answers: int

    @property
    def passed(self) -> bool:
        """Whether the forms may stand for each other."""
        return self.different_answers == 0 and self.largest_difference <= TOLERANCE

    def as_dict(self) -> dict[str, Any]:
        """The comparison as JSON-able values."""
        return {**asdict(self), "tolerance": TOLERANCE, "passed": self.passed}


def compare_predictions(form: str, expected: Sequence[Prediction], found: Sequence[Prediction]) -> Parity:
    """Compare answers to the same rows, in order."""
    differences = [
        _difference(first.scores[name], second.scores.get(name, math.nan))
        for first, second in zip(expected, found, strict=True)
        if not (_wavers(first, second) and first.value != second.value)  # then they are of different texts
        for name in first.scores
    ]
    different = sum(
        first.value != second.value and not _is_tie(first, second)
        for first, second in zip(expected, found, strict=True)
    )
    return Parity(
        form=form,
        rows=len(expected),
        largest_difference=max(differences, default=0.0),
        different_answers=different,
    )


def require_parity(parity: Parity) -> None:
    """Raise UserError where a form does not answer as the trained network does: it must not be shipped."""
    if not parity.passed:
        raise UserError(
            f"the {parity.form} form does not answer as the trained network does: {parity.different_answers} of "
            f"{parity.rows} answers differ, scores by up to {parity.largest_difference:.2g}",
            where="export",
            fix="Please report it with the model's name; nothing was exported.",
        )


def _difference(first: float, second: float) -> float:
    """How far two scores are apart, by their size where that is above 1; infinitely where one is missing."""
    difference = abs(first - second) / max(1.0, abs(first))
    return math.inf if math.isnan(difference) else difference


def _wavers(first: Prediction, second: Prediction) -> bool:
    """Whether a written text hung on rounding: somewhere the next best token was as probable, in both forms."""
    return all(side.scores.get(CLOSEST, 1.0) <= 2 * TOLERANCE for side in (first, second))


def _is_tie(first: Prediction, second: Prediction) -> bool:
    """Whether the two answers were so close in both forms that rounding may decide between them."""
    return _wavers(first, second) or all(
        abs(side.scores.get(first.value, 0.0) - side.scores.get(second.value, 1.0)) <= 2 * TOLERANCE
        for side in (first, second)
        if isinstance(first.value, str)
    )
