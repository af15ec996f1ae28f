"""`text-classification`: one label for a text."""

from __future__ import annotations

from collections import Counter
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
from burnish.data.labels import examine_labels
from burnish.data.profile import cell_text
from burnish.finding import Finding
from burnish.metrics.classification import (
    ACCURACY,
    BALANCED_ACCURACY,
    CALIBRATION_ERROR,
    LOG_LOSS,
    MACRO_F1,
    WEIGHTED_F1,
)
from burnish.panels import classification_panels
from burnish.predictions import label_predictions, softmax

if TYPE_CHECKING:
    import numpy as np
    import torch

    from burnish.language_model import LanguageModel

_MOSTLY_ONE_CLASS = 2 / 3


def _read_row(raw: Row) -> Row | str:
    text, label = cell_text(raw["text"]), cell_text(raw.get("label"))
    if not text:
        return "the text is empty"
    return {"text": text, "label": label} if label else "the label is empty"


def _examine(rows: Rows) -> list[Finding]:
    return examine_labels([row["label"] for row in rows])


def _truths(rows: Rows) -> list[Json]:
    return [row["label"] for row in rows]


def _strata(rows: Rows) -> list[str]:
    return [row["label"] for row in rows]


def _targets(rows: Rows, descriptions: Mapping[str, str]) -> Targets:
    counts = Counter(row["label"] for row in rows)
    labels = tuple(sorted(counts))
    return Targets(labels=labels, counts=tuple(counts[label] for label in labels), descriptions=dict(descriptions))


def _label_rows(targets: Targets) -> list[Row]:
    """`card_arrival` is a text of the class card_arrival, too: with few rows a class, that is worth several rows."""
    return [
        {"row": f"name of {label!r}", "text": label_words(label, targets), "label": label} for label in targets.labels
    ]


def _load(folder: Path, targets: Targets, longest: int) -> LoadedModel:
    from burnish.models.text_encoder import load_text_encoder

    return load_text_encoder(folder, max(1, len(targets.labels)), longest)


def _save(model: LoadedModel, folder: Path) -> None:
    from burnish.models.text_encoder import save_text_encoder

    save_text_encoder(model, folder)


def _restore(folder: Path, targets: Targets, longest: int) -> LoadedModel:
    from burnish.models.text_encoder import restore_text_encoder

    return restore_text_encoder(folder, len(targets.labels), longest)


def _lengths(model: LoadedModel, rows: Rows) -> list[int]:
    encoded = model.processor([row["text"] for row in rows], truncation=False, verbose=False)
    return [len(ids) for ids in encoded["input_ids"]]


def _encode(model: LoadedModel, rows: Rows, targets: Targets) -> list[Example]:
    position = {label: index for index, label in enumerate(targets.labels)}
    encoded = model.processor([row["text"] for row in rows], truncation=True, max_length=model.longest)
    return [
        {
            "row": row.get("row", number),
            "length": len(ids),
            "input_ids": ids,
            "targets": position.get(row.get("label", ""), -1),
        }
        for number, (row, ids) in enumerate(zip(rows, encoded["input_ids"], strict=True))
    ]


def _collate(model: LoadedModel, examples: Sequence[Example]) -> Batch:
    import torch

    longest = max(example["length"] for example in examples)
    padding = model.processor.pad_token_id
    ids = [example["input_ids"] + [padding] * (longest - example["length"]) for example in examples]
    lengths = torch.tensor([example["length"] for example in examples])
    return {
        "input_ids": torch.tensor(ids),
        "attention_mask": (torch.arange(longest) < lengths.unsqueeze(1)).long(),
        "targets": torch.tensor([example["targets"] for example in examples]),
    }


def _loss(outputs: Any, batch: Batch, label_smoothing: float) -> tuple[torch.Tensor, torch.Tensor]:
    import torch
    from torch.nn import functional

    targets = batch["targets"].to(outputs.device)
    losses = functional.cross_entropy(outputs.float(), targets, reduction="none", label_smoothing=label_smoothing)
    return losses, torch.ones_like(losses)


def _logits(model: LoadedModel, rows: Rows, targets: Targets) -> np.ndarray:
    from burnish.training.forward import forward_rows

    return forward_rows(model, _encode(model, rows, targets), _collate)


def _predict(model: LoadedModel, rows: Rows, targets: Targets) -> list[Prediction]:
    return label_predictions(softmax(_logits(model, rows, targets)), targets) if rows else []


def _calibrate(model: LoadedModel, rows: Rows, targets: Targets) -> dict[str, float]:
    from burnish.metrics.classification import label_indices
    from burnish.training.calibration import calibrate_head

    truths = label_indices([row["label"] for row in rows], targets)
    return calibrate_head(model, _logits(model, rows, targets), truths)


def _default_metric(targets: Targets) -> str:
    """Accuracy, unless one class is so common that always answering it would look good."""
    share = max(targets.counts) / sum(targets.counts)
    return ACCURACY.name if share <= _MOSTLY_ONE_CLASS else MACRO_F1.name


def _panels(rows: Rows, predictions: Sequence[Prediction], targets: Targets) -> list[dict[str, Json]]:
    return classification_panels([row["text"] for row in rows], [row["label"] for row in rows], predictions, targets)


def _usage(model: LoadedModel, folder: str) -> str:
    from burnish.models.text_encoder_usage import text_encoder_usage

    return text_encoder_usage(model, folder)


def _language(folder: Path, longest: int) -> LanguageModel:
    from burnish.models.masked_language import open_masked_language

    return open_masked_language(folder, longest, "text")


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
    save=_save,
    restore=_restore,
    lengths=_lengths,
    encode=_encode,
    collate=_collate,
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
        inputs={"input_ids": ("rows", "tokens"), "attention_mask": ("rows", "tokens")},
        output="logits",
    ),
    usage=_usage,
    language=_language,
)
