"""Put a linear layer that was fitted to features into a network's head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from burnish.contracts import LoadedModel

if TYPE_CHECKING:
    from burnish.contracts import Features


def put_head(model: LoadedModel, weight: Features, bias: Features, *, scale: float = 1.0) -> None:
    """Copy a layer into the head.

    Args:
        model: Its head is changed in place.
        weight: float32 (outputs, width).
        bias: float32 (outputs,).
        scale: Multiplies the layer: below 1, a classifier gives the same answers with less certainty.
    """
    head: Any = model.network.get_submodule(model.head)
    with torch.no_grad():
        head.weight.copy_(torch.from_numpy(weight * scale))
        head.bias.copy_(torch.from_numpy(bias * scale))
