from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.reporting.charts import (
    Axis,
    bar_widths,
    dots_path,
    histogram,
    line_path,
    make_axis,
    stacked,
    whisker,
)


def test_axis_ends_on_round_numbers_and_names_them() -> None:
    axis = make_axis([0.47, 0.789], scale=100, unit="%")
    assert (axis.low, round(axis.high, 9)) == (0.4, 0.8)
    assert [tick.label for tick in axis.ticks] == ["40%", "50%", "60%", "70%", "80%"]
    assert [tick.place for tick in axis.ticks] == [0, 25, 50, 75, 100]


def test_axis_keeps_to_the_ends_that_it_is_given() -> None:
    axis = make_axis([0.2, 0.99], scale=100, unit="%", low=0.0, high=1.0)
    assert (axis.low, axis.high) == (0.0, 1.0)
    assert axis.ticks[0].label == "0%"
    assert axis.ticks[-1].label == "100%"


def test_signed_labels() -> None:
    axis = make_axis([-0.03, 0.05], scale=100, signed=True)
    assert [tick.label for tick in axis.ticks] == ["−4", "−2", "0", "+2", "+4", "+6"]


def test_axis_of_one_value_or_none_has_room() -> None:
    assert make_axis([0.5]).low < 0.5 < make_axis([0.5]).high
    assert make_axis([0.0]).low < 0.0 < make_axis([0.0]).high
    empty = make_axis([float("nan")])
    assert (empty.low, empty.high) == (0.0, 1.0)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=20))
def test_axis_covers_its_values_with_few_ticks_in_order(values: list[float]) -> None:
    axis = make_axis(values)
    reach = axis.high - axis.low
    assert axis.low <= min(values) + 1e-9 * reach
    assert axis.high >= max(values) - 1e-9 * reach
    places = [tick.place for tick in axis.ticks]
    assert 2 <= len(places) <= 8
    assert places == sorted(places)
    assert len({tick.label for tick in axis.ticks}) == len(places)


def test_whisker_stays_on_the_axis() -> None:
    axis = Axis(low=0.0, high=1.0)
    found = whisker(axis, 0.5, -0.2, 0.75)
    assert (found.left, found.dot, found.right) == (0.0, 50.0, 75.0)


def test_line_goes_upward_and_breaks_where_there_is_no_number() -> None:
    x, y = Axis(low=0, high=4), Axis(low=0, high=2)
    points = [(0.0, 0.0), (1.0, 2.0), (2.0, float("nan")), (3.0, 1.0), (4.0, 1.0)]
    assert line_path(points, x, y) == "M0,100L25,0M75,50L100,50"
    assert line_path([], x, y) == ""


def test_dots_are_strokes_without_length() -> None:
    axis = Axis(low=0, high=1)
    assert dots_path([(0.5, 1.0), (float("inf"), 0.0)], axis, axis) == "M50,0h0.001"


@given(st.lists(st.integers(0, 10**6), max_size=8))
def test_stacked_parts_fill_the_bar_without_gaps(parts: list[int]) -> None:
    bars = stacked(parts)
    assert sum(bar.width for bar in bars) == pytest.approx(100 if sum(parts) else 0, abs=0.01)
    for before, after in itertools.pairwise(bars):
        assert after.left == pytest.approx(before.left + before.width, abs=0.01)


def test_histogram_bars_stand_over_their_edges() -> None:
    bars = histogram([5, 10, 0], [0.0, 10.0, 20.0, 40.0], Axis(low=0, high=40))
    assert [(bar.left, bar.width, bar.height) for bar in bars] == [(0, 25, 50), (25, 25, 100), (50, 50, 0)]


def test_bars_are_as_wide_as_their_share_of_the_longest() -> None:
    assert bar_widths([1.0, 4.0, 0.0]) == [25.0, 100.0, 0.0]
    assert bar_widths([0.0, 0.0]) == [0.0, 0.0]
    assert not any(math.isnan(width) for width in bar_widths([]))
