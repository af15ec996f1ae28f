"""What columns look like, and what counts as empty, as a number, as the same value."""

from __future__ import annotations

from typing import Any

import pytest

from burnish.data.profile import cell_text, is_number, is_whole_number, profile_column, profile_table
from burnish.data.table import Table


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        ("", ""),
        (" \t\u00a0\n", ""),
        ("  two words ", "two words"),
        (True, "true"),
        (False, "false"),
        (1, "1"),
        (0, "0"),
        (1.0, "1"),
        (-0.0, "0"),
        (2.5, "2.5"),
        (1e22, "10000000000000000000000"),
        (float("nan"), ""),
        (float("inf"), "inf"),
        (["a", None], "['a', None]"),
    ],
)
def test_cells_as_people_write_them(cell: Any, text: str) -> None:
    assert cell_text(cell) == text


@pytest.mark.parametrize("text", ["1", "-1.5", "+2", "1e-3", ".5", "007", "1E5"])
def test_numbers(text: str) -> None:
    assert is_number(text)


@pytest.mark.parametrize("text", ["", "one", "1,5", "nan", "inf", "-Infinity", "1_000", "1 2", "0x10", "1.2.3"])
def test_no_numbers(text: str) -> None:
    assert not is_number(text)
    assert not is_whole_number(text)


def test_whole_numbers() -> None:
    assert [text for text in ("3", "-3", "+3", "3.0", "1e3", "²", "+-3") if is_whole_number(text)] == ["3", "-3", "+3"]


def test_a_column_in_numbers() -> None:
    profile = profile_column("x", ["one two", " ", None, "3", "3", "4.5", "one two three four"])
    assert (profile.filled, profile.empty) == (5, 2)
    assert profile.distinct == 4
    assert profile.mean_words == pytest.approx((2 + 1 + 1 + 1 + 4) / 5)
    assert profile.numbers == pytest.approx(3 / 5)
    assert profile.whole_numbers == pytest.approx(2 / 5)
    assert profile.commonest[0] == ("3", 2)
    assert len(profile.commonest) == 3


def test_an_empty_column() -> None:
    profile = profile_column("x", ["", None, float("nan"), "  "])
    assert (profile.filled, profile.empty, profile.distinct, profile.mean_words, profile.numbers) == (0, 4, 0, 0.0, 0.0)
    assert profile.commonest == ()


def test_every_column_of_a_table() -> None:
    table = Table(file="x", columns={"a": ["1"], "b": [True]}, lines=[2], format="")
    assert [(profile.name, profile.commonest) for profile in profile_table(table)] == [
        ("a", (("1", 1),)),
        ("b", (("true", 1),)),
    ]
