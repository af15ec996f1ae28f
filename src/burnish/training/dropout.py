"""Dropout that draws its mask quickly on a processor.

torch draws one number for each value, and on processors that are not Intel's that takes up to a fifth of a training
step of a small model. Here one draw of 64 bits decides over four values. The share that is dropped is met to one in
65,536, and what is kept is scaled by the share that is met.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

_LEVELS = 1 << 16
_LOWEST = -(1 << 63)


class QuickDropout(nn.Dropout):
    """`nn.Dropout` with another source of chance on the processor, and the same one elsewhere."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - torch's name
        """Values of the same shape: 0 with the probability `p` while training, else scaled."""
        if not self.training or not self.p or input.device.type != "cpu" or self.inplace:
            return super().forward(input)
        return input * mask_of(input, self.p)


def mask_of(values: Tensor, share: float) -> Tensor:
    """A tensor like `values` that is 0 for about a share of them, and for the others what keeps the mean.

    Args:
        values: On the processor, of any floating type.
        share: In [0, 1).
    """
    cut = min(round(share * _LEVELS), _LEVELS - 1)
    count = values.numel()
    drawn = torch.empty((count + 3) // 4, dtype=torch.int64).random_(_LOWEST, None).view(torch.int16)
    kept = (drawn[:count] >= cut - _LEVELS // 2).view(values.shape)
    return kept.to(values.dtype).mul_(_LEVELS / (_LEVELS - cut))


def quicken_dropout(network: nn.Module) -> None:
    """Let all plain dropout of a network be quick; shares and modes stay."""
    for module in network.modules():
        if type(module) is nn.Dropout:
            module.__class__ = QuickDropout
