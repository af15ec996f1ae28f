"""Which validation's weights count, and whether training has stopped getting anywhere.

Few validation rows tell little: on 40 of them an accuracy of 65% may as well be 73%. So scores within one standard
error of the best one count as equal to it (the one-standard-error rule: Breiman et al. 1984, Classification and
Regression Trees, section 3.4.3), and of equals the latest counts, because the learning rate falls to the end and late
weights are steadier (Mosbach et al. 2021).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence


def kept_validation(validations: Sequence[Mapping[str, float]], *, higher_is_better: bool) -> int:
    """Index of the latest validation that is within one standard error of the best.

    Args:
        validations: At least one, in order, each with `score` and its standard `error`. A score that is no number, as
            diverged weights have it, is worse than any other.
        higher_is_better: Of the score.
    """
    sign = 1 if higher_is_better else -1
    scores = [-math.inf if math.isnan(entry["score"]) else sign * entry["score"] for entry in validations]
    best = max(range(len(scores)), key=scores.__getitem__)
    least = scores[best] - validations[best]["error"]
    return max([best, *(index for index, score in enumerate(scores) if score >= least)])


def validations_without_gain(validations: Sequence[Mapping[str, float]], *, higher_is_better: bool) -> int:
    """How many epochs at the end were clearly worse than the best one before them.

    The start, which comes first, is not counted: epochs at high learning rates may well be worse than it, until lower
    rates make them better.
    """
    trained = validations[1:]
    return len(trained) - 1 - kept_validation(trained, higher_is_better=higher_is_better) if trained else 0
