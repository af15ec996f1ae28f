"""What only a base model's tokenizer and template can tell of conversations, for the check before any training."""

from __future__ import annotations

from burnish.contracts import LoadedModel, Rows
from burnish.conversations.messages import SYSTEM
from burnish.errors import UserError
from burnish.finding import Finding, counted
from burnish.models.chat_batches import rendered_rows
from burnish.models.chat_template import ChatProcessor

_LISTED = 5


def inspect_conversations(model: LoadedModel, rows: Rows) -> list[Finding]:
    """Findings about conversations as a model reads them: nothing to learn, a lost system message, its own signs.

    Raises:
        UserError: There is nothing to learn in any of them, or the template cannot render one.
    """
    processor: ChatProcessor = model.processor
    return [
        *_nothing_to_learn(model, rows),
        *_system_moved(processor, rows),
        *_control_tokens(processor, rows),
    ]


def _nothing_to_learn(model: LoadedModel, rows: Rows) -> list[Finding]:
    rendered = rendered_rows(model, rows, model.longest)
    empty = [row for row, one in zip(rows, rendered, strict=True) if not any(one.learn[1:])]
    if not empty:
        return []
    if len(empty) == len(rows):
        raise UserError(
            f"nothing is left to learn: in none of {len(rows)} conversations does a token of an answer fit into the "
            f"{model.longest} tokens that are read",
            where="data.longest",
            fix="Raise `longest:` under `data:` (--set data.longest=2048), or shorten the conversations.",
        )
    return [
        Finding(
            name="nothing-to-learn",
            severity="warning",
            count=len(empty),
            text=f"{counted(len(empty), 'conversation has', 'conversations have')} no token of an answer within the "
            f"{model.longest} tokens that are read",
            consequence="nothing is learned from them",
            repair="they are passed over in training; raise `longest`, or shorten them",
            examples=tuple(f"row {row.get('row', '?')}" for row in empty[:_LISTED]),
        )
    ]


def _system_moved(processor: ChatProcessor, rows: Rows) -> list[Finding]:
    told = [row for row in rows if processor.prompt or row["messages"][0]["role"] == SYSTEM]
    if not told or processor.keeps_system:
        return []
    return [
        Finding(
            name="system-message-moved",
            severity="note",
            count=len(told),
            text="the model's chat template drops system messages; "
            f"{counted(len(told), 'conversation has', 'conversations have')} one",
            consequence="the model would never see it",
            repair="it was put before the first question of each, in training and when answering",
            examples=tuple(f"row {row.get('row', '?')}" for row in told[:_LISTED]),
        )
    ]


def _control_tokens(processor: ChatProcessor, rows: Rows) -> list[Finding]:
    """Texts that hold what the template is made of: whoever writes it can speak for somebody else."""
    signs = sorted(processor.special_tokens)
    found = [
        (row, sign)
        for row in rows
        for sign in signs
        if any(sign in text for text in (row.get("answer", ""), *(m["content"] for m in row["messages"])))
    ]
    if not found:
        return []
    rows_found = len({id(row) for row, _ in found})
    return [
        Finding(
            name="control-tokens",
            severity="warning",
            count=rows_found,
            text=f"{counted(rows_found, 'conversation holds', 'conversations hold')} signs that the chat "
            "template itself is made of",
            consequence="the model takes them for the end of a turn, and not for text",
            repair="take them out of the texts",
            examples=tuple(f"row {row.get('row', '?')}: {sign}" for row, sign in found[:_LISTED]),
        )
    ]
