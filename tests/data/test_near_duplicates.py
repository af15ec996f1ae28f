"""Near-duplicates: what counts as one, clusters, and the same answer whatever the order and the form."""

from __future__ import annotations

import random

import pytest
from benchmarks.near_duplicates import planted, score
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish.data.near_duplicates import near_duplicate_clusters, near_duplicate_pairs

CARD = "I lost my card yesterday, what should I do now?"


def test_small_edits_stay_together_and_others_apart() -> None:
    texts = [CARD, "the parcel came two weeks late", CARD.replace("card", "carb"), CARD.upper() + "!!", "thank you"]
    assert near_duplicate_clusters(texts) == [0, 1, 0, 0, 4]


def test_short_and_empty_texts() -> None:
    assert near_duplicate_clusters([]) == []
    assert near_duplicate_clusters(["ok"]) == [0]
    assert near_duplicate_clusters(["ok", "OK!", "", " ", "no", "?!", "?!", "\ud800x"]) == [0, 0, 2, 2, 4, 5, 5, 7]


def test_the_threshold_decides() -> None:
    texts = [CARD, CARD.replace("yesterday", "today")]
    similarity = float(near_duplicate_pairs(texts, threshold=0.5).similarity[0])
    assert 0.5 < similarity < 0.9
    assert len(near_duplicate_pairs(texts, threshold=similarity).first) == 1
    assert len(near_duplicate_pairs(texts, threshold=similarity + 0.01).first) == 0
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        near_duplicate_pairs(texts, threshold=0)


def test_the_similarity_is_the_share_of_common_four_letter_pieces() -> None:
    # " abcdefgh " has 7 pieces of 4 letters, " abcdefgx " too, and 5 of them are the same
    found = near_duplicate_pairs(["abcdefgh", "abcdefgx"], threshold=0.5)
    assert found.similarity.tolist() == [5 / 9]


def test_links_make_clusters() -> None:
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    chain = [" ".join(words[place : place + 9]) for place in range(4)]
    pairs = near_duplicate_pairs(chain, threshold=0.6)
    assert (0, 3) not in set(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
    assert near_duplicate_clusters(chain, threshold=0.6) == [0, 0, 0, 0]


def test_many_copies_are_one_cluster() -> None:
    choose = random.Random(0)
    texts = [f"{CARD} {''.join(choose.choices('abc', k=2))} {number % 7}" for number in range(3000)]
    assert set(near_duplicate_clusters(texts)) == {0}


def test_planted_copies_are_found() -> None:
    texts, sources = planted(3000, seed=3)
    found = score(sources, near_duplicate_clusters(texts))
    assert found["planted"] > 100
    assert found["found"] >= 0.98
    assert found["false"] <= 0.01


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=5), st.randoms(use_true_random=False))
def test_any_text_has_a_cluster_that_does_not_depend_on_order(texts: list[str], choose: random.Random) -> None:
    clusters = near_duplicate_clusters(texts)
    assert all(cluster <= row and clusters[cluster] == cluster for row, cluster in enumerate(clusters))
    order = choose.sample(range(len(texts)), len(texts))
    again = near_duplicate_clusters([texts[place] for place in order])
    together = {(one, other) for one in order for other in order if clusters[one] == clusters[other]}
    place = {row: position for position, row in enumerate(order)}
    assert together == {(one, other) for one in order for other in order if again[place[one]] == again[place[other]]}
