"""The type of a pre-trained network that still predicts parts of its own input. Types only, like `contracts`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burnish.contracts import Batch, Example, LoadedModel, Rows

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class LanguageModel:
    """A pre-trained network with what it takes to go on pre-training it on rows without targets.

    Attributes:
        model: The network, called with a batch of `collate`.
        head: Full names of the parameters outside the pre-trained body: they predict what was hidden.
        new_head: Whether these are new and must first be fitted alone.
        encode: Rows to examples. Rows in which nothing can be hidden are left out.
        hide: An example with a share of its parts hidden, drawn from the generator, or from torch's own for None.
        collate: A batch of examples that `hide` made.
        loss: (outputs, batch, label smoothing) -> per-row summed losses and counts of hidden parts, both float (rows,).
        save: Writes the body, without the head, in the form of the base folder that it was opened from.
    """

    model: LoadedModel
    head: tuple[str, ...]
    new_head: bool
    encode: Callable[[Rows], list[Example]]
    hide: Callable[[Example, float, torch.Generator | None], Example]
    collate: Callable[[LoadedModel, Sequence[Example]], Batch]
    loss: Callable[[Any, Batch, float], tuple[torch.Tensor, torch.Tensor]]
    save: Callable[[Path], None]
