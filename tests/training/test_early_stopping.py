"""Which validation's weights count, and when patience ends."""

from __future__ import annotations

import math

import pytest

from burnish.training.early_stopping import kept_validation, validations_without_gain


def entries(*scores: float, error: float = 0.02) -> list[dict[str, float]]:
    return [{"score": score, "error": error} for score in scores]


@pytest.mark.parametrize(
    ("scores", "higher", "kept"),
    [
        ((0.5,), True, 0),
        ((0.5, 0.7, 0.6), True, 1),
        ((0.5, 0.7, 0.6), False, 0),
        ((0.5, 0.70, 0.69), True, 2),  # within one standard error of the best: as good, and later
        ((0.5, 0.49, 0.51), False, 2),
        ((0.9, 0.80, 0.85), True, 0),  # every epoch is clearly worse than the start
        ((0.9, 0.80, 0.89), True, 2),
    ],
)
def test_the_latest_that_is_not_clearly_worse_than_the_best(scores: tuple[float, ...], higher: bool, kept: int) -> None:
    assert kept_validation(entries(*scores), higher_is_better=higher) == kept


def test_what_is_kept_stays_or_is_the_latest() -> None:
    """Only the weights of one validation are stored."""
    found = [{"score": score, "error": error} for score, error in ((0.6, 0.05), (0.58, 0.2), (0.7, 0.01), (0.5, 0.3))]
    kept = [kept_validation(found[:count], higher_is_better=True) for count in range(1, 5)]
    assert kept == [0, 1, 2, 2]


def test_a_score_that_is_no_number_is_worse_than_any() -> None:
    diverged = {"score": math.nan, "error": math.nan}
    for higher in (True, False):
        assert kept_validation([*entries(0.5), diverged], higher_is_better=higher) == 0
        assert kept_validation([diverged, *entries(0.5)], higher_is_better=higher) == 1
        assert validations_without_gain([*entries(0.5), diverged, diverged], higher_is_better=higher) == 1


@pytest.mark.parametrize(
    ("scores", "since"),
    [
        ((0.9,), 0),
        ((0.9, 0.6), 0),
        ((0.9, 0.6, 0.7), 0),  # still below the start, and on the way up
        ((0.9, 0.7, 0.6), 1),
        ((0.5, 0.8, 0.7, 0.7), 2),
        ((0.5, 0.8, 0.79, 0.79), 0),
        ((0.9, 0.7, 0.6, 0.8), 0),
    ],
)
def test_patience_looks_at_epochs_and_not_at_the_start(scores: tuple[float, ...], since: int) -> None:
    assert validations_without_gain(entries(*scores), higher_is_better=True) == since
