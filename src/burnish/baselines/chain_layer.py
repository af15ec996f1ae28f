"""A linear layer whose outputs score a chain of tags, its strength of regularisation chosen on validation rows."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from burnish.spans.chain import count_scores, log_losses

if TYPE_CHECKING:
    import torch

    from burnish.contracts import Features

_ITERATIONS = 60  # of L-BFGS, for each strength; each begins where the one before ended
_NO_TAG = -100
_PULL_ON_BIASES = 0.01  # enough to keep those of tags that never occur from running away


@dataclass(frozen=True, kw_only=True)
class TaggedWords:
    """Words of rows.

    Attributes:
        features: float32 (words of all rows in order, width).
        tags: int64 (words,), below 0 for words that do not count.
        counts: Words of each row.
    """

    features: Features
    tags: np.ndarray
    counts: Sequence[int]


def fit_chain_layer(
    train: TaggedWords, validation: TaggedWords, kinds: int, strengths: Sequence[float]
) -> tuple[Features, Features]:
    """Weight float32 (scores, width) and bias float32 (scores,) on features as a model gives them.

    Args:
        train: What it learns from.
        validation: What chooses the strength: the one with the least loss.
        kinds: Of spans.
        strengths: Inverse strengths of the squared penalty, rising.
    """
    import torch

    mean = train.features.mean(axis=0)
    scale = float(np.sqrt(((train.features - mean) ** 2).mean())) or 1.0
    learned, held_out = (_Padded(words, mean, scale) for words in (train, validation))
    weight = torch.zeros(count_scores(kinds), len(mean), requires_grad=True)
    bias = torch.zeros(len(weight), requires_grad=True)
    best = (np.inf, weight.detach().numpy(), bias.detach().numpy())
    for strength in strengths:
        _minimise(learned, weight, bias, kinds, strength)
        with torch.no_grad():
            loss = float(held_out.loss(weight, bias, kinds))
        if loss < best[0] or not np.isfinite(best[0]):
            best = (loss, weight.detach().clone().numpy(), bias.detach().clone().numpy())
    raw = best[1] / scale
    return raw.astype(np.float32), (best[2] - raw @ mean).astype(np.float32)


def _minimise(words: _Padded, weight: torch.Tensor, bias: torch.Tensor, kinds: int, strength: float) -> None:
    """Fit the layer in place, from where it is."""
    import torch

    optimizer = torch.optim.LBFGS([weight, bias], max_iter=_ITERATIONS, line_search_fn="strong_wolfe")
    share = 1 / max(1, len(words.features))

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        pull = weight.square().sum() / (2 * strength) + _PULL_ON_BIASES * bias.square().sum()
        total = share * (words.loss(weight, bias, kinds) + pull)
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimizer.step(loss)  # type: ignore[no-untyped-call]


class _Padded:
    """Words as tensors, with the places of those of each row.

    Args:
        words: The words.
        mean: Taken from their features.
        scale: What these are divided by.
    """

    def __init__(self, words: TaggedWords, mean: Features, scale: float) -> None:
        import torch

        ends = np.cumsum([0, *words.counts])
        places = np.full((len(words.counts), max(words.counts, default=0)), len(words.tags))
        for row, (begin, end) in enumerate(itertools.pairwise(ends.tolist())):
            places[row, : end - begin] = np.arange(begin, end)
        self.features = torch.from_numpy((words.features - mean) / scale)
        self.tags = torch.from_numpy(np.append(words.tags, _NO_TAG)[places])
        self.places = torch.from_numpy(places).clamp(max=max(0, len(words.tags) - 1))

    def loss(self, weight: torch.Tensor, bias: torch.Tensor, kinds: int) -> torch.Tensor:
        """The sum over rows."""
        scores = self.features @ weight.T + bias
        return log_losses(scores[self.places], self.tags, kinds, 0.0).sum()
