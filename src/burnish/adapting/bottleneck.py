"""Bottleneck adapters (Houlsby et al. 2019; Pfeiffer et al. 2021), kept beside the network that they change.

An adapter is a hook on a linear layer's output, so the layer itself, its name and its file stay as they are: the body
is saved as a plain model, and the adapters in a small file next to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from burnish.errors import UserError

ADAPTERS_FILE = "adapters.safetensors"
ATTRIBUTE = "adapters"  # where they live on the network
_PLACES = "places"


class Bottleneck(nn.Module):
    """Down, a non-linearity, up, added to what comes in. Up starts at zero: at first nothing changes.

    Args:
        width: Width of what is adapted.
        size: Width of the bottleneck.
    """

    def __init__(self, width: int, size: int) -> None:
        super().__init__()
        self.down = nn.Linear(width, size)
        self.up = nn.Linear(size, width)
        nn.init.normal_(self.down.weight, std=1e-2)
        for tensor in (self.down.bias, self.up.weight, self.up.bias):
            nn.init.zeros_(tensor)

    def forward(self, states: Tensor) -> Tensor:
        """Adapted states, of the shape (..., width) of those given."""
        return states + self.up(functional.gelu(self.down(states)))  # type: ignore[no-any-return]


class Bottlenecks(nn.ModuleList):
    """The adapters of a network, in the order of their places.

    Args:
        places: Names of the linear layers whose outputs are adapted.
        widths: Their numbers of outputs.
        size: Width of every bottleneck.
    """

    def __init__(self, places: Sequence[str], widths: Sequence[int], size: int) -> None:
        super().__init__(Bottleneck(width, size) for width in widths)
        self.places = tuple(places)
        self.size = size


def attach(network: nn.Module, places: Sequence[str], size: int) -> Bottlenecks:
    """Put a new adapter behind each of some linear layers.

    Args:
        network: Changed in place: it gains the submodule `adapters`.
        places: Names of linear layers in it.
        size: Width of every bottleneck.
    """
    layers: list[Any] = [network.get_submodule(place) for place in places]
    adapters = Bottlenecks(places, [layer.out_features for layer in layers], size)
    adapters.to(next(network.parameters()).device)
    network.add_module(ATTRIBUTE, adapters)
    for layer, adapter in zip(layers, adapters, strict=True):
        layer.register_forward_hook(_Behind(adapter))
    return adapters


class _Behind:
    """A hook that sends a layer's output through an adapter."""

    def __init__(self, adapter: nn.Module) -> None:
        self.adapter = adapter

    def __call__(self, _layer: nn.Module, _inputs: Any, output: Tensor) -> Any:
        return self.adapter(output)


def save_adapters(network: nn.Module, folder: Path) -> None:
    """Write the network's adapters into `adapters.safetensors`; nothing where it has none."""
    adapters = getattr(network, ATTRIBUTE, None)
    if isinstance(adapters, Bottlenecks):
        tensors = {name: tensor.detach().contiguous() for name, tensor in adapters.state_dict().items()}
        save_file(tensors, folder / ADAPTERS_FILE, metadata={_PLACES: "\n".join(adapters.places)})


def restore_adapters(network: nn.Module, folder: Path) -> None:
    """Attach the adapters that `save_adapters` wrote; nothing where there are none.

    Raises:
        UserError: The file is damaged, or belongs to another network.
    """
    path = folder / ADAPTERS_FILE
    if not path.is_file():
        return
    try:
        tensors = load_file(path)
        with safe_open(path, framework="pt") as file:
            places = file.metadata()[_PLACES].split("\n")
        attach(network, places, tensors["0.down.weight"].shape[0]).load_state_dict(tensors)
    except Exception as error:  # safetensors' own, KeyError, AttributeError, RuntimeError of the shapes
        raise UserError(
            f"the adapters do not fit the network: {error}",
            where=str(path),
            fix="The file may be damaged: copy the specialist again, or export it again.",
        ) from error
