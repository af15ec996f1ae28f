"""What a report shows of predicted numbers."""

from __future__ import annotations

from burnish.contracts import Prediction
from burnish.number_panels import number_panels
from burnish.reporting.panels import view_panels

TRUE = [float(n) for n in range(40)]
TOLD = [
    Prediction(
        value=n + (30.0 if n == 7 else 1.0), confidence=0.9, interval=(n - 1.0 + 30 * (n == 7), n + 3.0 + 30 * (n == 7))
    )
    for n in TRUE
]


def test_the_largest_error_comes_first_and_intervals_are_counted() -> None:
    scatter, groups, errors = number_panels([f"row {n:.0f}" for n in TRUE], TRUE, TOLD)
    assert len(scatter["points"]) == 40
    assert scatter["points"][7] == [7.0, 37.0]
    assert sum(row[1] for row in groups["rows"]) == 40
    assert "97.5% of the time" in groups["caption"]
    assert errors["rows"][0] == ["row 7", 7.0, 37.0, 30.0]


def test_they_can_be_laid_out() -> None:
    scatter, groups, _ = view_panels(number_panels(["x"] * 40, TRUE, TOLD))
    assert scatter.path.count("M") == 40
    assert scatter.titles == ("true number", "answer")
    assert len(groups.rows) == 5
