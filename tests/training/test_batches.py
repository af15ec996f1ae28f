"""Batches hold every row once, keep to their limits, and put like lengths together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from burnish.training.batches import parts_of, reading_batches, training_batches

lengths = st.lists(st.integers(1, 200), min_size=1, max_size=400)


@given(lengths=lengths, size=st.integers(1, 64), seed=st.integers(0, 5), epoch=st.integers(0, 3))
def test_training_batches_hold_every_row_once(lengths: list[int], size: int, seed: int, epoch: int) -> None:
    batches = training_batches(lengths, range(len(lengths)), size, seed, epoch)
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    assert all(len(batch) <= size for batch in batches)
    assert batches == training_batches(lengths, range(len(lengths)), size, seed, epoch)


@given(lengths=lengths, units=st.integers(1, 2000))
def test_reading_batches_hold_every_row_once_within_the_units(lengths: list[int], units: int) -> None:
    batches = reading_batches(lengths, units)
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[row] for row in batch) <= units


@given(lengths=lengths, units=st.integers(1, 2000), most=st.integers(0, 50))
def test_reading_batches_hold_no_more_padding_than_another_batch_costs(
    lengths: list[int], units: int, most: int
) -> None:
    batches = reading_batches(lengths, units, most_padding=most)
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        inside = [lengths[row] for row in batch]
        assert len(batch) == 1 or len(batch) * max(inside) <= min(units, sum(inside) + most)


@given(sizes=lengths, most=st.integers(1, 40), units=st.integers(1, 2000))
def test_parts_hold_every_row_once_within_rows_and_units(sizes: list[int], most: int, units: int) -> None:
    batch = list(range(0, len(sizes), 2))
    parts = parts_of(batch, sizes, most, units)
    assert sorted(row for part in parts for row in part) == batch
    for part in parts:
        assert len(part) <= most
        assert len(part) == 1 or len(part) * max(sizes[row] for row in part) <= units


def test_a_batch_that_is_small_enough_stays_whole_and_in_order() -> None:
    assert parts_of([3, 0, 2], [5, 1, 4, 6], 16, 18) == [[3, 0, 2]]
    assert parts_of([3, 0, 2], [5, 1, 4, 6], 16, 17) == [[3, 0], [2]]


def test_epochs_come_in_different_orders() -> None:
    sizes = list(range(1, 200))
    assert training_batches(sizes, range(len(sizes)), 8, 0, 0) != training_batches(sizes, range(len(sizes)), 8, 0, 1)
    assert training_batches(sizes, range(len(sizes)), 8, 0, 0) != training_batches(sizes, range(len(sizes)), 8, 1, 0)


def test_little_is_computed_on_padding() -> None:
    sizes = [1 + (row * 7919) % 100 for row in range(2000)]
    padded = sum(
        len(batch) * max(sizes[row] for row in batch) for batch in training_batches(sizes, range(len(sizes)), 16, 0, 0)
    )
    assert padded < 1.05 * sum(sizes)
