"""Losses that tasks share."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from burnish.contracts import Batch


def class_losses(outputs: Tensor, batch: Batch, label_smoothing: float) -> tuple[Tensor, Tensor]:
    """The cross-entropy of every row, float32 (rows,), and a count of 1 for each.

    Args:
        outputs: Logits, float (rows, classes).
        batch: With the positions of the true classes as `targets`, int64 (rows,).
        label_smoothing: Share of each target that is spread over all classes.
    """
    targets = batch["targets"].to(outputs.device)
    losses = functional.cross_entropy(outputs.float(), targets, reduction="none", label_smoothing=label_smoothing)
    return losses, torch.ones_like(losses)
