"""`text-classification`: one label for a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burnish.baselines.linear_probe import LINEAR_PROBE
from burnish.baselines.majority import MAJORITY
from burnish.baselines.nearest_neighbours import NEAREST_NEIGHBOURS
from burnish.baselines.tfidf_linear import tfidf_linear
from burnish.baselines.zero_shot import label_words, zero_shot
from burnish.contracts import (
    Batch,
    Column,
    Example,
    Json,
    LoadedModel,
    OnnxForm,
    Prediction,
    Row,
    Rows,
    Targets,
    Task,
)
from burnish.data.labels import examine_labels, label_targets
from burnish.data.profile import cell_text
from burnish.finding import Finding
from burnish.metrics.classification import (
    ACCURACY,
    BALANCED_ACCURACY,
    CALIBRATION_ERROR,
    LOG_LOSS,
    MACRO_F1,
    WEIGHTED_F1,
    usual_metric,
)
from burnish.models import text_input
from burnish.panels import classification_panels
from burnish.predictions import label_predictions, softmax

if TYPE_CHECKING:
    import numpy as np
    import torch


def _read_row(raw: Row) -> Row | str:
    text = cell_text(raw["text"])
    if not text:
        return "the text is empty"
    if "label" not in raw:
        return {"text": text}
    label = cell_text(raw["label"])
    return {"text": text, "label": label} if label else "the label is empty"


def _examine(rows: Rows) -> list[Finding]:
    return examine_labels([row["label"] for row in rows])


def _truths(rows: Rows) -> list[Json]:
    return [row["label"] for row in rows]


def _strata(rows: Rows) -> list[str]:
    return [row["label"] for row in rows]


def _targets(rows: Rows, descriptions: Mapping[str, str]) -> Targets:
    return label_targets([row["label"] for row in rows], descriptions)


def _label_rows(targets: Targets) -> list[Row]:
    """`card_arrival` is a text of the class card_arrival, too: with few rows a class, that is worth several rows."""
    return [
        {"row": f"name of {label!r}", "text": label_words(label, targets), "label": label} for label in targets.labels
    ]


def _load(folder: Path, targets: Targets, longest: int) -> LoadedModel:
    from burnish.models.text_encoder import load_text_encoder

    return load_text_encoder(folder, max(1, len(targets.labels)), longest)


def _restore(folder: Path, targets: Targets, longest: int) -> LoadedModel:
    from burnish.models.text_encoder import restore_text_encoder

    return restore_text_encoder(folder, len(targets.labels), longest)


def _encode(model: LoadedModel, rows: Rows, targets: Targets) -> list[Example]:
    from burnish.models.text_batches import encode_texts

    position = {label: index for index, label in enumerate(targets.labels)}
    return encode_texts(model, rows, [position.get(row.get("label", ""), -1) for row in rows])


def _loss(outputs: Any, batch: Batch, label_smoothing: float) -> tuple[torch.Tensor, torch.Tensor]:
    from burnish.training.losses import class_losses

    return class_losses(outputs, batch, label_smoothing)


def _logits(model: LoadedModel, rows: Rows, targets: Targets) -> np.ndarray:
    from burnish.training.forward import forward_rows

    return forward_rows(model, _encode(model, rows, targets), text_input.collate)


def _predict(model: LoadedModel, rows: Rows, targets: Targets) -> list[Prediction]:
    return label_predictions(softmax(_logits(model, rows, targets)), targets) if rows else []


def _calibrate(model: LoadedModel, rows: Rows, targets: Targets) -> dict[str, float]:
    from burnish.metrics.classification import label_indices
    from burnish.training.calibration import calibrate_head

    truths = label_indices([row["label"] for row in rows], targets)
    return calibrate_head(model, _logits(model, rows, targets), truths)


def _default_metric(targets: Targets) -> str:
    return usual_metric(targets, MACRO_F1)


def _panels(rows: Rows, predictions: Sequence[Prediction], targets: Targets) -> list[dict[str, Json]]:
    return classification_panels([row["text"] for row in rows], [row["label"] for row in rows], predictions, targets)


def _usage(model: LoadedModel, folder: str) -> str:
    from burnish.models.text_encoder_usage import text_encoder_usage

    return text_encoder_usage(model, folder)


TASK = Task(
    name="text-classification",
    summary="one label for a text: sentiment, topic, intent, clause type",
    columns=(
        Column(
            role="text",
            summary="the text to read",
            usual_names=(
                "text",
                "sentence",
                "review",
                "content",
                "body",
                "message",
                "comment",
                "question",
                "utterance",
            ),
        ),
        Column(
            role="label",
            summary="the label to predict",
            target=True,
            kind="label",
            usual_names=("label", "sentiment", "category", "class", "intent", "topic", "target"),
        ),
    ),
    read_row=_read_row,
    examine=_examine,
    truths=_truths,
    strata=_strata,
    targets=_targets,
    label_rows=_label_rows,
    load=_load,
    save=text_input.save,
    restore=_restore,
    lengths=text_input.lengths,
    encode=_encode,
    collate=text_input.collate,
    loss=_loss,
    predict=_predict,
    calibrate=_calibrate,
    metrics=(ACCURACY, BALANCED_ACCURACY, MACRO_F1, WEIGHTED_F1, CALIBRATION_ERROR),
    default_metric=_default_metric,
    validation_loss=LOG_LOSS,
    baselines=(MAJORITY, zero_shot("text"), tfidf_linear("text"), NEAREST_NEIGHBOURS, LINEAR_PROBE),
    start=LINEAR_PROBE.name,
    panels=_panels,
    onnx=OnnxForm(
        inputs=text_input.ONNX_INPUTS,
        output="logits",
    ),
    usage=_usage,
    language=text_input.language,
)
