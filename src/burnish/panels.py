"""Pieces of a report as plain data: a task says what to show, the report decides how it looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from burnish.contracts import Json, Prediction, Targets
from burnish.metrics.classification import class_scores, confusion_counts, reliability

_LARGEST_MATRIX = 20
_ERRORS_SHOWN = 15
_CONFUSIONS_SHOWN = 20


def table_panel(
    title: str, caption: str, columns: Sequence[str], rows: Sequence[Sequence[Json]], shares: Sequence[int] = ()
) -> dict[str, Json]:
    """A table; `shares` are the columns whose numbers in [0, 1] get a bar."""
    return {
        "kind": "table",
        "title": title,
        "caption": caption,
        "columns": list(columns),
        "rows": [list(row) for row in rows],
        "shares": list(shares),
    }


def classification_panels(
    inputs: Sequence[str], truths: Sequence[str], predictions: Sequence[Prediction], targets: Targets
) -> list[dict[str, Json]]:
    """Confusion matrix, scores per class, reliability and the most confident errors of a classifier.

    Args:
        inputs: What each row says, for people to read.
        truths: True labels.
        predictions: The specialist's.
        targets: Gives the labels.
    """
    panels = [
        _confusions(truths, predictions, targets),
        _per_class(truths, predictions, targets),
        {
            "kind": "reliability",
            "title": "Does its confidence mean anything?",
            "caption": "Each dot is a group of test rows with similar confidence. On the diagonal, 80% sure means "
            "right 80% of the time; below it, the specialist is too sure of itself.",
            "bins": reliability(truths, predictions, targets),
        },
        _errors(inputs, truths, predictions),
    ]
    return [panel for panel in panels if panel]


def _confusions(truths: Sequence[str], predictions: Sequence[Prediction], targets: Targets) -> dict[str, Json]:
    if len(targets.labels) <= _LARGEST_MATRIX:
        return {
            "kind": "matrix",
            "title": "What is taken for what",
            "caption": "Test rows by their true label (down) and the specialist's answer (across). "
            "The diagonal is right.",
            "labels": list(targets.labels),
            "counts": confusion_counts(truths, predictions, targets).tolist(),
        }
    wrong = Counter(
        (truth, prediction.value)
        for truth, prediction in zip(truths, predictions, strict=True)
        if truth != prediction.value
    )
    return table_panel(
        "What is taken for what",
        f"The most frequent confusions among the {len(targets.labels)} labels.",
        ("true label", "answer", "test rows"),
        [(truth, answer, count) for (truth, answer), count in wrong.most_common(_CONFUSIONS_SHOWN)],
    )


def _per_class(truths: Sequence[str], predictions: Sequence[Prediction], targets: Targets) -> dict[str, Json]:
    scores = sorted(class_scores(truths, predictions, targets), key=lambda score: score["f1"])
    return table_panel(
        "Class by class",
        "Precision: of the rows given this label, the share that is right. Recall: of the rows that have this "
        "label, the share that is found. Weakest first.",
        ("label", "precision", "recall", "F1", "test rows"),
        [(s["label"], s["precision"], s["recall"], s["f1"], s["rows"]) for s in scores],
        shares=(1, 2, 3),
    )


def _errors(inputs: Sequence[str], truths: Sequence[str], predictions: Sequence[Prediction]) -> dict[str, Json] | None:
    wrong = [
        (prediction.confidence, text, truth, prediction.value)
        for text, truth, prediction in zip(inputs, truths, predictions, strict=True)
        if truth != prediction.value
    ]
    if not wrong:
        return None
    wrong.sort(key=lambda error: -error[0])
    return {
        "kind": "errors",
        "title": "Its most confident errors",
        "caption": f"{len(wrong)} of {len(truths)} test rows are answered wrong. These are the ones it was surest "
        "of: some will be hard, and some will be mistakes in the data.",
        "errors": [
            {"input": text, "truth": truth, "answer": answer, "confidence": confidence}
            for confidence, text, truth, answer in wrong[:_ERRORS_SHOWN]
        ],
    }
