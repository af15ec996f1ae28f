"""Scores of spans, each as sums over rows (see `contracts.Metric`): a span is right if start, end and kind are.

As seqeval counts them: over all rows together, so that every span counts the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from burnish.contracts import Json, Metric, Prediction, Targets

if TYPE_CHECKING:
    from burnish.contracts import FloatArray

_LEAST = 1e-4  # a probability that was said to be 0 counts as this


def span_counts(truths: Sequence[Json], predictions: Sequence[Prediction], targets: Targets) -> FloatArray:
    """(rows, 3 x kinds): spans that are right, true spans and predicted spans of every kind.

    The kinds are the targets' labels, and last all that training never saw: leaving them out would hide them.
    """
    kinds = len(targets.labels) + 1
    position = {label: index for index, label in enumerate(targets.labels)}
    statistics = np.zeros((len(truths), 3, kinds))
    for row, (truth, prediction) in enumerate(zip(truths, predictions, strict=True)):
        true, predicted = set(map(_key, truth)), set(map(_key, prediction.value))
        for part, spans in enumerate((true & predicted, true, predicted)):
            for *_, label in spans:
                statistics[row, part, position.get(label, kinds - 1)] += 1
    return statistics.reshape(len(truths), 3 * kinds)


def _key(span: Mapping[str, Any]) -> tuple[int, int, str]:
    return (span["start"], span["end"], span["label"])


def _parts(sums: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    size = sums.shape[-1] // 3
    return sums[..., :size], sums[..., size : 2 * size], sums[..., 2 * size :]


def _f1(sums: FloatArray) -> FloatArray:
    """2 x right / (true + predicted); where there is nothing to find and nothing was found, all is right."""
    right, true, predicted = (part.sum(-1) for part in _parts(sums))
    return _share(2 * right, true + predicted)


def _precision(sums: FloatArray) -> FloatArray:
    right, _, predicted = (part.sum(-1) for part in _parts(sums))
    return _share(right, predicted)


def _recall(sums: FloatArray) -> FloatArray:
    right, true, _ = (part.sum(-1) for part in _parts(sums))
    return _share(right, true)


def _macro_f1(sums: FloatArray) -> FloatArray:
    """Mean F1 over kinds that stand in the truth or the predictions."""
    right, true, predicted = _parts(sums)
    present = (true + predicted) > 0
    each = 2 * right / np.maximum(true + predicted, 1)
    return _share(each.sum(-1), present.sum(-1))


def _share(part: FloatArray, whole: FloatArray) -> FloatArray:
    return np.asarray(np.where(whole > 0, part / np.maximum(whole, 1), 1.0))


def _rows_right(truths: Sequence[Json], predictions: Sequence[Prediction], _targets: Targets) -> FloatArray:
    right = [
        set(map(_key, truth)) == set(map(_key, prediction.value))
        for truth, prediction in zip(truths, predictions, strict=True)
    ]
    return np.stack([np.array(right, dtype=np.float64), np.ones(len(right))], axis=1)


def _rows_share(sums: FloatArray) -> FloatArray:
    return np.asarray(sums[..., 0] / np.maximum(sums[..., 1], 1))


def _losses(truths: Sequence[Json], predictions: Sequence[Prediction], _targets: Targets) -> FloatArray:
    """(rows, 2): the negative logarithms of the probabilities given to what is true, and how many those are."""
    statistics = np.zeros((len(truths), 2))
    for row, (truth, prediction) in enumerate(zip(truths, predictions, strict=True)):
        true, predicted = set(map(_key, truth)), set(map(_key, prediction.value))
        scores = {span: prediction.scores.get(f"{span[0]}-{span[1]} {span[2]}", 0.0) for span in predicted}
        right = [scores[span] if span in predicted else 0.0 for span in sorted(true)]
        right += [1 - scores[span] for span in sorted(predicted - true)]
        statistics[row] = -np.log(np.clip(right, _LEAST, 1.0)).sum(), len(right)
    return statistics


SPAN_F1 = Metric(
    name="span-f1",
    summary="harmonic mean of precision and recall of whole spans, all kinds together",
    statistics=span_counts,
    value=_f1,
)
SPAN_PRECISION = Metric(
    name="span-precision",
    summary="share of the spans found that are right in start, end and kind",
    statistics=span_counts,
    value=_precision,
)
SPAN_RECALL = Metric(
    name="span-recall", summary="share of the true spans that are found", statistics=span_counts, value=_recall
)
SPAN_MACRO_F1 = Metric(
    name="span-macro-f1",
    summary="mean over kinds of span-f1, every kind counting the same",
    statistics=span_counts,
    value=_macro_f1,
)
ROWS_RIGHT = Metric(
    name="rows-right",
    summary="share of rows whose spans are all right, and no other found",
    statistics=_rows_right,
    value=_rows_share,
    paired_test="mcnemar",
)
SPAN_LOG_LOSS = Metric(
    name="span-log-loss",
    summary="mean negative logarithm of the probability that was given to what is true of a span",
    statistics=_losses,
    value=_rows_share,
    higher_is_better=False,
    share=False,
)


def one_kind(label: str) -> Metric:
    """Span-f1 of one kind of span alone."""

    def statistics(truths: Sequence[Json], predictions: Sequence[Prediction], _targets: Targets) -> FloatArray:
        own = [[span for span in truth if span["label"] == label] for truth in truths]
        answered = [
            Prediction(value=[span for span in p.value if span["label"] == label], confidence=p.confidence)
            for p in predictions
        ]
        return span_counts(own, answered, Targets(labels=(label,)))

    return Metric(name=f"span-f1 of {label}", summary=f"span-f1 of {label} alone", statistics=statistics, value=_f1)


def kind_scores(truths: Sequence[Json], predictions: Sequence[Prediction], targets: Targets) -> list[dict[str, Json]]:
    """Precision, recall, F1 and number of true spans of every kind, in the order of `targets.labels`."""
    right, true, predicted = _parts(span_counts(truths, predictions, targets).sum(0))
    return [
        {
            "label": label,
            "precision": float(right[i] / predicted[i]) if predicted[i] else None,
            "recall": float(right[i] / true[i]) if true[i] else None,
            "f1": float(2 * right[i] / (true[i] + predicted[i])) if true[i] + predicted[i] else None,
            "spans": int(true[i]),
        }
        for i, label in enumerate(targets.labels)
    ]
