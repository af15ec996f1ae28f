"""Rare classes: draw their rows more often, or let what is learned already weigh less."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from burnish.augmenting.mixing import Loss
from burnish.contracts import Batch, Example


@dataclass(frozen=True, kw_only=True)
class Oversampling:
    """Which examples an epoch takes, so that rare classes occur more often.

    Attributes:
        levels: For each class, the positions of its examples, of their first copies, of their second copies ...
        wanted: How many examples of each class an epoch takes.
    """

    levels: Sequence[Sequence[Sequence[int]]]
    wanted: Sequence[int]

    def rows(self, seed: int, epoch: int) -> list[int]:
        """Positions of an epoch's examples: whole levels, and of the last one other examples in each epoch."""
        generator = random.Random(f"{seed}/{epoch}/oversampling")
        taken: list[int] = []
        for levels, wanted in zip(self.levels, self.wanted, strict=True):
            whole, rest = divmod(wanted, len(levels[0]))
            taken += [position for level in levels[:whole] for position in level]
            taken += generator.sample(list(levels[whole]), rest) if rest else []
        return sorted(taken)


def with_copies(
    examples: Sequence[Example], classes: Sequence[str], how: str
) -> tuple[list[Example], list[int], Oversampling]:
    """Examples followed by as many copies as an epoch may take.

    Args:
        examples: Encoded rows.
        classes: The class of each.
        how: `balanced`: every class as often as the commonest; `sqrt`: half-way to that, by the root of the ratio.

    Returns:
        The examples with the copies behind them (each has its number as `copy`), for each the position of the original,
        and what an epoch takes.
    """
    members: dict[str, list[int]] = defaultdict(list)
    for position, name in enumerate(classes):
        members[name].append(position)
    most = max(map(len, members.values()))
    found, originals = list(examples), list(range(len(examples)))
    levels, wanted = [], []
    for name in sorted(members):
        own = members[name]
        wanted.append(most if how == "balanced" else round(math.sqrt(most * len(own))))
        of_class = [own]
        for copy in range(1, math.ceil(wanted[-1] / len(own))):
            of_class.append(list(range(len(found), len(found) + len(own))))
            found += [{**examples[position], "copy": copy} for position in own]
            originals += own
        levels.append(of_class)
    return found, originals, Oversampling(levels=levels, wanted=wanted)


def focal(loss: Loss, gamma: float) -> Loss:
    """The focal loss (Lin et al. 2017) over a task's cross-entropy: what is answered well already weighs less.

    Args:
        loss: Gives each row the cross-entropy of its class, without smoothing.
        gamma: How much less; 0 leaves the loss as it is.
    """

    def changed(outputs: Any, batch: Batch, label_smoothing: float) -> tuple[Tensor, Tensor]:
        losses, counts = loss(outputs, batch, label_smoothing)
        wrong = -torch.expm1(-losses)  # 1 - p of the right class
        # The root of 0 has no slope; a row that is answered with full certainty has nothing to teach.
        return wrong.clamp_min(torch.finfo(wrong.dtype).tiny) ** gamma * losses, counts

    return changed
