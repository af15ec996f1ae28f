"""Columns give back the values that went in, whatever their types and their number."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish.data import cells as module
from burnish.data.cells import CellsBuilder, joined_cells, kept_cells

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.text(st.characters(codec="utf-8"), max_size=5),
    st.lists(st.one_of(st.integers(), st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=2), st.none()))),
)


def same(found: Any, wanted: Any) -> bool:
    """Equal and of the same types: 1 is neither True nor 1.0."""
    return repr(list(found)) == repr(list(wanted))


@given(parts=st.lists(st.one_of(st.lists(VALUES, max_size=6), st.lists(st.integers(-5, 5), max_size=6)), max_size=5))
@settings(max_examples=200, deadline=None)
def test_values_come_back(parts: list[list[Any]]) -> None:
    values = [value for part in parts for value in part]
    builder = CellsBuilder()
    for part in parts:
        builder.extend(part)
        builder._settle()
    for cells in (builder.done(), joined_cells([kept_cells(part) for part in parts]), kept_cells(values)):
        assert same(cells, values)
        assert cells == values
        assert cells == tuple(values)
        assert same(cells[1:3], values[1:3])
        places = [len(values) - 1, 0] if values else []
        chosen = [values[place] for place in places]
        assert same(cells.take(places), chosen)
        assert same(cells.take(places)[1:], chosen[1:])
        assert same(cells.take(places).take([-1 % len(places)] if places else []), chosen[-1:])
        assert same(joined_cells([cells.take(places), cells]), [*chosen, *values])
        assert same(cells[:].take(places).drained(), chosen)
        again = cells[:]
        assert same(again.drained(), values)
        assert same(again, [])


def test_many_values_are_kept_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 4)
    builder = CellsBuilder()
    builder.pad(3)
    for number in range(10):
        builder.append(f"text {number}")
    wanted = [None, None, None, *(f"text {number}" for number in range(10))]
    assert len(builder) == 13
    cells = builder.done()
    assert same(cells, wanted)
    assert [cells[place] for place in (0, 5, -1)] == [None, "text 2", "text 9"]
    assert [list(part) for part in module.parts_of(cells)] == [wanted[0:4], wanted[4:8], wanted[8:12], wanted[12:]]
    with pytest.raises(IndexError):
        cells[13]


def test_unequal() -> None:
    cells = kept_cells(["a", "b"])
    assert cells != ["a"]
    assert cells != ["a", "c"]
    assert cells != "ab"
    assert math.isnan(kept_cells([math.nan, 1.0])[0])
    assert repr(kept_cells(["a"] * 5)) == "Cells(['a', 'a', 'a', …])"
