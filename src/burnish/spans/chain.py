"""A linear chain over the words of a row (Lafferty et al. 2001): a word's tag depends on the tag before it, too.

A network scores, for every word, its tags, and each kind of span coming after each other kind, "no span" being one. An
I comes after a B or an I of its own kind; all other ways to it are as good as closed.
"""

from __future__ import annotations

import itertools
import math
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from burnish.spans.tags import OUTSIDE

if TYPE_CHECKING:
    import torch

    from burnish.contracts import FloatArray

_SCORED = 30  # kinds: a word would have a thousand scores with more; what follows the others is all alike
_CLOSED = -10.0  # and no less: words that share a token may hide a span's beginning


def count_tags(kinds: int) -> int:
    """Tags of words: O, and a B and an I for each kind of span."""
    return 1 + 2 * kinds


def count_scores(kinds: int) -> int:
    """Scores that a network gives every word."""
    return count_tags(kinds) + (min(kinds, _SCORED) + 1) ** 2


def kinds_of(scores: int) -> int:
    """Kinds of spans by the number of scores of a word: `count_scores` turned round."""
    most = count_scores(_SCORED)
    return math.isqrt(scores + 2) - 2 if scores <= most else _SCORED + (scores - most) // 2


@cache
def _places(kinds: int) -> np.ndarray:
    """Where the score of a tag after another one stands, int64 (tags, tags).

    That is among the scores of kinds after kinds, with 0 and `_CLOSED` behind them.
    """
    kind_of = [0, *(kind for kind in range(1, kinds + 1) for _ in "BI")]
    scored = min(kinds, _SCORED) + 1

    def place(before: int, after: int) -> int:
        one, two = kind_of[before], kind_of[after]
        if after != OUTSIDE and after % 2 == 0:  # an I
            return scored**2 + (one != two)
        return one * scored + two if max(one, two) < scored else scored**2

    tags = range(count_tags(kinds))
    return np.array([[place(before, after) for after in tags] for before in tags])


def log_losses(scores: torch.Tensor, tags: torch.Tensor, kinds: int, smoothing: float) -> torch.Tensor:
    """Minus the logarithm of the probability of the right tags, float (rows,).

    Args:
        scores: float (rows, units, `count_scores`).
        tags: int64 (rows, units), below 0 for units that are left out.
        kinds: Of spans.
        smoothing: Share of every word's target that is spread over all tags.
    """
    import torch

    order = (tags < 0).byte().argsort(dim=1, stable=True)[:, : max(1, int((tags >= 0).sum(1).max()))]
    there = tags.gather(1, order) >= 0
    tags = tags.gather(1, order).clamp(min=0)
    scores = scores.gather(1, order.unsqueeze(-1).expand(-1, -1, scores.shape[-1]))
    own, pairs = scores[..., : count_tags(kinds)], scores[..., count_tags(kinds) :]
    fixed = scores.new_tensor([0.0, _CLOSED]).expand(*tags.shape, 2)
    places = torch.from_numpy(_places(kinds)).to(scores.device)
    follow = torch.cat([pairs, fixed], dim=-1)[..., places]  # (rows, words, tags before, tags)
    right = (1 - smoothing) * own.gather(2, tags.unsqueeze(-1)).squeeze(-1) + smoothing * own.mean(-1)
    ways = follow[:, 1:].flatten(2).gather(2, (tags[:, :-1] * own.shape[-1] + tags[:, 1:]).unsqueeze(-1)).squeeze(-1)
    total = own[:, 0]
    for word in range(1, tags.shape[1]):
        ahead = torch.logsumexp(total.unsqueeze(2) + follow[:, word], dim=1) + own[:, word]
        total = torch.where(there[:, word, None], ahead, total)
    found = torch.logsumexp(total, dim=1) - (right * there).sum(1) - (ways * there[:, 1:]).sum(1)
    return found * there[:, 0]


def tag_probabilities(scores: np.ndarray, kinds: int) -> FloatArray:
    """The probability of every word's tag, the whole row considered, float64 (words, tags).

    Words that share a token have the same scores to the bit, and count as one.

    Args:
        scores: float (words of one row, `count_scores`).
        kinds: Of spans.
    """
    tags = count_tags(kinds)
    if not len(scores):
        return np.zeros((0, tags))
    new = [True, *(not np.array_equal(one, two) for one, two in itertools.pairwise(scores))]
    single = np.asarray(scores, dtype=np.float64)[new]
    fixed = np.broadcast_to([0.0, _CLOSED], (len(single), 2))
    follow = np.concatenate([single[:, tags:], fixed], axis=1)[:, _places(kinds)]
    return np.asarray(forward_backward(single[:, :tags], follow[1:])[np.cumsum(new) - 1])


def forward_backward(scores: FloatArray, follow: FloatArray) -> FloatArray:
    """The probability of every word's tag, float64 (words, tags).

    Args:
        scores: float64 (words, tags), of each word's tags.
        follow: float64 (words - 1, tags, tags), added from each word's tag to the next one's.
    """
    ahead, behind = np.array(scores), np.zeros_like(scores)
    for place in range(1, len(scores)):
        ahead[place] += _log_sum(ahead[place - 1][:, None] + follow[place - 1])
    for place in range(len(scores) - 2, -1, -1):
        behind[place] = _log_sum((scores[place + 1] + behind[place + 1])[:, None] + follow[place].T)
    together = ahead + behind
    return np.asarray(np.exp(together - _log_sum(together.T)[:, None]))


def _log_sum(scores: FloatArray) -> FloatArray:
    """Logarithm of the sum of exponentials over the first axis."""
    highest = scores.max(axis=0)
    return np.asarray(highest + np.log(np.exp(scores - highest).sum(axis=0)))
