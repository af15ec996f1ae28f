"""Leave out some of the rows that are learned already, and let the others like them count for those (InfoBatch).

After Qin et al., "InfoBatch: Lossless Training Speed Up by Unbiased Dynamic Data Pruning" (ICLR 2024): rows with less
than the mean loss are left out at random, anew in each epoch, and those of them that stay weigh more, so that the
gradient is the same on average. The first epoch takes every row, since nothing is known of them yet.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence


def counts_of_epoch(losses: Sequence[float], share: float, seed: int, epoch: int) -> list[float]:
    """How much each row counts in an epoch: 0 where it is left out, more than 1 where it stands for others.

    Args:
        losses: The latest loss of every row; not a number where there is none yet.
        share: Of the rows with less than the mean loss, how many are left out.
        seed: The run's seed.
        epoch: Epoch number, from 0.

    Returns:
        As many numbers as there are losses.
    """
    known = [loss for loss in losses if not math.isnan(loss)]
    if not known or epoch == 0:
        return [1.0] * len(losses)
    mean, generator = math.fsum(known) / len(known), random.Random(f"{seed}/{epoch}/skip")
    stays = 1 / (1 - share)
    return [(0.0 if generator.random() < share else stays) if loss < mean else 1.0 for loss in losses]
