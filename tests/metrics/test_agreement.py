"""Agreement, held against published examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.metrics.agreement import Level, agreement_by_label, cohens_kappa, krippendorffs_alpha

# Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section C: four observers, twelve units; 0: no answer
OBSERVERS = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3),
    (0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0),
)
UNITS = [[answer for answer in unit if answer] for unit in zip(*OBSERVERS, strict=True)]


@pytest.mark.parametrize(("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_is_the_published_one(level: Level, published: float) -> None:
    alpha = krippendorffs_alpha(UNITS, level)
    assert alpha == pytest.approx(published, abs=0.0006)


def test_kappa_is_that_of_the_textbook_table() -> None:
    """Fifty grant proposals read by two: 20 times both yes, 15 times both no, 5 and 10 times one of them alone."""
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    assert cohens_kappa(first, second) == pytest.approx(0.4)


def test_what_cannot_be_judged_has_no_figure() -> None:
    assert cohens_kappa([], []) is None
    assert cohens_kappa(["a", "a"], ["a", "a"]) is None
    assert krippendorffs_alpha([["a"], ["b"], []]) is None
    assert krippendorffs_alpha([["a", "a"], ["a", "a"]]) is None
    assert krippendorffs_alpha([[3, 3]], "interval") is None


def test_agreement_by_label_is_a_share_of_the_pairs_with_that_label() -> None:
    found: Any = agreement_by_label([["a", "a"], ["a", "b"], ["b", "b", "b"], ["c"]])
    assert found == {"a": (pytest.approx(2 / 3), 3), "b": (pytest.approx(3 / 4), 4)}


DISTANCES: dict[Level, Callable[[int, int], float]] = {
    "nominal": lambda one, other: float(one != other),
    "interval": lambda one, other: float((one - other) ** 2),
}


@given(st.lists(st.lists(st.integers(0, 3), min_size=2, max_size=4), min_size=1, max_size=8))
def test_alpha_is_the_one_made_of_pairs(units: list[list[int]]) -> None:
    """The definition, pair by pair: disagreement within units over disagreement of all answers with each other."""
    answers = [answer for unit in units for answer in unit]
    if len(set(answers)) < 2:
        assert krippendorffs_alpha(units, "interval") is None
        return
    for level, distance in DISTANCES.items():
        within = sum(distance(a, b) / (len(unit) - 1) for unit in units for a in unit for b in unit) / len(answers)
        among = sum(distance(a, b) for a in answers for b in answers) / (len(answers) * (len(answers) - 1))
        assert krippendorffs_alpha(units, level) == pytest.approx(1 - within / among)
