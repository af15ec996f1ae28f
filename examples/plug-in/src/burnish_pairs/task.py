"""`text-pair-classification`: one label for two texts, such as a question and an answer, or a claim and its source.

What it shares with `text-classification` (the loss, the head, how rows are put into batches) it takes from there; what
reads rows and speaks to the tokenizer is its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from burnish.baselines.linear_probe import LINEAR_PROBE
from burnish.baselines.majority import MAJORITY
from burnish.baselines.nearest_neighbours import NEAREST_NEIGHBOURS
from burnish.contracts import Column, Example, Json, LoadedModel, Prediction, Row, Rows, Targets
from burnish.data.profile import cell_text
from burnish.panels import classification_panels
from burnish.predictions import label_predictions, softmax
from burnish.tasks.text_classification import TASK as TEXT_CLASSIFICATION
from burnish_pairs.baseline import CLASS_MEANS
from burnish_pairs.metric import KAPPA

if TYPE_CHECKING:
    import numpy as np


def _read_row(raw: Row) -> Row | str:
    row = {role: cell_text(raw[role]) for role in ("text", "second", "label") if role in raw}
    for role, name in (("text", "first text"), ("second", "second text"), ("label", "label")):
        if role in row and not row[role]:
            return f"the {name} is empty"
    return row


def _tokens(model: LoadedModel, rows: Rows, **options: Any) -> list[list[int]]:
    encoded = model.processor([row["text"] for row in rows], [row["second"] for row in rows], **options)
    ids: list[list[int]] = encoded["input_ids"]
    return ids


def _lengths(model: LoadedModel, rows: Rows) -> list[int]:
    return [len(ids) for ids in _tokens(model, rows, truncation=False, verbose=False)]


def _encode(model: LoadedModel, rows: Rows, targets: Targets) -> list[Example]:
    position = {label: index for index, label in enumerate(targets.labels)}
    tokens = _tokens(model, rows, truncation=True, max_length=model.longest)  # the longer text is cut first
    return [
        {
            "row": row.get("row", number),
            "length": len(ids),
            "input_ids": ids,
            "targets": position.get(row.get("label", ""), -1),
        }
        for number, (row, ids) in enumerate(zip(rows, tokens, strict=True))
    ]


def _logits(model: LoadedModel, rows: Rows, targets: Targets) -> np.ndarray:
    from burnish.training.forward import forward_rows

    return forward_rows(model, _encode(model, rows, targets), TEXT_CLASSIFICATION.collate)


def _predict(model: LoadedModel, rows: Rows, targets: Targets) -> list[Prediction]:
    return label_predictions(softmax(_logits(model, rows, targets)), targets) if rows else []


def _calibrate(model: LoadedModel, rows: Rows, targets: Targets) -> dict[str, float]:
    """Fit a temperature on validation rows and fold it into the head."""
    import torch

    from burnish.metrics.classification import label_indices
    from burnish.metrics.temperature import fit_temperature

    truths = label_indices([row["label"] for row in rows], targets)
    known = truths >= 0
    temperature = fit_temperature(_logits(model, rows, targets)[known].astype("float64"), truths[known])
    head: Any = model.network.get_submodule(model.head)
    with torch.no_grad():
        head.weight.div_(temperature)
        head.bias.div_(temperature)
    return {"temperature": temperature}


def _panels(rows: Rows, predictions: Sequence[Prediction], targets: Targets) -> list[dict[str, Json]]:
    inputs = [f"{row['text']} / {row['second']}" for row in rows]
    return classification_panels(inputs, [row["label"] for row in rows], predictions, targets)


def _label_rows(_targets: Targets) -> list[Row]:
    """A label's name is no pair of texts."""
    return []


def _usage(model: LoadedModel, folder: str) -> str:
    """The lines for single texts, with pairs in their place."""
    lines = TEXT_CLASSIFICATION.usage(model, folder)
    texts = 'texts = ["It does exactly what I hoped for.", "It broke after two days."]'
    pairs = 'texts = [["Is it in stock?", "Yes, it is."], ["Is it in stock?", "It is blue."]]'
    return lines.replace(texts, pairs)


TASK = replace(
    TEXT_CLASSIFICATION,
    name="text-pair-classification",
    summary="one label for two texts: does the answer fit, does the source support the claim",
    columns=(
        Column(role="text", summary="the first text", usual_names=("text", "premise", "question1", "sentence1")),
        Column(role="second", summary="the second text", usual_names=("hypothesis", "question2", "sentence2")),
        Column(role="label", summary="the label to predict", target=True, usual_names=("label", "gold_label")),
    ),
    read_row=_read_row,
    label_rows=_label_rows,
    lengths=_lengths,
    encode=_encode,
    predict=_predict,
    calibrate=_calibrate,
    metrics=(*TEXT_CLASSIFICATION.metrics, KAPPA),
    baselines=(MAJORITY, NEAREST_NEIGHBOURS, CLASS_MEANS, LINEAR_PROBE),
    panels=_panels,
    usage=_usage,
)
