"""Texts: words left out or replaced, always in the same way for the same draw."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from burnish.augmenting.text import drop_words, replace_words


@given(
    words=st.lists(st.text(alphabet="abc.,é", min_size=1, max_size=6), min_size=1, max_size=20),
    chance=st.floats(0, 0.99),
    seed=st.integers(0, 1000),
)
@settings(max_examples=150, deadline=None)
def test_words_that_stay_keep_their_order_and_one_stays(words: list[str], chance: float, seed: int) -> None:
    found = drop_words(" ".join(words), chance, random.Random(seed)).split()
    assert found
    left = iter(words)
    assert all(word in left for word in found), "a word was added or moved"
    assert drop_words(" ".join(words), chance, random.Random(seed)).split() == found


def test_as_many_are_left_out_as_asked() -> None:
    text = " ".join(["word"] * 20_000)
    assert abs(len(drop_words(text, 0.3, random.Random(0)).split()) - 14_000) < 300
    assert drop_words("as  it\nstands", 0.0, random.Random(0)) == "as  it\nstands"


def test_likely_words_are_drawn_by_their_probabilities() -> None:
    substitutes = {1: [("good", 0.9), ("fine", 0.1)], 3: [("box", 1.0)]}
    found = [replace_words("a great small cable", substitutes, random.Random(seed)) for seed in range(400)]
    assert set(found) == {"a good small box", "a fine small box"}
    assert 340 < found.count("a good small box") < 380
