"""Splitting: an exact partition, repeatable, with every stratum in every part."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from burnish.data.split import SplitSettings, stratified_folds, stratified_split


def divided(strata: Sequence[str], shares: Sequence[float], seed: int) -> list[list[int]]:
    """The places of each part's rows."""
    return [part.tolist() for part in stratified_split(strata, shares, seed)]


def dealt(strata: Sequence[str], folds: int, seed: int) -> list[list[int]]:
    """The places of each fold's rows."""
    return [part.tolist() for part in stratified_folds(strata, folds, seed)]


@st.composite
def strata_and_shares(draw: st.DrawFn) -> tuple[list[str], list[float]]:
    sizes = draw(st.lists(st.integers(1, 60), min_size=1, max_size=8))
    strata = [f"stratum {number}" for number, size in enumerate(sizes) for _ in range(size)]
    weights = draw(st.lists(st.integers(1, 9), min_size=2, max_size=3))
    return draw(st.permutations(strata)), [weight / sum(weights) for weight in weights]


@given(given=strata_and_shares(), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_an_exact_ordered_repeatable_partition(given: tuple[list[str], list[float]], seed: int) -> None:
    strata, shares = given
    items = list(range(len(strata)))
    parts = divided(strata, shares, seed)
    assert len(parts) == len(shares)
    assert sorted(item for part in parts for item in part) == items
    assert all(part == sorted(part) for part in parts)
    assert divided(strata, shares, seed) == parts


@given(given=strata_and_shares(), seed=st.integers(0, 1000))
@settings(max_examples=150, deadline=None)
def test_parts_get_their_least_of_every_stratum_and_totals_keep_to_the_shares(
    given: tuple[list[str], list[float]], seed: int
) -> None:
    strata, shares = given
    least = [1, 0, 1][: len(shares)]
    parts = [[strata[place] for place in part] for part in stratified_split(strata, shares, seed, least)]
    sizes = Counter(strata)
    for stratum, size in sizes.items():
        assert stratum in parts[0]
        if len(shares) == 3 and size >= 2:
            assert stratum in parts[2]
    # Where every stratum owes every part at least one row anyway, no floor bends the totals.
    if all(size * min(shares) >= 2 for size in sizes.values()):
        for part, share in zip(parts, shares, strict=True):
            assert abs(len(part) - share * len(strata)) <= 1 + 1e-9
            for stratum, size in sizes.items():
                assert abs(part.count(stratum) - share * size) <= 2


def test_totals_are_right_over_many_small_strata() -> None:
    """Rounding each of 77 classes alone would lose dozens of rows."""
    strata = [f"class {number % 77}" for number in range(77 * 13)]
    train, validation, test = stratified_split(strata, (0.6, 0.2, 0.2), 0)
    for part, share in ((train, 0.6), (validation, 0.2), (test, 0.2)):
        assert abs(len(part) - share * len(strata)) <= 1


def test_the_seed_matters_and_other_strata_do_not() -> None:
    strata = ["a"] * 50 + ["b"] * 50
    first = divided(strata, (0.5, 0.5), 1)
    assert first != divided(strata, (0.5, 0.5), 2)
    alone = divided(strata[:50], (0.5, 0.5), 1)
    assert [item for item in first[0] if item < 50] == alone[0]


def test_rows_are_drawn_evenly() -> None:
    """Each row is equally likely to be tested, wherever it stands."""
    tested = Counter(place for seed in range(400) for place in divided(["a"] * 10, (0.6, 0.2, 0.2), seed)[2])
    expected, spread = 400 * 0.2, math.sqrt(400 * 0.2 * 0.8)
    assert all(abs(tested[item] - expected) < 4.5 * spread for item in range(10))


def test_few_rows_a_stratum_leave_few_for_the_part_without_a_least() -> None:
    """77 classes of two or three rows: validation gets its share in all, not a row of each."""
    strata = [f"class {number % 77}" for number in range(200)]
    train, validation = stratified_split(strata, (0.9, 0.1), 0, (1, 0))
    assert len({strata[place] for place in train}) == 77
    assert len(validation) == 20


def test_strata_smaller_than_the_parts() -> None:
    assert sum(map(len, divided(["x", "x"], (0.6, 0.2, 0.2), 0))) == 2
    assert divided([], (0.5, 0.5), 0) == [[], []]


def test_settings_have_to_add_up() -> None:
    assert SplitSettings(train=0.7, validation=0.1, test=0.2).test == 0.2
    for shares in ((0.6, 0.2, 0.3), (0.6, 0.4, 0.0), (1.2, -0.1, -0.1), (float("nan"), 0.2, 0.2)):
        with pytest.raises(ValidationError):
            SplitSettings(train=shares[0], validation=shares[1], test=shares[2])


@given(given=strata_and_shares(), folds=st.integers(2, 12), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_folds_are_an_exact_repeatable_partition_with_the_same_mix(
    given: tuple[list[str], list[float]], folds: int, seed: int
) -> None:
    strata, _ = given
    items = list(range(len(strata)))
    parts = dealt(strata, folds, seed)
    assert len(parts) == folds
    assert sorted(item for part in parts for item in part) == items
    assert all(part == sorted(part) for part in parts)
    assert dealt(strata, folds, seed) == parts
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    for stratum in set(strata):
        counts = [sum(strata[item] == stratum for item in part) for part in parts]
        assert max(counts) - min(counts) <= 1


def test_another_seed_gives_other_folds() -> None:
    assert dealt(["a", "b"] * 20, 4, 0) != dealt(["a", "b"] * 20, 4, 1)


def test_a_fold_is_one_of_at_least_two() -> None:
    assert SplitSettings(fold="2/5").fold_number() == (2, 5)
    assert SplitSettings().fold_number() is None
    for wrong in ("0/5", "6/5", "1/1", "5", "2 of 5", "-1/5", "2/5/1", "02/5"):
        with pytest.raises(ValidationError, match="which fold of how many"):
            SplitSettings(fold=wrong)


def test_without_test_rows_the_other_shares_keep_their_proportion() -> None:
    assert SplitSettings(train=0.6, validation=0.2, test=0.2).shares_without_test() == pytest.approx((0.75, 0.25))
