"""The linear chain over words: by hand, one sequence of tags after the other."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
import torch

from burnish.spans.chain import count_scores, count_tags, kinds_of, log_losses, tag_probabilities

KINDS, CLOSED = 2, -10.0
TAGS = count_tags(KINDS)


def score_by_hand(scores: np.ndarray, tags: Sequence[int]) -> float:
    """The sum of a sequence's scores."""
    total = 0.0
    for place, (of_word, tag) in enumerate(zip(scores, tags, strict=True)):
        total += of_word[tag]
        if not place:
            continue
        before, after = (tags[place - 1] + 1) // 2, (tag + 1) // 2
        if tag and tag % 2 == 0:
            total += 0.0 if before == after else CLOSED
        else:
            total += of_word[TAGS + before * (KINDS + 1) + after]
    return total


def all_sequences(words: int) -> list[tuple[int, ...]]:
    """Of tags."""
    return list(itertools.product(range(TAGS), repeat=words))


@pytest.fixture
def scores() -> torch.Tensor:
    """Three rows of five units."""
    return torch.randn(3, 5, count_scores(KINDS), generator=torch.Generator().manual_seed(1))


def test_the_number_of_scores_tells_the_number_of_kinds() -> None:
    assert [kinds_of(count_scores(kinds)) for kinds in range(100)] == list(range(100))


def test_losses_are_those_of_all_sequences_and_leave_out_what_has_no_tag(scores: torch.Tensor) -> None:
    tags = torch.tensor([[0, 1, 2, -100, 3], [-100, 0, -100, 4, 0], [-100, -100, -100, -100, 2]])
    found = log_losses(scores, tags, KINDS, 0.0)
    for row in range(3):
        chosen = [place for place in range(5) if tags[row, place] >= 0]
        own, right = scores[row, chosen].double().numpy(), tags[row, chosen].tolist()
        together = np.logaddexp.reduce([score_by_hand(own, each) for each in all_sequences(len(chosen))])
        assert found[row].item() == pytest.approx(together - score_by_hand(own, right), abs=1e-4)


def test_a_row_without_tags_has_no_loss(scores: torch.Tensor) -> None:
    assert log_losses(scores, torch.full((3, 5), -100), KINDS, 0.1).tolist() == [0.0, 0.0, 0.0]


def test_smoothing_spreads_the_target_over_all_tags(scores: torch.Tensor) -> None:
    tags = torch.tensor([[1], [0], [4]])
    one_word = scores[:, :1]
    wanted = torch.nn.functional.cross_entropy(one_word[:, 0, :TAGS], tags[:, 0], reduction="none", label_smoothing=0.2)
    assert torch.allclose(log_losses(one_word, tags, KINDS, 0.2), wanted, atol=1e-5)


def test_probabilities_are_those_of_all_sequences(scores: torch.Tensor) -> None:
    own = scores[0, :4].double().numpy()
    wanted = np.zeros((4, TAGS))
    for tags in all_sequences(4):
        wanted[range(4), tags] += np.exp(score_by_hand(own, tags))
    assert tag_probabilities(own, KINDS) == pytest.approx(wanted / wanted.sum(axis=1, keepdims=True))
    assert tag_probabilities(own[:0], KINDS).shape == (0, TAGS)


def test_words_of_one_token_count_once(scores: torch.Tensor) -> None:
    own = scores[0, :3].numpy()
    found = tag_probabilities(own[[0, 1, 1, 2]], KINDS)
    assert found.tolist() == tag_probabilities(own, KINDS)[[0, 1, 1, 2]].tolist()


def test_many_kinds_keep_a_word_s_scores_few() -> None:
    assert count_scores(100) < 1200
    scores = np.random.default_rng(0).normal(size=(3, count_scores(100)))
    assert tag_probabilities(scores, 100).sum(axis=1) == pytest.approx(np.ones(3))
