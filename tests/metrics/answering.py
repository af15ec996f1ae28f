"""Systems that answer rows rightly with known probability, and alike: what is hard for one is hard for all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from burnish.contracts import Prediction, Targets

if TYPE_CHECKING:
    from burnish.contracts import FloatArray

LABELS = ("rare", "less", "more", "most")
TARGETS = Targets(labels=LABELS, counts=(10, 20, 30, 40))
_FREQUENCIES = (0.1, 0.2, 0.3, 0.4)


def answered(accuracies: Sequence[float], rows: int, generator: np.random.Generator) -> list[np.ndarray]:
    """Right or wrong per system and row, bool (rows,) each.

    A row's difficulty is shared by all systems and makes up half of the variance, so about half of the errors of two
    systems fall on the same rows.
    """
    from scipy.stats import norm

    shared = generator.normal(size=rows)
    return [shared + generator.normal(size=rows) < norm.ppf(accuracy) * 2**0.5 for accuracy in accuracies]


def as_statistics(right: Sequence[np.ndarray]) -> list[FloatArray]:
    """Statistics of `ACCURACY`."""
    return [np.stack([system, np.ones_like(system)], axis=1).astype(np.float64) for system in right]


def as_labels(right: Sequence[np.ndarray], generator: np.random.Generator) -> tuple[list[str], list[list[Prediction]]]:
    """True labels of unequal classes, and predictions of every system: the true label, or any other."""
    rows = len(right[0])
    true = generator.choice(len(LABELS), size=rows, p=_FREQUENCIES)
    by_label = [prediction(label) for label in LABELS]
    predictions = []
    for system in right:
        wrong = (true + generator.integers(1, len(LABELS), size=rows)) % len(LABELS)
        predictions.append([by_label[index] for index in np.where(system, true, wrong).tolist()])
    return [LABELS[index] for index in true], predictions


def prediction(value: str, confidence: float = 0.5, **scores: float) -> Prediction:
    """A prediction, in short."""
    return Prediction(value=value, confidence=confidence, scores=scores)
