"""Divide a network's parameters into groups that train alike."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from burnish.contracts import LoadedModel
from burnish.method_contract import ParameterGroup

if TYPE_CHECKING:
    from torch import nn


def grouped_by_depth(
    model: LoadedModel, *, layer_decay: float = 1.0, lowest: int = 0, unfreeze: int = 0
) -> tuple[ParameterGroup, ...]:
    """Parameters that the outputs depend on, with a learning rate that falls from the head to the embeddings.

    Depth 0 is all that lies outside blocks and head (the embeddings), 1 the first block, and so on to the head.
    Vectors (biases, norms) and embeddings get no weight decay.

    Args:
        model: The model.
        layer_decay: The rate of each depth as a share of the one above it; the head has rate 1.
        lowest: The lowest depth that trains.
        unfreeze: Blocks that join at each epoch's start, from the top; 0: all train from the start.
    """
    top = len(model.blocks) + 1
    groups: dict[tuple[int, float], list[str]] = defaultdict(list)
    for name, parameter in model.network.named_parameters():
        depth = depth_of(model, name)
        if not parameter.requires_grad or depth < lowest:
            continue  # what needs no gradient does not matter to the outputs, says the loader
        groups[depth, float(decays(model.network, name))].append(name)
    return tuple(
        ParameterGroup(
            names=tuple(names),
            rate=layer_decay ** (top - depth),
            decay=decay,
            begin=-(-(top - depth) // unfreeze) if unfreeze else 0,
        )
        for (depth, decay), names in sorted(groups.items(), reverse=True)
    )


def head_group(model: LoadedModel) -> tuple[ParameterGroup, ...]:
    """The head alone, where it is new: what a method trains beside its own additions."""
    if model.generates:
        return ()
    return grouped_by_depth(model, lowest=len(model.blocks) + 1)


def decays(network: nn.Module, parameter: str) -> bool:
    """Whether weight decay is for this parameter: for weight matrices, not for vectors and embeddings."""
    from torch import nn

    owner = network.get_submodule(parameter.rpartition(".")[0])
    return network.get_parameter(parameter).ndim > 1 and not isinstance(owner, nn.Embedding)


def depth_of(model: LoadedModel, parameter: str) -> int:
    """0 for what lies outside blocks and head, 1 for the first block, …, len(blocks) + 1 for the head."""
    if parameter.startswith(f"{model.head}."):
        return len(model.blocks) + 1
    return next((n for n, block in enumerate(model.blocks, start=1) if parameter.startswith(f"{block}.")), 0)
