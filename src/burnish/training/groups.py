"""Divide a network's parameters into groups that train alike."""

from __future__ import annotations

from collections import defaultdict

from torch import nn

from burnish.contracts import LoadedModel, ParameterGroup


def grouped_by_depth(model: LoadedModel, layer_decay: float) -> tuple[ParameterGroup, ...]:
    """Every parameter that the outputs depend on, with a learning rate that falls from the head to the embeddings.

    Vectors (biases, norms) and embeddings get no weight decay.

    Args:
        model: The model.
        layer_decay: The rate of each block as a share of the block above it; the head has rate 1.
    """
    rates = {name: layer_decay ** (len(model.blocks) - depth) for depth, name in enumerate(model.blocks)}
    lowest = layer_decay ** (len(model.blocks) + 1)
    groups: dict[tuple[float, float], list[str]] = defaultdict(list)
    for name, parameter in model.network.named_parameters():
        if not parameter.requires_grad:
            continue  # the loader says that the outputs do not depend on it
        rate = next((rate for block, rate in rates.items() if name.startswith(f"{block}.")), None)
        if rate is None:
            rate = 1.0 if name.startswith(f"{model.head}.") else lowest
        decays = parameter.ndim > 1 and not _is_embedding(model.network, name)
        groups[rate, float(decays)].append(name)
    return tuple(ParameterGroup(names=tuple(names), rate=rate, decay=decay) for (rate, decay), names in groups.items())


def _is_embedding(network: nn.Module, parameter: str) -> bool:
    return isinstance(network.get_submodule(parameter.rpartition(".")[0]), nn.Embedding)
