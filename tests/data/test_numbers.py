"""Columns of numbers to predict."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.data.numbers import examine_numbers, number_statistics, number_strata, read_number
from burnish.errors import UserError

NUMBERS = [float(number % 37) / 4 for number in range(200)]


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        *[("3.5", 3.5), (" -2 ", -2.0), ("1e3", 1000.0), (4, 4.0), (2.5, 2.5)],
        *[(cell, None) for cell in ("", None, "3,5", "inf", "nan", "4 stars", "1_000")],
    ],
)
def test_what_is_a_number(cell: Any, number: float | None) -> None:
    assert read_number(cell) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_that_was_read_reads_the_same_again(number: float) -> None:
    assert read_number(number) == number


def test_statistics() -> None:
    found = number_statistics([1.0, 2.0, 6.0])
    assert found == {"mean": 3.0, "spread": pytest.approx(2.1602, abs=1e-4), "low": 1.0, "high": 6.0}
    assert number_statistics([5.0, 5.0])["spread"] == 1.0
    assert number_statistics([]) == {}


def test_strata_are_tenths_named_by_their_range() -> None:
    strata = number_strata(NUMBERS)
    assert len(set(strata)) == 10
    assert all(10 <= count <= 35 for count in Counter(strata).values())
    for number, name in zip(NUMBERS, strata, strict=True):
        low, high = map(float, name.split(" to "))
        assert low <= number <= high


@given(st.lists(st.sampled_from([0.0, 1.0, 2.5, 7.0]), max_size=80))
def test_equal_numbers_stay_together(numbers: list[float]) -> None:
    strata = number_strata(numbers)
    assert len(strata) == len(numbers)
    assert all(len({s for n, s in zip(numbers, strata, strict=True) if n == number}) == 1 for number in set(numbers))


def test_few_rows_are_one_stratum() -> None:
    assert set(number_strata([1.0, 2.0, 3.0])) == {"1 to 3"}


def test_what_cannot_be_learned() -> None:
    with pytest.raises(UserError, match="no rows are left"):
        examine_numbers([])
    with pytest.raises(UserError, match="all 4 rows have the same number, 7"):
        examine_numbers([7.0] * 4)


def test_findings() -> None:
    assert examine_numbers(NUMBERS) == []
    (few,) = examine_numbers([1.0, 2.0, 3.0] * 20)
    assert (few.name, few.count) == ("few-values", 3)
    (far,) = examine_numbers([*NUMBERS, 900.0])
    assert (far.name, far.severity, far.examples) == ("far-off-numbers", "warning", ("900",))
