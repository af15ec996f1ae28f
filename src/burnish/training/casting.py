"""Cast weights that do not train to bfloat16 once, and not in every step, as autocast would."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from burnish.training.loop import Training


@contextlib.contextmanager
def cast_once(training: Training, *, bf16: bool) -> Iterator[None]:
    """Within, linear layers at rest compute with weights that were cast beforehand, wherever autocast is at work.

    The result is the same to the bit: autocast keeps only casts of weights that train, and makes the others anew.

    Args:
        training: Its network is as it was afterwards.
        bf16: Whether it trains under autocast; else nothing is done.
    """
    layers = [
        module
        for name, module in training.model.network.named_modules()
        if type(module) is nn.Linear and f"{name}.weight" not in training.names and f"{name}.bias" not in training.names
    ]
    layers = [layer for layer in layers if bf16 and "forward" not in vars(layer)]
    for layer in layers:
        vars(layer)["forward"] = _with_cast_weights(layer)
    try:
        yield
    finally:
        for layer in layers:
            del vars(layer)["forward"]


def _with_cast_weights(layer: nn.Linear) -> Callable[[Tensor], Tensor]:
    weight = layer.weight.detach().to(torch.bfloat16)
    bias = layer.bias.detach().to(torch.bfloat16) if layer.bias is not None else None
    plain = layer.forward

    def forward(inputs: Tensor) -> Tensor:
        kind = inputs.device.type
        if torch.is_autocast_enabled(kind) and torch.get_autocast_dtype(kind) == torch.bfloat16:
            return functional.linear(inputs, weight, bias)
        return plain(inputs)

    return forward
