"""Train only the token embeddings that the data uses.

A row of the embedding table whose token never occurs gets no gradient, so Adam leaves it as it is; but computing
that costs as much as training the rest of a small model. The table is cut to the tokens in use while training and
put back afterwards. The result is the same (embeddings have no weight decay); the work is a fraction.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from burnish.contracts import LoadedModel
from burnish.method_contract import ParameterGroup

WORTH_CUTTING = 0.5  # cut the table when at most this share of it is in use


class CompactEmbedding(nn.Module):
    """Stands in for an `nn.Embedding`, with rows for some of its tokens only.

    Args:
        full: The embedding that it stands in for; kept, and written back to by `restored`.
        used: Token ids that have a row, int64 (tokens,), sorted, without repeats.
    """

    position: Tensor

    def __init__(self, full: nn.Embedding, used: Tensor) -> None:
        super().__init__()
        self._full = [full]  # in a list, so that its weights are not this module's
        self.used = used
        position = torch.full((full.num_embeddings,), -1, dtype=torch.int64)
        position[used] = torch.arange(len(used))
        self.register_buffer("position", position, persistent=False)
        self.weight = nn.Parameter(full.weight.detach()[used].clone(), requires_grad=full.weight.requires_grad)
        padding = full.padding_idx
        self.padding = int(position[padding]) if padding is not None and position[padding] >= 0 else None

    def forward(self, ids: Tensor) -> Tensor:
        """Vectors (..., width) of int64 ids (...); an id without a row is an error of the caller."""
        return functional.embedding(self.position[ids], self.weight, padding_idx=self.padding)

    def restored(self) -> nn.Embedding:
        """The full embedding, with this module's rows written into it."""
        full = self._full[0]
        with torch.no_grad():
            full.weight[self.used.to(full.weight.device)] = self.weight.to(full.weight.dtype)
        return full


def cut_vocabulary(model: LoadedModel, groups: Sequence[ParameterGroup], used: set[int]) -> bool:
    """Put a compact embedding in place of the model's, where that is exact and worth it.

    Args:
        model: Changed in place.
        groups: What trains; only an embedding that does is worth cutting.
        used: Every token id that will be looked up, padding included.

    Returns:
        Whether it was done. Not done: no token embedding, weights shared with another layer or decaying, most tokens
        in use.
    """
    weight = f"{model.embeddings}.weight"
    owner = next((group for group in groups if weight in group.names), None)
    if not model.embeddings or owner is None or owner.decay:  # decay would move the rows that rest, too
        return False
    full = model.network.get_submodule(model.embeddings)
    if type(full) is not nn.Embedding or full.max_norm is not None:
        return False
    owners = [name for name, weight in model.network.named_parameters(remove_duplicate=False) if weight is full.weight]
    if len(owners) > 1 or len(used) > WORTH_CUTTING * full.num_embeddings:
        return False
    compact = CompactEmbedding(full, torch.tensor(sorted(used), dtype=torch.int64))
    _replace(model.network, model.embeddings, compact.to(full.weight.device))
    return True


def restore_vocabulary(model: LoadedModel) -> None:
    """Put the full embedding back, with the trained rows in it."""
    if model.embeddings and isinstance(compact := model.network.get_submodule(model.embeddings), CompactEmbedding):
        _replace(model.network, model.embeddings, compact.restored())


def _replace(network: nn.Module, name: str, module: nn.Module) -> None:
    parent, _, child = name.rpartition(".")
    setattr(network.get_submodule(parent), child, module)
