"""Scores of classifiers, each as sums over rows (see `contracts.Metric`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from burnish.contracts import Json, Metric, Prediction, Targets

if TYPE_CHECKING:
    from burnish.contracts import FloatArray

CALIBRATION_BINS = 15
_MOSTLY_ONE_CLASS = 2 / 3


def label_indices(values: Sequence[Json], targets: Targets) -> np.ndarray:
    """Positions of labels in `targets.labels`, int64 (rows,); -1 for a label that training never saw."""
    index = {label: position for position, label in enumerate(targets.labels)}
    return np.array([index.get(value, -1) for value in values], dtype=np.int64)


def confusion_counts(truths: Sequence[Json], predictions: Sequence[Prediction], targets: Targets) -> np.ndarray:
    """Rows by true and predicted label, int64 (labels, labels), true label down. Unknown labels are left out."""
    size = len(targets.labels)
    true = label_indices(truths, targets)
    predicted = label_indices([prediction.value for prediction in predictions], targets)
    known = (true >= 0) & (predicted >= 0)
    return np.bincount(true[known] * size + predicted[known], minlength=size * size).reshape(size, size)


def _correct(truths: Sequence[Json], predictions: Sequence[Prediction], targets: Targets) -> FloatArray:
    right = [prediction.value == truth for truth, prediction in zip(truths, predictions, strict=True)]
    return np.array(right, dtype=np.float64).reshape(-1, 1)


def _counts(truths: Sequence[Json], predictions: Sequence[Prediction], targets: Targets) -> FloatArray:
    """(rows, 3 x classes): one-hot of hits, of true labels and of predicted labels.

    The classes are the targets' labels, and last all labels that training never saw: no answer to them can be right,
    and leaving them out would hide it.
    """
    classes = len(targets.labels) + 1
    true = label_indices(truths, targets)
    predicted = label_indices([prediction.value for prediction in predictions], targets)
    statistics = np.zeros((len(true), 3, classes))
    rows = np.arange(len(true))
    statistics[rows, 1, true] = 1  # -1, an unknown label, is the last class
    known = predicted >= 0
    statistics[rows[known], 2, predicted[known]] = 1
    statistics[:, 0] = statistics[:, 1] * statistics[:, 2]
    return statistics.reshape(len(true), 3 * classes)


def _with_rows(statistics: FloatArray) -> FloatArray:
    return np.hstack([statistics, np.ones((len(statistics), 1))])


def _mean_statistics(truths: Sequence[Json], predictions: Sequence[Prediction], targets: Targets) -> FloatArray:
    return _with_rows(_correct(truths, predictions, targets))


def _share(sums: FloatArray) -> FloatArray:
    return np.asarray(sums[..., 0] / np.maximum(sums[..., 1], 1))


def _split(sums: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    size = sums.shape[-1] // 3
    return sums[..., :size], sums[..., size : 2 * size], sums[..., 2 * size :]


def _f1_by_label(sums: FloatArray) -> FloatArray:
    hits, true, predicted = _split(sums)
    return np.asarray(2 * hits / np.maximum(true + predicted, 1))


def _macro_f1(sums: FloatArray) -> FloatArray:
    """Mean F1 over labels that stand in the truth or the predictions, as scikit-learn averages."""
    _, true, predicted = _split(sums)
    present = (true + predicted) > 0
    return np.asarray(_f1_by_label(sums).sum(-1) / np.maximum(present.sum(-1), 1))


def _weighted_f1(sums: FloatArray) -> FloatArray:
    _, true, _ = _split(sums)
    return np.asarray((_f1_by_label(sums) * true).sum(-1) / np.maximum(true.sum(-1), 1))


def _balanced_accuracy(sums: FloatArray) -> FloatArray:
    """Mean recall over labels that stand in the truth."""
    hits, true, _ = _split(sums)
    present = true > 0
    return np.asarray((hits / np.maximum(true, 1)).sum(-1) / np.maximum(present.sum(-1), 1))


def _calibration(truths: Sequence[Json], predictions: Sequence[Prediction], targets: Targets) -> FloatArray:
    """(rows, 3 x bins): per confidence bin, the confidence, whether the answer was right, and 1."""
    right = _correct(truths, predictions, targets)[:, 0]
    confidence = np.array([prediction.confidence for prediction in predictions])
    bins = np.clip((confidence * CALIBRATION_BINS).astype(int), 0, CALIBRATION_BINS - 1)
    statistics = np.zeros((len(right), 3, CALIBRATION_BINS))
    rows = np.arange(len(right))
    for part, values in enumerate((confidence, right, np.ones_like(right))):
        statistics[rows, part, bins] = values
    return statistics.reshape(len(right), 3 * CALIBRATION_BINS)


def _expected_calibration_error(sums: FloatArray) -> FloatArray:
    confidence, right, rows = _split(sums)
    return np.asarray(np.abs(confidence - right).sum(-1) / np.maximum(rows.sum(-1), 1))


def _log_losses(truths: Sequence[Json], predictions: Sequence[Prediction], targets: Targets) -> FloatArray:
    right = [p.scores.get(truth, 0.0) for truth, p in zip(truths, predictions, strict=True)]
    return _with_rows(-np.log(np.maximum(np.array(right, dtype=np.float64), 1e-12)).reshape(-1, 1))


ACCURACY = Metric(
    name="accuracy",
    summary="share of rows answered right",
    statistics=_mean_statistics,
    value=_share,
    paired_test="mcnemar",
)
BALANCED_ACCURACY = Metric(
    name="balanced-accuracy",
    summary="mean over classes of the share of their rows found",
    statistics=_counts,
    value=_balanced_accuracy,
)
MACRO_F1 = Metric(
    name="macro-f1",
    summary="mean over classes of F1, every class counting the same",
    statistics=_counts,
    value=_macro_f1,
)
WEIGHTED_F1 = Metric(
    name="weighted-f1", summary="mean over classes of F1, weighted by rows", statistics=_counts, value=_weighted_f1
)
CALIBRATION_ERROR = Metric(
    name="calibration-error",
    summary=f"mean gap between confidence and accuracy over {CALIBRATION_BINS} bins (Guo et al. 2017)",
    statistics=_calibration,
    value=_expected_calibration_error,
    higher_is_better=False,
)


LOG_LOSS = Metric(
    name="log-loss",
    summary="mean negative logarithm of the probability given to the right class",
    statistics=_log_losses,
    value=_share,
    higher_is_better=False,
    share=False,
)


def usual_metric(targets: Targets, unequal: Metric) -> str:
    """Accuracy; or another metric, where one class is so common that always answering it would look good."""
    share = max(targets.counts) / sum(targets.counts)
    return ACCURACY.name if share <= _MOSTLY_ONE_CLASS else unequal.name


def class_scores(truths: Sequence[Json], predictions: Sequence[Prediction], targets: Targets) -> list[dict[str, Json]]:
    """Precision, recall, F1 and number of true rows of every class, in the order of `targets.labels`."""
    sums = _counts(truths, predictions, targets).sum(0)
    hits, true, predicted = _split(sums)
    f1 = _f1_by_label(sums)
    return [
        {
            "label": label,
            "precision": float(hits[i] / predicted[i]) if predicted[i] else None,
            "recall": float(hits[i] / true[i]) if true[i] else None,
            "f1": float(f1[i]),
            "rows": int(true[i]),
        }
        for i, label in enumerate(targets.labels)
    ]


def reliability(truths: Sequence[Json], predictions: Sequence[Prediction], targets: Targets) -> list[dict[str, float]]:
    """Mean confidence and accuracy of every confidence bin that has rows."""
    confidence, right, rows = _split(_calibration(truths, predictions, targets).sum(0))
    return [
        {"confidence": float(confidence[i] / rows[i]), "accuracy": float(right[i] / rows[i]), "rows": int(rows[i])}
        for i in range(CALIBRATION_BINS)
        if rows[i]
    ]
