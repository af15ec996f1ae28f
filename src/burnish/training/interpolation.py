"""Mix starting and tuned weights (WiSE-FT, Wortsman et al. 2022): less is forgotten, and often more is right."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch

from burnish.training.early_stopping import kept_validation
from burnish.training.loop import Training

SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def best_mix(training: Training, validate: Callable[[], Mapping[str, float]], *, higher_is_better: bool) -> float:
    """Leave the network at the mix that is kept, and return its share of the tuned weights.

    Mixes are chosen among as epochs are: of those within one standard error of the best, the nearest to the tuned
    weights counts.

    Args:
        training: At its tuned weights; its `start` holds the starting ones.
        validate: Says the `score` of the network as it is, with its standard `error`.
        higher_is_better: Of the score.
    """
    tuned = {name: parameter.detach().clone() for name, parameter in training.trained().items()}

    def put(share: float) -> None:
        with torch.no_grad():
            for name, parameter in training.trained().items():
                parameter.copy_(torch.lerp(training.start[name], tuned[name], share))

    validations = []
    for share in SHARES:
        put(share)
        validations.append(validate())
    kept = SHARES[kept_validation(validations, higher_is_better=higher_is_better)]
    put(kept)
    return kept
