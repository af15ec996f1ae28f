"""`text-regression`: a number from a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burnish.baselines.mean_number import MEAN_NUMBER
from burnish.baselines.ridge_probe import RIDGE_PROBE
from burnish.baselines.tfidf_ridge import tfidf_ridge
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
from burnish.data.numbers import examine_numbers, number_statistics, number_strata, read_number
from burnish.data.profile import cell_text
from burnish.finding import Finding
from burnish.metrics.regression import MAE, R2, RMSE, SPEARMAN, STANDARDISED_ERROR
from burnish.models import text_input
from burnish.number_panels import number_panels
from burnish.number_predictions import number_predictions, standardised

if TYPE_CHECKING:
    import numpy as np
    import torch


OUTPUTS = 2  # the standardised number, and half the width of its interval


def _read_row(raw: Row) -> Row | str:
    text = cell_text(raw["text"])
    if not text:
        return "the text is empty"
    if "label" not in raw:
        return {"text": text}
    if not cell_text(raw["label"]):
        return "the number is missing"
    number = read_number(raw["label"])
    return "the label is not a number" if number is None else {"text": text, "label": number}


def _examine(rows: Rows) -> list[Finding]:
    return examine_numbers(_numbers(rows))


def _numbers(rows: Rows) -> list[float]:
    return [row["label"] for row in rows]


def _truths(rows: Rows) -> list[Json]:
    return list(_numbers(rows))


def _strata(rows: Rows) -> list[str]:
    return number_strata(_numbers(rows))


def _targets(rows: Rows, descriptions: Mapping[str, str]) -> Targets:
    return Targets(statistics=number_statistics(_numbers(rows)), descriptions=dict(descriptions))


def _label_rows(_targets: Targets) -> list[Row]:
    return []


def _load(folder: Path, _targets: Targets, longest: int) -> LoadedModel:
    from burnish.models.text_encoder import load_text_encoder

    return load_text_encoder(folder, OUTPUTS, longest)


def _restore(folder: Path, _targets: Targets, longest: int) -> LoadedModel:
    from burnish.models.text_encoder import restore_text_encoder

    return restore_text_encoder(folder, OUTPUTS, longest)


def _encode(model: LoadedModel, rows: Rows, targets: Targets) -> list[Example]:
    from burnish.models.text_batches import encode_texts

    unknown = targets.statistics.get("mean", 0.0)
    wanted = standardised([row.get("label", unknown) for row in rows], targets)
    return encode_texts(model, rows, wanted.tolist())


def _loss(outputs: Any, batch: Batch, _label_smoothing: float) -> tuple[torch.Tensor, torch.Tensor]:
    import torch

    losses = (outputs[:, 0].float() - batch["targets"].to(outputs.device)) ** 2
    return losses, torch.ones_like(losses)


def _outputs(model: LoadedModel, rows: Rows, targets: Targets) -> np.ndarray:
    from burnish.training.forward import forward_rows

    return forward_rows(model, _encode(model, rows, targets), text_input.collate)


def _predict(model: LoadedModel, rows: Rows, targets: Targets) -> list[Prediction]:
    return number_predictions(_outputs(model, rows, targets), targets) if rows else []


def _calibrate(model: LoadedModel, rows: Rows, targets: Targets) -> dict[str, float]:
    from burnish.training.calibration import calibrate_half_width

    return calibrate_half_width(model, _outputs(model, rows, targets), standardised(_numbers(rows), targets))


def _default_metric(_targets: Targets) -> str:
    return RMSE.name


def _panels(rows: Rows, predictions: Sequence[Prediction], _targets: Targets) -> list[dict[str, Json]]:
    return number_panels([row["text"] for row in rows], _truths(rows), predictions)


def _usage(model: LoadedModel, folder: str) -> str:
    from burnish.models.text_encoder_usage import NUMBERS, text_encoder_usage

    return text_encoder_usage(model, folder, NUMBERS)


TASK = Task(
    name="text-regression",
    summary="a number for a text: a rating, a price, a degree of urgency",
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
                "description",
            ),
        ),
        Column(
            role="label",
            summary="the number to predict",
            target=True,
            kind="number",
            usual_names=("label", "rating", "score", "stars", "grade", "price", "value", "number", "target"),
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
    metrics=(RMSE, MAE, R2, SPEARMAN),
    default_metric=_default_metric,
    validation_loss=STANDARDISED_ERROR,
    baselines=(MEAN_NUMBER, tfidf_ridge("text"), RIDGE_PROBE),
    start=RIDGE_PROBE.name,
    panels=_panels,
    onnx=OnnxForm(
        inputs=text_input.ONNX_INPUTS,
        output="number_and_half_width",
    ),
    usage=_usage,
    language=text_input.language,
)
