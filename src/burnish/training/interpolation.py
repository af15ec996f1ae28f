"""Mix starting and tuned weights (WiSE-FT, Wortsman et al. 2022): less is forgotten, and often more is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from burnish.training.loop import Training

SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)


def best_mix(training: Training, rank: Callable[[], Any]) -> float:
    """Leave the network at the mix that ranks best, and return its share of the tuned weights.

    Args:
        training: At its tuned weights; its `start` holds the starting ones.
        rank: Ranks the network as it is; higher is better. Of equals, the mix nearest to the tuned weights is kept.
    """
    tuned = {name: parameter.detach().clone() for name, parameter in training.trained().items()}

    def put(share: float) -> None:
        with torch.no_grad():
            for name, parameter in training.trained().items():
                parameter.copy_(torch.lerp(training.start[name], tuned[name], share))

    best, best_rank = 1.0, None
    for share in SHARES:
        put(share)
        found = rank()
        if best_rank is None or found > best_rank:
            best, best_rank = share, found
    put(best)
    return best
