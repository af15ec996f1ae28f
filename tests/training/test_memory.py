"""Halving when memory runs out."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.errors import UserError
from burnish.training.memory import in_parts


@given(items=st.lists(st.integers(), min_size=1, max_size=60), room=st.integers(1, 60))
def test_every_item_is_computed_once_and_in_order(items: list[int], room: int) -> None:
    def compute(some: Sequence[int]) -> int:
        if len(some) > room:
            raise MemoryError
        return len(some)

    parts = list(in_parts(items, compute))
    assert [item for part in parts for item in part.items] == items
    assert all(part.result == len(part.items) <= room for part in parts)


def test_an_item_that_never_fits_is_an_error() -> None:
    def compute(some: Sequence[int]) -> int:
        raise MemoryError

    with pytest.raises(UserError, match="single row"):
        list(in_parts([1, 2, 3], compute))


def test_other_errors_pass() -> None:
    def compute(some: Sequence[int]) -> int:
        raise RuntimeError("something else")

    with pytest.raises(RuntimeError, match="something else"):
        list(in_parts([1, 2], compute))
