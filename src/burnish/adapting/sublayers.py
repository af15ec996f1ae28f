"""Find the attention and feed-forward layers of a model's blocks by their shapes and order, whatever their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from burnish.contracts import LoadedModel

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class Sublayers:
    """Names of the linear layers of one block.

    Attributes:
        attention_in: Those that make queries, keys and values.
        attention_out: The one that ends the attention.
        feed_forward_in: The one or two (gated) that begin the feed-forward part.
        feed_forward_out: The one that ends it.
    """

    attention_in: tuple[str, ...]
    attention_out: str
    feed_forward_in: tuple[str, ...]
    feed_forward_out: str


def sublayers_of(model: LoadedModel) -> tuple[Sublayers, ...]:
    """The sublayers of every block, from the input upward; () where the blocks are not of this shape."""
    found = []
    for block in model.blocks:
        names = [name for name in model.adaptable if name.startswith(f"{block}.")]
        layers = _split(model.network, names)
        if layers is None:
            return ()
        found.append(layers)
    return tuple(found)


def _split(network: nn.Module, names: list[str]) -> Sublayers | None:
    """A block's last linear layer ends the feed-forward part; those before it that widen begin it."""
    from torch import nn

    linear: dict[str, Any] = {name: network.get_submodule(name) for name in names}
    if len(names) < 4 or not all(isinstance(layer, nn.Linear) for layer in linear.values()):
        return None
    width = linear[names[-1]].out_features
    begin = len(names) - 1
    while begin and linear[names[begin - 1]].out_features > width >= linear[names[begin - 1]].in_features:
        begin -= 1
        if begin == len(names) - 3:
            break
    if begin == len(names) - 1 or begin < 2 or linear[names[begin - 1]].out_features != width:
        return None
    return Sublayers(
        attention_in=tuple(names[: begin - 1]),
        attention_out=names[begin - 1],
        feed_forward_in=tuple(names[begin:-1]),
        feed_forward_out=names[-1],
    )
