"""Dividing units of rows: together means together, and labels are as even as that allows."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish.data.dividing import Labels, divide, divide_by_time, join


@st.composite
def rows_in_units(draw: st.DrawFn) -> tuple[Labels, list[int], list[float]]:
    rows = draw(st.integers(1, 50))
    labels = draw(st.lists(st.frozensets(st.sampled_from("abcdef"), max_size=3), min_size=rows, max_size=rows))
    together = draw(st.lists(st.integers(0, 15), min_size=rows, max_size=rows))
    weights = draw(st.lists(st.integers(1, 9), min_size=2, max_size=4))
    return labels, together, [weight / sum(weights) for weight in weights]


@given(given=rows_in_units(), seed=st.integers(0, 1000), least=st.sampled_from([(), (2, 0, 1), (1, 1)]))
@settings(max_examples=60, deadline=None)
def test_units_stay_together_and_the_same_seed_divides_the_same(
    given: tuple[Labels, list[int], list[float]], seed: int, least: tuple[int, ...]
) -> None:
    labels, together, shares = given
    least = least[: len(shares)]
    parts = divide(labels, together, shares, seed, least)
    assert len(parts) == len(labels)
    assert set(parts) <= set(range(len(shares)))
    assert len(set(zip(together, parts, strict=True))) == len(set(together))
    if len(set(together)) >= len(shares):
        assert set(parts) == set(range(len(shares))), "a part is empty"
    assert divide(labels, together, shares, seed, least) == parts


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_single_rows_of_one_label_are_divided_exactly(seed: int) -> None:
    generator = random.Random(seed)
    labels = [frozenset(generator.choice("aaaabbc")) for _ in range(200)]
    parts = divide(labels, range(200), (0.6, 0.2, 0.2), seed, (2, 0, 1))
    totals = Counter(parts)
    for part, share in enumerate((0.6, 0.2, 0.2)):
        assert abs(totals[part] - share * 200) <= 2
        for label, count in Counter(labels).items():
            have = sum(of == part and row == label for of, row in zip(parts, labels, strict=True))
            assert abs(have - share * count) < 2


def largest_gap(labels: Labels, parts: list[int]) -> float:
    """The largest difference between a label's share of a part and its share of all."""
    names = frozenset().union(*labels)
    rows = [[label for label, of in zip(labels, parts, strict=True) if of == part] for part in sorted(set(parts))]
    return max(
        abs(sum(name in row for row in part) / len(part) - sum(name in row for row in labels) / len(labels))
        for name in names
        for part in rows
    )


def test_several_labels_a_row_are_more_even_than_by_chance() -> None:
    """Rare labels, which chance would spread unevenly, are the point of iterative stratification."""
    generator = random.Random(0)
    rates = {name: 0.5 * 0.75**number for number, name in enumerate("abcdefghijkl")}
    labels = [frozenset(name for name, rate in rates.items() if generator.random() < rate) for _ in range(400)]
    found = divide(labels, range(400), (0.6, 0.2, 0.2), 0, (2, 0, 1))
    chance = [generator.sample(found, 400) for _ in range(30)]
    assert largest_gap(labels, found) < 0.02
    assert largest_gap(labels, found) < 0.5 * min(largest_gap(labels, parts) for parts in chance)


def test_groups_of_many_sizes_are_as_even_as_they_allow() -> None:
    generator = random.Random(1)
    labels: list[frozenset[str]] = []
    together: list[int] = []
    for group in range(60):
        rate = generator.choice([0.1, 0.3, 0.8])
        for _ in range(generator.choice([1, 2, 5, 20, 40])):
            labels.append(frozenset(["rare" if generator.random() < rate else "usual"]))
            together.append(group)
    found = divide(labels, together, (0.6, 0.2, 0.2), 0, (2, 0, 1))
    assert largest_gap(labels, found) < 0.02
    sizes = np.bincount(found) / len(found)
    assert np.abs(sizes - [0.6, 0.2, 0.2]).max() < 0.02


def test_a_label_of_two_groups_is_learned_and_tested() -> None:
    labels = [frozenset("x")] * 60 + [frozenset("r")] * 10 + [frozenset("r")] * 4
    together = [*range(60), *[100] * 10, *[101] * 4]
    parts = divide(labels, together, (0.6, 0.2, 0.2), 0, (2, 0, 1))
    assert (parts[60], parts[70]) == (0, 2)


def test_labels_of_one_group_do_not_pull_all_groups_into_one_part() -> None:
    labels = [frozenset([f"of {row // 10}"]) for row in range(100)]
    parts = divide(labels, [row // 10 for row in range(100)], (0.6, 0.2, 0.2), 0, (2, 0, 1))
    assert Counter(parts) == {0: 60, 1: 20, 2: 20}


def test_folds_are_even() -> None:
    generator = random.Random(2)
    labels = [frozenset(generator.choice("aab")) for _ in range(300)]
    together = [generator.randrange(100) for _ in range(300)]
    folds = divide(labels, together, [0.2] * 5, 0, [1] * 5)
    assert all(abs(count - 60) <= 2 for count in Counter(folds).values())
    assert largest_gap(labels, folds) < 0.03


@given(
    values=st.lists(st.integers(0, 40), min_size=4, max_size=100),
    weights=st.lists(st.integers(1, 9), min_size=2, max_size=3),
)
@settings(max_examples=100, deadline=None)
def test_by_time_no_part_is_empty_and_none_begins_before_another_has_ended(
    values: list[int], weights: list[int]
) -> None:
    shares = [weight / sum(weights) for weight in weights]
    if len(set(values)) < len(shares):
        with pytest.raises(ValueError, match="fewer different times"):
            divide_by_time(values, shares)
        return
    parts = divide_by_time(values, shares)
    of = [[value for value, part in zip(values, parts, strict=True) if part == n] for n in range(len(shares))]
    assert all(of)
    assert all(max(earlier) < min(later) for earlier, later in pairwise(of))


def test_by_time_the_borders_keep_to_the_shares() -> None:
    parts = divide_by_time(list(range(1000, 0, -1)), (0.6, 0.2, 0.2))
    assert Counter(parts) == {0: 600, 1: 200, 2: 200}
    assert parts[0] == 2
    assert parts[-1] == 0


def test_joining_links_what_any_numbering_links() -> None:
    groups = ["x", None, "y", "x", None, None]
    clusters = [0, 1, 2, 3, 2, 1]
    assert join(groups, clusters) == [0, 1, 2, 0, 2, 1]
    assert join(["a", "a", "b"], [0, 1, 1]) == [0, 0, 0]
    assert join([None, None]) == [0, 1]
