"""From class probabilities to predictions."""

from __future__ import annotations

import numpy as np

from burnish.contracts import Prediction, Targets

CLOSEST = "closest"  # a score of written texts: the least gap between a token and the next best, in probability


def label_predictions(probabilities: np.ndarray, targets: Targets) -> list[Prediction]:
    """The most probable label of every row, with all probabilities.

    Args:
        probabilities: float (rows, labels), rows adding up to 1.
        targets: Gives the labels' names, in order.
    """
    best = probabilities.argmax(axis=1)
    return [
        Prediction(
            value=targets.labels[index],
            confidence=float(row[index]),
            scores=dict(zip(targets.labels, map(float, row), strict=True)),
        )
        for row, index in zip(probabilities, best, strict=True)
    ]


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities, float64 (rows, labels), of logits of the same shape."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))
