"""Mix the images of a batch with each other: mixup (Zhang et al. 2018) and CutMix (Yun et al. 2019)."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from burnish.contracts import Batch

Loss = Callable[[Any, Batch, float], tuple[Tensor, Tensor]]


@dataclass(frozen=True, kw_only=True)
class Mixed:
    """A batch in which every row holds a part of another.

    Attributes:
        batch: The changed inputs, with the targets of the rows themselves.
        partner: The row that each was mixed with, int64 (rows,).
        share: How much of each row is its own, in [0, 1].
    """

    batch: Batch
    partner: Tensor
    share: float

    def soft_targets(self, classes: int) -> Tensor:
        """What each row is of every class, float32 (rows, classes); each row adds up to 1."""
        one_hot = torch.nn.functional.one_hot(self.batch["targets"], classes).float()
        return self.share * one_hot + (1 - self.share) * one_hot[self.partner]

    def loss(self, loss: Loss, outputs: Any, label_smoothing: float) -> tuple[Tensor, Tensor]:
        """The loss of both targets by their shares: for cross-entropy, the loss of the soft targets."""
        own, counts = loss(outputs, self.batch, label_smoothing)
        others = {**self.batch, "targets": self.batch["targets"][self.partner]}
        other, other_counts = loss(outputs, others, label_smoothing)
        return self.share * own + (1 - self.share) * other, self.share * counts + (1 - self.share) * other_counts


def mixup(batch: Batch, alpha: float, generator: random.Random) -> Mixed:
    """Every image blended with another one of the batch.

    Args:
        batch: Tensors with four dimensions are images: float or uint8 (rows, channels, height, width).
        alpha: The share of a row's own image is drawn from Beta(alpha, alpha), once for the batch.
        generator: Draws the share and the partners.
    """
    share = generator.betavariate(alpha, alpha)
    partner = _partners(len(batch["targets"]), generator)
    blended = {
        name: _blend(tensor, tensor[partner], share) if _is_image(tensor) else tensor for name, tensor in batch.items()
    }
    return Mixed(batch=blended, partner=partner, share=share)


def cutmix(batch: Batch, alpha: float, generator: random.Random) -> Mixed:
    """Every image with a rectangle of another one of the batch.

    Args:
        batch: As for `mixup`.
        alpha: The share of the area that stays is drawn from Beta(alpha, alpha), once for the batch.
        generator: Draws the share, the place and the partners.
    """
    wanted = generator.betavariate(alpha, alpha)
    partner = _partners(len(batch["targets"]), generator)
    height, width = next(tensor.shape[-2:] for tensor in batch.values() if _is_image(tensor))
    side = math.sqrt(1 - wanted)
    high, wide = round(side * height), round(side * width)
    top = generator.randint(0, height - high)
    left = generator.randint(0, width - wide)
    cut = dict(batch)
    for name, tensor in batch.items():
        if _is_image(tensor):
            cut[name] = tensor.clone()
            cut[name][..., top : top + high, left : left + wide] = tensor[
                partner, ..., top : top + high, left : left + wide
            ]
    return Mixed(batch=cut, partner=partner, share=1 - high * wide / (height * width))


def _partners(rows: int, generator: random.Random) -> Tensor:
    return torch.tensor(generator.sample(range(rows), rows))


def _is_image(tensor: Tensor) -> bool:
    return tensor.ndim == 4


def _blend(one: Tensor, other: Tensor, share: float) -> Tensor:
    """Two images by their shares, in the type that they have."""
    blended = share * one.float() + (1 - share) * other.float()
    return blended.to(one.dtype) if one.is_floating_point() else blended.round().to(one.dtype)
