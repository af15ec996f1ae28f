"""`token-classification`: labelled spans in a text, such as names, dates or the attributes of a product."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from burnish.baselines.crf import CRF
from burnish.baselines.gazetteer import GAZETTEER
from burnish.baselines.word_probe import WORD_PROBE, word_tags
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
from burnish.data.spans import examine_spans
from burnish.finding import Finding
from burnish.metrics.spans import ROWS_RIGHT, SPAN_F1, SPAN_LOG_LOSS, SPAN_MACRO_F1, SPAN_PRECISION, SPAN_RECALL
from burnish.models import text_input
from burnish.span_panels import span_panels
from burnish.spans.chain import count_scores
from burnish.spans.predictions import chain_predictions, chain_probabilities
from burnish.spans.reading import Span, Unreadable, as_dicts, of_dicts, read_spans, read_text
from burnish.spans.tags import tags_of_words
from burnish.spans.words import word_bounds

if TYPE_CHECKING:
    import torch


_NO_TARGET = -100
_SMALLEST = 1e-12
# The uppermost blocks of an encoder know more of the text than of its words: what they add costs time, and answers
_DEPTH = 2 / 3
_NO_SPAN = "no span"


def _read_row(raw: Row) -> Row | str:
    """A clean row holds its spans as JSON, in order, so that it is the same in every file format."""
    try:
        text, tokens = read_text(raw["text"])
        context, _ = read_text(raw["context"]) if _is_filled(raw.get("context")) else ("", None)
        row = {"text": text, "context": context}
        if "spans" not in raw:
            return row
        return {**row, "spans": json.dumps(as_dicts(read_spans(raw["spans"], text, tokens)), ensure_ascii=False)}
    except Unreadable as reason:
        return str(reason)


def _is_filled(cell: Any) -> bool:
    return cell is not None and not isinstance(cell, float) and bool(str(cell).strip()) and cell != []


def _spans(row: Row) -> list[Span]:
    return of_dicts(json.loads(row["spans"]))


def _examine(rows: Rows) -> list[Finding]:
    return examine_spans([row["text"] for row in rows], [_spans(row) for row in rows])


def _truths(rows: Rows) -> list[Json]:
    return [json.loads(row["spans"]) for row in rows]


def _strata(rows: Rows) -> list[str]:
    """The rarest kind of span in each row: so the rare ones are divided as evenly as the frequent ones."""
    kinds = [{span.label for span in _spans(row)} for row in rows]
    counts = Counter(label for found in kinds for label in found)
    return [min(found, key=lambda label: (counts[label], label), default=_NO_SPAN) for found in kinds]


def _label_sets(rows: Rows) -> list[frozenset[str]]:
    """All kinds of spans in each row, so that splitting divides each of them evenly."""
    return [frozenset(span.label for span in _spans(row)) or frozenset((_NO_SPAN,)) for row in rows]


def _targets(rows: Rows, descriptions: Mapping[str, str]) -> Targets:
    counts = Counter(span.label for row in rows for span in _spans(row))
    labels = tuple(sorted(counts))
    return Targets(labels=labels, counts=tuple(counts[label] for label in labels), descriptions=dict(descriptions))


def _label_rows(_targets: Targets) -> list[Row]:
    """A kind's name is no example of it."""
    return []


def _load(folder: Path, targets: Targets, longest: int) -> LoadedModel:
    from burnish.models.text_encoder import load_text_encoder

    return load_text_encoder(folder, count_scores(len(targets.labels)), longest, by_unit=True, depth=_DEPTH)


def _restore(folder: Path, targets: Targets, longest: int) -> LoadedModel:
    from burnish.models.text_encoder import restore_text_encoder

    return restore_text_encoder(folder, count_scores(len(targets.labels)), longest, by_unit=True)


def _contexts(rows: Rows) -> list[str]:
    return [row.get("context", "") for row in rows]


def _lengths(model: LoadedModel, rows: Rows) -> list[int]:
    from burnish.models.word_alignment import lengths

    return lengths(model.processor, [row["text"] for row in rows], _contexts(rows))


def _encode(model: LoadedModel, rows: Rows, targets: Targets) -> list[Example]:
    from burnish.models.word_alignment import windows

    found = windows(model.processor, [row["text"] for row in rows], _contexts(rows), model.longest) if rows else []
    examples = []
    for number, (row, parts) in enumerate(zip(rows, found, strict=True)):
        tags = tags_of_words(word_bounds(row["text"]), _spans(row), targets.labels) if "spans" in row else []
        examples += [
            {
                "row": row.get("row", number),
                "length": len(part.ids),
                "input_ids": part.ids,
                "words": part.owners,
                "units": part.units,
                "targets": tags[part.words.start : part.words.stop],
            }
            for part in parts
        ]
    return examples


def _collate(model: LoadedModel, examples: Sequence[Example]) -> Batch:
    import torch

    longest = max(example["length"] for example in examples)
    padding = model.processor.pad_token_id
    ids = [example["input_ids"] + [padding] * (longest - example["length"]) for example in examples]
    words = [example["words"] + [0] * (longest - example["length"]) for example in examples]
    lengths = torch.tensor([example["length"] for example in examples])
    targets = torch.full((len(examples), longest), _NO_TARGET)
    for line, example in enumerate(examples):
        # Backwards: of words that share a token, the first decides.
        for unit, tag in zip(reversed(example["units"]), reversed(example["targets"]), strict=False):
            targets[line, unit] = tag if tag >= 0 else _NO_TARGET
    return {
        "input_ids": torch.tensor(ids),
        "attention_mask": (torch.arange(longest) < lengths.unsqueeze(1)).long(),
        "words": torch.tensor(words),
        "targets": targets,
    }


def _loss(outputs: Any, batch: Batch, label_smoothing: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Every word counts the same, so longer rows count more."""
    from burnish.spans.chain import kinds_of, log_losses

    targets = batch["targets"].to(outputs.device)
    losses = log_losses(outputs.float(), targets, kinds_of(outputs.shape[-1]), label_smoothing)
    return losses, (targets != _NO_TARGET).sum(dim=1).to(losses.dtype)


def _logits(model: LoadedModel, rows: Rows, targets: Targets) -> np.ndarray:
    """Of the words of all rows in order, float32 (words, scores)."""
    from burnish.training.forward import forward_rows

    return forward_rows(model, _encode(model, rows, targets), _collate)


def _predict(model: LoadedModel, rows: Rows, targets: Targets) -> list[Prediction]:
    return chain_predictions(_logits(model, rows, targets), rows, targets) if rows else []


def _calibrate(model: LoadedModel, rows: Rows, targets: Targets) -> dict[str, float]:
    from burnish.training.calibration import calibrate_head

    probabilities = chain_probabilities(_logits(model, rows, targets), rows, targets)
    return calibrate_head(model, np.log(np.maximum(probabilities, _SMALLEST)), word_tags(rows, targets))


def _default_metric(_targets: Targets) -> str:
    return SPAN_F1.name


def _panels(rows: Rows, predictions: Sequence[Prediction], targets: Targets) -> list[dict[str, Json]]:
    return span_panels([row["text"] for row in rows], _contexts(rows), _truths(rows), predictions, targets)


def _usage(model: LoadedModel, folder: str) -> str:
    from burnish.models.text_encoder_usage import TAGS, text_encoder_usage

    return text_encoder_usage(model, folder, TAGS)


TASK = Task(
    name="token-classification",
    summary="labelled spans in a text: names, dates, places, attributes of products",
    columns=(
        Column(
            role="text",
            summary="the text to read, or a list of its tokens",
            usual_names=("text", "tokens", "words", "sentence", "content", "body", "message", "utterance"),
        ),
        Column(
            role="context",
            summary="what was said before the text",
            optional=True,
            usual_names=("context",),
        ),
        Column(
            role="spans",
            summary="the spans to find, with their labels, or one tag a token",
            target=True,
            kind="spans",
            usual_names=("spans", "entities", "tags", "ner_tags", "labels", "ner", "slots", "label"),
        ),
    ),
    read_row=_read_row,
    examine=_examine,
    truths=_truths,
    strata=_strata,
    label_sets=_label_sets,
    targets=_targets,
    label_rows=_label_rows,
    load=_load,
    save=text_input.save,
    restore=_restore,
    lengths=_lengths,
    encode=_encode,
    collate=_collate,
    loss=_loss,
    predict=_predict,
    calibrate=_calibrate,
    metrics=(SPAN_F1, SPAN_PRECISION, SPAN_RECALL, SPAN_MACRO_F1, ROWS_RIGHT),
    default_metric=_default_metric,
    validation_loss=SPAN_LOG_LOSS,
    baselines=(GAZETTEER, CRF, WORD_PROBE),
    start=WORD_PROBE.name,
    panels=_panels,
    onnx=OnnxForm(
        inputs={**text_input.ONNX_INPUTS, "words": ("rows", "tokens")},
        output="logits",
    ),
    usage=_usage,
    language=text_input.language,
)
