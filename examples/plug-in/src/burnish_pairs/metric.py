"""Cohen's kappa: how much better than chance the answers agree with the truth (Cohen 1960)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from burnish.contracts import Json, Metric, Prediction, Targets
from burnish.metrics.classification import label_indices

if TYPE_CHECKING:
    from burnish.contracts import FloatArray


def _statistics(truths: Sequence[Json], predictions: Sequence[Prediction], targets: Targets) -> FloatArray:
    """(rows, 1 + 2 x classes): whether the answer is right, then one-hot of the truth and of the answer.

    The last class of each stands for labels that training never saw.
    """
    classes = len(targets.labels) + 1
    true = label_indices(truths, targets)
    predicted = label_indices([prediction.value for prediction in predictions], targets)
    one_hot = np.eye(classes)
    right = (true == predicted) & (true >= 0)
    return np.hstack([right[:, None].astype(np.float64), one_hot[true], one_hot[predicted]])


def _value(sums: FloatArray) -> FloatArray:
    """Kappa of sums over rows: float64 (..., 1 + 2 x classes) -> (...)."""
    right, counts = sums[..., 0], sums[..., 1:]
    classes = counts.shape[-1] // 2
    true, predicted = counts[..., :classes], counts[..., classes:]
    rows = np.maximum(true.sum(-1), 1)
    agreement = right / rows
    chance = (true * predicted).sum(-1) / rows**2
    return np.asarray((agreement - chance) / np.maximum(1 - chance, 1e-12))


KAPPA = Metric(
    name="kappa",
    summary="agreement with the truth beyond chance, 1 for full agreement",
    statistics=_statistics,
    value=_value,
    share=False,
)
