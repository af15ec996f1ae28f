"""`image-classification`: one label for a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burnish.baselines.colour_histogram import colour_histogram
from burnish.baselines.linear_probe import BALANCED_PROBE, LINEAR_PROBE
from burnish.baselines.majority import MAJORITY
from burnish.baselines.nearest_neighbours import NEAREST_NEIGHBOURS
from burnish.baselines.own_labels import OWN_LABELS
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
from burnish.data.rows import ROW
from burnish.finding import Finding
from burnish.image_panels import class_panels, error_panels
from burnish.metrics.classification import (
    ACCURACY,
    BALANCED_ACCURACY,
    CALIBRATION_ERROR,
    LOG_LOSS,
    MACRO_F1,
    usual_metric,
)
from burnish.metrics.ranking import AUC
from burnish.panels import classification_panels
from burnish.picture_files import picture_trouble
from burnish.predictions import label_predictions, softmax

if TYPE_CHECKING:
    import numpy as np
    import torch


def _read_row(raw: Row) -> Row | str:
    image = raw["image"]
    if isinstance(image, str | None):
        image = cell_text(image)
        if not image:
            return "there is no image"
    if trouble := picture_trouble(image):
        return f"the image {trouble}"
    if "label" not in raw:
        return {"image": image}
    label = cell_text(raw["label"])
    return {"image": image, "label": label} if label else "the label is empty"


def _examine(rows: Rows) -> list[Finding]:
    return examine_labels(_labels(rows))


def _labels(rows: Rows) -> list[str]:
    return [row["label"] for row in rows]


def _truths(rows: Rows) -> list[Json]:
    return list(_labels(rows))


def _targets(rows: Rows, descriptions: Mapping[str, str]) -> Targets:
    return label_targets(_labels(rows), descriptions)


def _label_rows(_targets: Targets) -> list[Row]:
    return []


def _load(folder: Path, targets: Targets, longest: int) -> LoadedModel:
    from burnish.models.image_encoder import load_image_encoder

    return load_image_encoder(folder, max(1, len(targets.labels)), longest)


def _save(model: LoadedModel, folder: Path) -> None:
    from burnish.models.image_encoder import save_image_encoder

    save_image_encoder(model, folder)


def _restore(folder: Path, targets: Targets, longest: int) -> LoadedModel:
    from burnish.models.image_encoder import restore_image_encoder

    return restore_image_encoder(folder, len(targets.labels), longest)


def _lengths(model: LoadedModel, rows: Rows) -> list[int]:
    """Every picture is brought to the same size, so nothing is ever cut off."""
    return [model.longest] * len(rows)


def _encode(model: LoadedModel, rows: Rows, targets: Targets) -> list[Example]:
    """Pictures are read when a batch is made: all of them would not fit into memory."""
    position = {label: index for index, label in enumerate(targets.labels)}
    return [
        {
            "row": row.get(ROW, number),
            "length": model.longest,
            "source": row["image"],
            "keep": ROW in row,  # rows of data are read again and again; what is only asked once is not kept
            "targets": position.get(row.get("label", ""), -1),
        }
        for number, row in enumerate(rows)
    ]


def _collate(model: LoadedModel, examples: Sequence[Example]) -> Batch:
    import torch

    return {
        "pixel_values": model.processor.pixels(
            [example["source"] for example in examples], keep=all(example["keep"] for example in examples)
        ),
        "targets": torch.tensor([example["targets"] for example in examples]),
    }


def _loss(outputs: Any, batch: Batch, label_smoothing: float) -> tuple[torch.Tensor, torch.Tensor]:
    from burnish.training.losses import class_losses

    return class_losses(outputs, batch, label_smoothing)


def _logits(model: LoadedModel, rows: Rows, targets: Targets) -> np.ndarray:
    from burnish.training.forward import forward_rows

    return forward_rows(model, _encode(model, rows, targets), _collate)


def _predict(model: LoadedModel, rows: Rows, targets: Targets) -> list[Prediction]:
    return label_predictions(softmax(_logits(model, rows, targets)), targets) if rows else []


def _calibrate(model: LoadedModel, rows: Rows, targets: Targets) -> dict[str, float]:
    from burnish.metrics.classification import label_indices
    from burnish.training.calibration import calibrate_head

    return calibrate_head(model, _logits(model, rows, targets), label_indices(_labels(rows), targets))


def _default_metric(targets: Targets) -> str:
    return usual_metric(targets, BALANCED_ACCURACY)


def _panels(rows: Rows, predictions: Sequence[Prediction], targets: Targets) -> list[dict[str, Json]]:
    names, truths = [Path(str(row["image"])).name for row in rows], _labels(rows)
    told = [p for p in classification_panels(names, truths, predictions, targets) if p["kind"] != "errors"]
    return [*told, *class_panels([row["image"] for row in rows], truths, predictions, targets)]


def _explain(
    model: LoadedModel, rows: Rows, predictions: Sequence[Prediction], targets: Targets
) -> list[dict[str, Json]]:
    return error_panels(model, [row["image"] for row in rows], _labels(rows), predictions, targets)


def _usage(model: LoadedModel, folder: str) -> str:
    from burnish.models.image_encoder_usage import image_encoder_usage

    return image_encoder_usage(model, folder)


TASK = Task(
    name="image-classification",
    summary="one label for a picture: a defect, a species, a kind of document",
    columns=(
        Column(
            role="image",
            summary="the picture's file",
            kind="image",
            usual_names=("image", "picture", "photo", "file", "filename", "file_name", "path", "image_path"),
        ),
        Column(
            role="label",
            summary="the label to predict",
            target=True,
            kind="label",
            usual_names=("label", "category", "class", "species", "kind", "target"),
        ),
    ),
    read_row=_read_row,
    examine=_examine,
    truths=_truths,
    strata=_labels,
    targets=_targets,
    label_rows=_label_rows,
    load=_load,
    save=_save,
    restore=_restore,
    lengths=_lengths,
    encode=_encode,
    collate=_collate,
    loss=_loss,
    predict=_predict,
    calibrate=_calibrate,
    metrics=(ACCURACY, BALANCED_ACCURACY, MACRO_F1, AUC, CALIBRATION_ERROR),
    default_metric=_default_metric,
    validation_loss=LOG_LOSS,
    baselines=(MAJORITY, OWN_LABELS, colour_histogram("image"), NEAREST_NEIGHBOURS, LINEAR_PROBE, BALANCED_PROBE),
    start=BALANCED_PROBE.name,
    panels=_panels,
    explain=_explain,
    onnx=OnnxForm(inputs={"pixel_values": ("rows",)}, output="logits"),
    usage=_usage,
)
