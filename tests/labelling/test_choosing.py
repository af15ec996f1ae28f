"""Rows worth labelling: they stand for many others, and for those that the model is unsure about."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish.labelling.choosing import choose_rows, find_neighbours, margin_uncertainty

NOTHING = np.zeros(0, dtype=np.int64)


def groups(sizes: tuple[int, ...], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features of groups that lie far from each other, and the group of each row."""
    generator = np.random.default_rng(seed)
    centres = np.eye(len(sizes), 8) * 5
    owner = np.repeat(np.arange(len(sizes)), sizes)
    return (centres[owner] + generator.normal(0, 0.3, (len(owner), 8))).astype(np.float32), owner


def test_each_group_is_chosen_from_before_any_twice_and_the_largest_first() -> None:
    features, owner = groups((40, 30, 20, 10))
    choice = choose_rows(find_neighbours(features), 4, known=NOTHING, weights=np.ones(100))
    assert sorted(owner[list(choice.rows)]) == [0, 1, 2, 3]
    assert owner[choice.rows[-1]] == 3
    assert list(choice.gains) == sorted(choice.gains, reverse=True)


def test_what_is_labelled_is_neither_chosen_nor_stood_for_again() -> None:
    features, owner = groups((30, 30, 30))
    known = np.array([0, 35])
    choice = choose_rows(find_neighbours(features), 1, known=known, weights=np.ones(90))
    assert owner[choice.rows[0]] == 2
    everything = choose_rows(find_neighbours(features), 200, known=known, weights=np.ones(90))
    assert sorted(everything.rows) == [row for row in range(90) if row not in {0, 35}]


def test_uncertain_rows_weigh_more() -> None:
    features, owner = groups((40, 20))
    weights = np.where(owner == 1, 1.0, 0.01)
    choice = choose_rows(find_neighbours(features), 1, known=NOTHING, weights=weights)
    assert owner[choice.rows[0]] == 1


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 50), st.integers(0, 10**6))
def test_the_lazy_choice_is_the_plain_greedy_one(rows: int, count: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    neighbours = find_neighbours(generator.normal(size=(rows, 4)).astype(np.float32))
    weights, known = generator.random(rows), generator.permutation(rows)[: rows // 4]
    choice = choose_rows(neighbours, count, known=known, weights=weights)
    covered = np.zeros(rows)
    for row in known:
        covered[neighbours.rows[row]] = np.maximum(covered[neighbours.rows[row]], neighbours.cover[row])
    assert len(set(choice.rows) | set(known.tolist())) == min(rows, len(known) + count)
    for row, gain in zip(choice.rows, choice.gains, strict=True):
        own = neighbours.rows
        gains = (weights[own] * np.maximum(neighbours.cover - covered[own], 0)).sum(axis=1)
        assert gain == pytest.approx(gains[row])
        left = [
            other for other in range(rows) if other not in known and other not in choice.rows[: choice.rows.index(row)]
        ]
        assert gain >= max(gains[left]) - 1e-9
        covered[own[row]] = np.maximum(covered[own[row]], neighbours.cover[row])


def test_rows_that_are_all_the_same_are_chosen_without_trouble() -> None:
    choice = choose_rows(find_neighbours(np.ones((5, 3), dtype=np.float32)), 3, known=NOTHING, weights=np.ones(5))
    assert len(set(choice.rows)) == 3


def test_uncertainty_is_by_margin() -> None:
    found = margin_uncertainty(np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0], [0.6, 0.1, 0.3]]))
    assert found == pytest.approx([1.0, 0.0, 0.7])
    assert margin_uncertainty(np.ones((2, 1))) == pytest.approx([1, 1])
