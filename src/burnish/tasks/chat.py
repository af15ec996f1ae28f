"""`chat`: a language model that answers in conversations as the training rows do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burnish.answer_panels import answers_side_by_side, length_panels
from burnish.baselines.nearest_answer import NEAREST_ANSWER
from burnish.baselines.prompted import FEW_SHOT_PROMPTED, PROMPTED
from burnish.contracts import Batch, Column, Example, Json, LoadedModel, Prediction, Row, Rows, Targets, Task
from burnish.conversations.messages import Unreadable, divided, read_messages
from burnish.conversations.shapes import ANSWER, LAST_ANSWER, MESSAGES
from burnish.data.conversations import answer_statistics, examine_conversations
from burnish.data.profile import cell_text
from burnish.finding import Finding
from burnish.metrics.answers import (
    ANSWER_LOSS,
    CHRF,
    EXACT_MATCH,
    LENGTH_ERROR,
    PERPLEXITY,
    ROUGE_2,
    ROUGE_L,
    TOKEN_F1,
    usual_answer_metric,
)

if TYPE_CHECKING:
    import torch

    from burnish.contracts import FloatArray

_STRATUM = "conversation"


def _read_row(raw: Row) -> Row | str:
    """A clean row holds the conversation up to its last question, and the answer to it."""
    try:
        messages, said = divided(read_messages(raw["messages"]))
    except Unreadable as reason:
        return str(reason)
    if "answer" not in raw:
        return {"messages": messages, "answer": said} if said else {"messages": messages}
    answer = cell_text(raw["answer"])
    if answer and said:
        return "the conversation goes on to an answer of its own"
    return {"messages": messages, "answer": answer or said} if answer or said else "the answer is empty"


def _examine(rows: Rows) -> list[Finding]:
    return examine_conversations(rows)


def _truths(rows: Rows) -> list[Json]:
    return [row["answer"] for row in rows]


def _strata(rows: Rows) -> list[str]:
    """Conversations are of no classes."""
    return [_STRATUM] * len(rows)


def _targets(rows: Rows, descriptions: Mapping[str, str]) -> Targets:
    return Targets(descriptions=dict(descriptions), statistics=answer_statistics(rows))


def _label_rows(_targets: Targets) -> list[Row]:
    return []


def _load(folder: Path, targets: Targets, longest: int) -> LoadedModel:
    from burnish.models.causal_language import load_causal_language

    return load_causal_language(folder, targets, longest)


def _save(model: LoadedModel, folder: Path) -> None:
    from burnish.models.causal_language import save_causal_language

    save_causal_language(model, folder)


def _inspect(model: LoadedModel, rows: Rows) -> list[Finding]:
    from burnish.models.chat_findings import inspect_conversations

    return inspect_conversations(model, rows)


def _lengths(model: LoadedModel, rows: Rows) -> list[int]:
    import sys

    from burnish.models.chat_batches import rendered_rows

    return [len(rendered.ids) for rendered in rendered_rows(model, rows, sys.maxsize)]


def _encode(model: LoadedModel, rows: Rows, _targets: Targets) -> list[Example]:
    from burnish.models.chat_batches import encode_conversations

    return encode_conversations(model, rows)


def _collate(model: LoadedModel, examples: Sequence[Example]) -> Batch:
    from burnish.models.chat_batches import collate_conversations

    return collate_conversations(model, examples)


def _loss(outputs: Any, batch: Batch, label_smoothing: float) -> tuple[torch.Tensor, torch.Tensor]:
    from burnish.training.conversing import conversation_losses

    return conversation_losses(outputs, batch, label_smoothing)


def _predict(model: LoadedModel, rows: Rows, _targets: Targets) -> list[Prediction]:
    from burnish.training.conversing import answer_conversations

    return answer_conversations(model, rows)


def _weigh(model: LoadedModel, rows: Rows, _targets: Targets) -> FloatArray:
    from burnish.training.conversing import weigh_answers

    return weigh_answers(model, rows)


def _calibrate(_model: LoadedModel, _rows: Rows, _targets: Targets) -> dict[str, float]:
    """How probable a text is says little of whether it is right, and no temperature would mend that."""
    return {}


def _panels(rows: Rows, predictions: Sequence[Prediction], _targets: Targets) -> list[dict[str, Json]]:
    return length_panels(rows, _truths(rows), predictions)


def _usage(model: LoadedModel, folder: str) -> str:
    from burnish.models.causal_usage import causal_usage

    return causal_usage(model, folder)


TASK = Task(
    name="chat",
    summary="a text for an answer: a language model that answers as your own people would",
    columns=(
        Column(
            role="messages",
            summary="the conversation up to the question, or the question alone",
            kind="messages",
            usual_names=(
                MESSAGES,
                "conversations",
                "conversation",
                "prompt",
                "question",
                "instruction",
                "query",
                "input",
            ),
        ),
        Column(
            role="answer",
            summary="the answer to give",
            target=True,
            kind="answer",
            usual_names=(
                LAST_ANSWER,
                ANSWER,
                "completion",
                "response",
                "output",
                "reply",
                "summary",
                "chosen",
                "target",
            ),
        ),
    ),
    read_row=_read_row,
    examine=_examine,
    inspect=_inspect,
    truths=_truths,
    strata=_strata,
    targets=_targets,
    label_rows=_label_rows,
    load=_load,
    save=_save,
    restore=_load,
    lengths=_lengths,
    encode=_encode,
    collate=_collate,
    loss=_loss,
    predict=_predict,
    weigh=_weigh,
    calibrate=_calibrate,
    metrics=(ROUGE_L, TOKEN_F1, ROUGE_2, CHRF, EXACT_MATCH, LENGTH_ERROR),
    default_metric=usual_answer_metric,
    validation_loss=ANSWER_LOSS,
    weighed=(PERPLEXITY,),
    baselines=(PROMPTED, FEW_SHOT_PROMPTED, NEAREST_ANSWER),
    start="",
    panels=_panels,
    side_by_side=answers_side_by_side,
    onnx=None,
    usage=_usage,
    usual_method="lora",
)
