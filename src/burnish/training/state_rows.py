"""Rows of a batch: what each is known by, and its states, cut out without padding and put together again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from burnish.training.state_store import KEY_BYTES

MASK = "attention_mask"
_IN_NUMPY = {torch.float16: "<f2", torch.bfloat16: "<i2", torch.float32: "<f4", torch.float64: "<f8"}  # by bits


@dataclass(frozen=True, kw_only=True)
class Form:
    """What states look like.

    Attributes:
        by_token: Their second dimension is that of the attention mask: only those of tokens are kept.
        width: Shape of what is kept of a token or, where they do not go by token, of a row.
        flowing: Their type in the network.
        kept: The type that they are kept as.
    """

    by_token: bool
    width: tuple[int, ...]
    flowing: torch.dtype
    kept: torch.dtype

    @property
    def in_numpy(self) -> np.dtype:
        """The type in numpy of what is kept; bfloat16, which it lacks, goes as integers of the same bits."""
        return np.dtype(_IN_NUMPY[self.kept])

    def cut(self, states: Tensor, inputs: Mapping[str, Tensor]) -> list[np.ndarray] | None:
        """States of a batch as rows, each (units, *width); None where they are not of this form, or do not fit in.

        Args:
            states: (rows, ...), as they flow.
            inputs: What the network was called with.
        """
        if states.shape[1 + self.by_token :] != self.width or states.dtype != self.flowing:
            return None
        if self.by_token:
            mask = inputs[MASK].bool()
            flat, units = states[mask], mask.sum(1).tolist()
        else:
            flat, units = states, [1] * len(states)
        flat = flat.detach().to(self.kept)
        if self.kept != self.flowing and not flat.isfinite().all():
            return None
        array = flat.contiguous().cpu().view(_bits(self.kept)).numpy()
        return np.split(array, np.cumsum(units)[:-1])

    def join(self, rows: Sequence[np.ndarray], inputs: Mapping[str, Tensor]) -> Tensor:
        """The states of a batch, (rows, ...), from those of its rows; zeros where there is padding."""
        device = next(iter(inputs.values())).device
        flat = torch.from_numpy(np.concatenate(rows)).view(self.kept).to(device).to(self.flowing)
        if not self.by_token:
            return flat
        mask = inputs[MASK].bool()
        states = flat.new_zeros(*mask.shape, *self.width)
        states[mask] = flat
        return states


def form_of(states: Tensor, inputs: Mapping[str, Tensor]) -> Form:
    """The form of states that a network computed for some inputs."""
    mask = inputs.get(MASK)
    by_token = mask is not None and states.ndim > 2 and _is_mask(mask) and states.shape[:2] == mask.shape
    return Form(by_token=by_token, width=tuple(states.shape[1 + by_token :]), flowing=states.dtype, kept=states.dtype)


def row_keys(inputs: Mapping[str, Tensor]) -> list[bytes]:
    """What each row of a batch is known by: a digest of its inputs, leaving out padding behind it.

    Args:
        inputs: Tensors with a row for each entry of their first dimension.
    """
    mask = inputs.get(MASK)
    lengths = _lengths(mask) if mask is not None and _is_mask(mask) else None
    names = sorted(inputs)
    trimmed = {
        name
        for name in names
        if lengths is not None and mask is not None and inputs[name].shape[: mask.ndim] == mask.shape
    }
    kinds = [(name, str(inputs[name].dtype), inputs[name].shape[2 if name in trimmed else 1 :]) for name in names]
    begin = hashlib.blake2b(repr(kinds).encode(), digest_size=KEY_BYTES)
    arrays = [(name in trimmed, _array(inputs[name])) for name in names]
    keys = []
    for row in range(len(inputs[names[0]])):
        digest = begin.copy()
        for trims, array in arrays:
            digest.update((array[row, : lengths[row]] if trims and lengths is not None else array[row]).data)
        keys.append(digest.digest())
    return keys


def _is_mask(mask: Tensor) -> bool:
    return mask.ndim == 2 and not mask.is_floating_point()


def _lengths(mask: Tensor) -> list[int] | None:
    """Tokens of each row, where all padding is behind them; else None: the places of tokens matter, too."""
    lengths = mask.sum(1)
    prefix = torch.arange(mask.shape[1], device=mask.device) < lengths.unsqueeze(1)
    return lengths.tolist() if torch.equal(prefix.to(mask.dtype), mask) else None


def _array(tensor: Tensor) -> np.ndarray:
    array = tensor.detach().cpu().contiguous()
    array = array.view(_bits(array.dtype))
    return array.numpy() if array.ndim > 1 else array.unsqueeze(1).numpy()


def _bits(dtype: torch.dtype) -> torch.dtype:
    return torch.int16 if dtype == torch.bfloat16 else dtype
