"""Multinomial logistic regression, its strength of regularisation chosen on validation rows."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from burnish.contracts import Features

_ITERATIONS = 300
_TOLERANCE = 1e-3  # on the path from strong to weak regularisation; a finer one changes no score, and costs tenfold


def fit_logistic(
    train: Any,
    train_labels: np.ndarray,
    validation: Any,
    validation_labels: np.ndarray,
    strengths: tuple[float, ...],
    *,
    balanced: bool = False,
) -> tuple[np.ndarray, np.ndarray, float]:
    """Fit along a path of inverse strengths C, each from the last one's result, and keep the best on validation.

    Args:
        train: float (rows, width), dense or sparse, scaled to about unit variance.
        train_labels: int (rows,), every class at least once.
        validation: float (rows, width).
        validation_labels: int (rows,); -1 for a class that training has not seen.
        strengths: Values of C, rising.
        balanced: Every class counts the same, however many rows it has; in training and in the choice of C.

    Returns:
        Weight float64 (classes, width), bias float64 (classes,) and the chosen C. The cross-entropy decides.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(
        max_iter=_ITERATIONS, tol=_TOLERANCE, warm_start=True, class_weight="balanced" if balanced else None
    )
    known = validation_labels >= 0
    best: tuple[float, np.ndarray, np.ndarray, float] | None = None
    for strength in strengths:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.filterwarnings("ignore", message="The number of unique classes")  # labels, not numbers
            model.set_params(C=strength).fit(train, train_labels)
        weight, bias = _as_multinomial(model.coef_, model.intercept_)
        logits = np.asarray(validation[known] @ weight.T + bias)
        loss = _cross_entropy(logits, validation_labels[known], balanced=balanced) if known.any() else 0.0
        if best is None or loss < best[0]:
            best = (loss, weight, bias, strength)
    assert best is not None
    return best[1], best[2], best[3]


def fit_layer(
    train: Features,
    train_labels: np.ndarray,
    validation: Features,
    validation_labels: np.ndarray,
    strengths: tuple[float, ...],
    *,
    balanced: bool = False,
) -> tuple[Features, Features]:
    """A linear layer, weight float32 (classes, width) and bias float32 (classes,), on features as a model gives them.

    They are scaled to fit it, see `fit_logistic` for the arguments, and the scaling is folded in.
    """
    mean = train.mean(axis=0)
    scale = float(np.sqrt(((train - mean) ** 2).mean())) or 1.0
    weight, bias, _ = fit_logistic(
        (train - mean) / scale,
        train_labels,
        (validation - mean) / scale,
        validation_labels,
        strengths,
        balanced=balanced,
    )
    raw = weight / scale
    return raw.astype(np.float32), (bias - raw @ mean).astype(np.float32)


def _as_multinomial(weight: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One row of weights per class; scikit-learn gives a single row for two classes."""
    if len(weight) > 1:
        return weight.copy(), bias.copy()
    return np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2


def _cross_entropy(logits: np.ndarray, labels: np.ndarray, *, balanced: bool) -> float:
    """The mean over rows or, balanced, the mean over classes of the mean over their rows."""
    from burnish.metrics.temperature import negative_log_likelihood

    if not balanced:
        return negative_log_likelihood(logits, labels)
    means = [negative_log_likelihood(logits[labels == label], labels[labels == label]) for label in np.unique(labels)]
    return float(np.mean(means))
