"""What the linear probe says of every row when it has not learned from that row."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from burnish.contracts import Features, FloatArray

_FOLDS = 5
_STRENGTHS = (0.03, 0.1, 0.3)
_ITERATIONS, _TOLERANCE = 50, 1e-2
_LEAST = 1e-12


def out_of_fold(features: Features, labels: np.ndarray, classes: int, seed: int) -> FloatArray:
    """Probabilities of a logistic regression that has learned from the other folds.

    Args:
        features: float32 (rows, width).
        labels: int (rows,), in [0, classes).
        classes: How many there are.
        seed: Of the folds.

    Returns:
        float64 (rows, classes), of the strength of regularisation whose cross-entropy is lowest.
    """
    scaled = standardised(features)
    tried = [_probabilities(scaled, labels, classes, seed, strength) for strength in _STRENGTHS]
    own = np.arange(len(labels))
    losses = [-np.log(np.maximum(found[own, labels], _LEAST)).mean() for found in tried]
    return tried[int(np.argmin(losses))]


def standardised(features: Features) -> Features:
    """Features about zero, of unit variance on the whole, float32."""
    centred = features - features.mean(axis=0)
    scaled: Features = (centred / (float(np.sqrt((centred**2).mean())) or 1.0)).astype(np.float32)
    return scaled


def _probabilities(features: Features, labels: np.ndarray, classes: int, seed: int, strength: float) -> FloatArray:
    found = np.zeros((len(labels), classes))
    for learn, ask in folds(labels, seed):
        model = fitted(features[learn], labels[learn], strength)
        found[np.ix_(ask, model.classes_)] = model.predict_proba(features[ask])
    return found


def folds(labels: np.ndarray, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rows to learn from and rows to ask, five times, balanced by label as far as it goes."""
    from sklearn.model_selection import StratifiedKFold

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes with fewer rows than folds
        count = max(2, min(_FOLDS, int(np.bincount(labels).max())))
        return list(StratifiedKFold(count, shuffle=True, random_state=seed).split(labels, labels))


def fitted(features: Features, labels: np.ndarray, strength: float) -> Any:
    """A logistic regression of scikit-learn."""
    from sklearn.linear_model import LogisticRegression

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return LogisticRegression(C=strength, max_iter=_ITERATIONS, tol=_TOLERANCE).fit(features, labels)
