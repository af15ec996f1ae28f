"""Rows that agree are found, whatever their number."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from burnish.data.keys import first_places, places_among, row_keys
from burnish.data.rows import packed

CELL = st.sampled_from(["a", "b", "1", "", 1, True, None, [1], "[1]", {"x": 1}])
PAIRS = st.lists(st.tuples(CELL, CELL), max_size=12)


@given(pairs=PAIRS, others=PAIRS)
@settings(max_examples=150, deadline=None)
def test_as_python_compares(pairs: list[tuple[object, object]], others: list[tuple[object, object]]) -> None:
    """In whatever columns they are kept: types tell rows apart."""
    roles = ["x", "y"]
    keys, other_keys = (
        row_keys(packed([dict(zip(roles, pair, strict=True)) for pair in rows]), roles) if rows else None
        for rows in (pairs, others)
    )
    if keys is None:
        return
    told = [repr(pair) for pair in pairs]
    assert first_places(keys).tolist() == [told.index(one) for one in told]
    if other_keys is not None:
        among = {repr(pair) for pair in others}
        assert places_among(keys, other_keys).tolist() == [n for n, one in enumerate(told) if one in among]
