"""Make confidences honest: fit a temperature on validation rows and fold it into the head."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from burnish.contracts import LoadedModel
from burnish.metrics.conformal import COVERAGE, conformal_half_width
from burnish.metrics.temperature import fit_temperature, negative_log_likelihood


def calibrate_head(model: LoadedModel, logits: np.ndarray, truths: np.ndarray) -> dict[str, float]:
    """Divide the head's weights by the temperature that suits validation rows best, so that no one need know of it.

    Args:
        model: Its head, a linear layer whose outputs are the logits, is changed in place.
        logits: float (rows, classes), the network's for rows that training has not seen.
        truths: int64 (rows,), class positions; rows with a class that training has not seen, -1, do not count.

    Returns:
        The temperature, and the mean cross-entropy of the rows before and after.
    """
    known = truths >= 0
    scores, positions = logits[known].astype(np.float64), truths[known]
    temperature = fit_temperature(scores, positions)
    head = model.network.get_submodule(model.head)
    assert isinstance(head, nn.Linear), f"the head {model.head!r} is not a linear layer"
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.div_(temperature)
    return {
        "temperature": temperature,
        "validation_loss_before": negative_log_likelihood(scores, positions),
        "validation_loss_after": negative_log_likelihood(scores / temperature, positions),
    }


def calibrate_half_width(model: LoadedModel, outputs: np.ndarray, truths: np.ndarray) -> dict[str, float]:
    """Let the head's second output be half the width of an interval that holds the truth, the same for every input.

    Args:
        model: Its head, a linear layer with two outputs, is changed in place.
        outputs: float (rows, 2), the network's for rows that training has not seen.
        truths: float (rows,), what the first output should be.

    Returns:
        The half-width, in the unit of the outputs, and the probability that it is made for.
    """
    half_width = conformal_half_width(outputs[:, 0].astype(np.float64) - truths)
    head = model.network.get_submodule(model.head)
    assert isinstance(head, nn.Linear), f"the head {model.head!r} is not a linear layer"
    with torch.no_grad():
        head.weight[1] = 0.0
        head.bias[1] = half_width
    return {"interval_half_width": half_width, "interval_coverage": COVERAGE}
