"""What the linear probe says of every row when it has not learned from that row."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from burnish.contracts import Features, FloatArray

Fold: TypeAlias = "tuple[np.ndarray, np.ndarray]"  # positions to learn from, and to ask
_FOLDS = 5
_STRENGTHS = (0.03, 0.1, 0.3)
_ITERATIONS, _TOLERANCE = 50, 1e-2
_LEAST = 1e-12
_MOST_LEARNED = 20_000  # rows that a fold learns from; more change little, and each takes memory twice


def out_of_fold(features: Features, labels: np.ndarray, classes: int, seed: int) -> FloatArray:
    """Probabilities of a logistic regression that has learned from the other folds.

    Args:
        features: float32 (rows, width).
        labels: int (rows,), in [0, classes).
        classes: How many there are.
        seed: Of the folds.

    Returns:
        float64 (rows, classes), of the strength of regularisation whose cross-entropy is lowest on the first fold.
    """
    scaled = standardised(features)
    del features  # of many rows, a copy less to hold
    first, *others = folds(labels, seed)
    tried = [_answered(scaled, labels, classes, first, strength) for strength in _STRENGTHS]
    own = (np.arange(len(first[1])), labels[first[1]])
    best = int(np.argmin([-np.log(np.maximum(answers[own], _LEAST)).mean() for answers in tried]))
    found = np.zeros((len(labels), classes))
    found[first[1]] = tried[best]
    for fold in others:
        found[fold[1]] = _answered(scaled, labels, classes, fold, _STRENGTHS[best])
    return found


def standardised(features: Features) -> Features:
    """Features about zero, of unit variance on the whole, float32."""
    centred: Features = (features - features.mean(axis=0)).astype(np.float32, copy=False)
    squares = float(np.einsum("ij,ij->", centred, centred, dtype=np.float64))  # without a second copy of all
    centred /= float(np.sqrt(squares / centred.size)) or 1.0
    return centred


def _answered(features: Features, labels: np.ndarray, classes: int, fold: Fold, strength: float) -> FloatArray:
    """Probabilities, float64 (rows to ask, classes), of the rows of a fold by what the others teach."""
    learn, ask = fold
    if len(learn) > _MOST_LEARNED:
        learn = np.sort(np.random.default_rng(len(learn)).permutation(learn)[:_MOST_LEARNED])
    model = fitted(features[learn], labels[learn], strength)
    found = np.zeros((len(ask), classes))
    found[:, model.classes_] = model.predict_proba(features[ask])
    return found


def folds(labels: np.ndarray, seed: int) -> list[Fold]:
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
