"""A base in 4 bits under low-rank updates (QLoRA, Dettmers et al. 2023). The quantised layers are bitsandbytes' own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from burnish.contracts import LoadedModel


def quantise(model: LoadedModel, names: Sequence[str]) -> None:
    """Put 4-bit (NF4) layers in the place of linear ones.

    Args:
        model: Its network is changed in place.
        names: Linear layers in it.
    """
    import bitsandbytes

    for name in names:
        layer: Any = model.network.get_submodule(name)
        small = bitsandbytes.nn.Linear4bit(
            layer.in_features, layer.out_features, bias=layer.bias is not None, quant_type="nf4"
        )
        small.load_state_dict(layer.state_dict())
        put_module(model.network, name, small.to(layer.weight.device))  # moving it is what quantises


def plain_layers(body: nn.Module) -> None:
    """Put plain linear layers in the place of 4-bit ones with low-rank updates, the updates merged.

    The dequantised weights are what was trained on, so the answers stay the same.

    Args:
        body: A peft model's inner module, changed in place.
    """
    import bitsandbytes
    from peft.tuners.lora import LoraLayer

    for name, found in list(body.named_modules()):
        layer: Any = found
        if not isinstance(found, LoraLayer) or not isinstance(layer.base_layer, bitsandbytes.nn.Linear4bit):
            continue
        base: Any = layer.base_layer
        with torch.no_grad():
            weight = bitsandbytes.functional.dequantize_4bit(base.weight.data, base.weight.quant_state).float()
            for adapter in layer.active_adapters:
                weight += layer.get_delta_weight(adapter).float()
            plain = nn.Linear(base.in_features, base.out_features, bias=base.bias is not None)
            plain.weight.copy_(weight)
            if base.bias is not None:
                plain.bias.copy_(base.bias)
        put_module(body, name, plain)


def put_module(network: nn.Module, name: str, module: nn.Module) -> None:
    """Put a module where another is."""
    parent, _, child = name.rpartition(".")
    setattr(network.get_submodule(parent), child, module)
