"""Where an image network looked: Grad-CAM on the last of its blocks (Selvaraju et al. 2017)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from burnish.contracts import LoadedModel


def looked_at(model: LoadedModel, sources: Sequence[Any], outputs: Sequence[int]) -> list[np.ndarray] | None:
    """How much each place of a picture spoke for an output, in [0, 1], float (height, width) of the last map.

    Args:
        model: A torch network; its weights stay as they are.
        sources: Picture files.
        outputs: For each picture, the output to explain.

    Returns:
        A map per picture, or None where the last block has no places.
    """
    caught: list[Tensor] = []

    def catch(_module: nn.Module, _inputs: Any, output: Any) -> None:
        states = output[0] if isinstance(output, tuple) else output
        states.requires_grad_(True)
        states.retain_grad()
        caught.append(states)

    hook = model.network.get_submodule(model.blocks[-1]).register_forward_hook(catch)
    resting = [parameter for parameter in model.network.parameters() if parameter.requires_grad]
    try:
        for parameter in resting:
            parameter.requires_grad_(False)
        with torch.enable_grad():
            logits = model.network.eval()(pixel_values=model.processor.pixels(sources))
            logits[torch.arange(len(outputs)), torch.tensor(list(outputs))].sum().backward()
    finally:
        hook.remove()
        for parameter in resting:
            parameter.requires_grad_(True)
    if caught[0].grad is None:
        return None
    states, gradient = _as_maps(caught[0].detach()), _as_maps(caught[0].grad)
    if states is None or gradient is None:
        return None
    found = torch.relu((gradient.mean((-2, -1), keepdim=True) * states).sum(1))
    found = found / found.flatten(1).amax(1).clamp(min=1e-12).reshape(-1, 1, 1)
    return list(found.numpy())


def _as_maps(states: Tensor) -> Tensor | None:
    """States as maps (rows, channels, height, width); tokens are laid out as a square, without those before them."""
    if states.ndim == 4:
        return states
    side = math.isqrt(states.shape[1])
    if states.ndim != 3 or side < 2:
        return None
    places = states[:, -side * side :]
    return places.transpose(1, 2).reshape(len(states), -1, side, side)
