"""The shapes in which conversations are published, recognised in the columns of a table and brought into one form."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from burnish.conversations.messages import ASSISTANT, SYSTEM, USER

MESSAGES, ANSWER, LAST_ANSWER = "messages", "answer", "last answer"
_SHAREGPT_ROLES = {"system": SYSTEM, "human": USER, "user": USER, "gpt": ASSISTANT, "assistant": ASSISTANT}
_LOOKED_AT = 100


@dataclass(frozen=True, kw_only=True)
class Shaped:
    """Columns of a table with its conversations in one form.

    Attributes:
        name: The shape that was recognised, for people.
        columns: All columns; those of the conversations end before the answer, which stands in a column of its own.
        kinds: What new or changed columns hold (see `contracts.Column.kind`).
    """

    name: str
    columns: Mapping[str, Sequence[Any]]
    kinds: Mapping[str, str]


def shaped(columns: Mapping[str, Sequence[Any]]) -> Shaped | None:
    """The columns with their conversations in one form, or None where there are no such columns.

    Recognised are the shapes of OpenAI (`messages` of `role` and `content`), ShareGPT (`conversations` of `from` and
    `value`) and Alpaca (`instruction`, `input`, `output`).
    """
    for name, cells in columns.items():
        if (keys := _keys(cells)) is None:
            continue
        if {"role", "content"} <= keys:
            return _divided(columns, name, "OpenAI's messages")
        if {"from", "value"} <= keys:
            return _divided(columns, name, "ShareGPT's conversations")
    if {"instruction", "output"} <= columns.keys() and MESSAGES not in columns:
        return _from_alpaca(columns)
    return None


def _keys(cells: Sequence[Any]) -> set[str] | None:
    """The keys that the first messages of a column have, or None where its cells are no lists of objects."""
    found: set[str] = set()
    for cell in (cell for _, cell in zip(range(_LOOKED_AT), cells, strict=False) if cell):
        if (items := _items(cell)) is None:
            return None
        found |= {key for item in items for key in item}
    return found or None


def _items(cell: Any) -> list[dict[str, Any]] | None:
    """The list of objects that a cell is, or holds as JSON; None where it is something else."""
    if isinstance(cell, str) and cell.lstrip().startswith("[{"):
        try:
            cell = json.loads(cell)
        except (ValueError, RecursionError):
            return None
    return cell if isinstance(cell, list) and all(isinstance(item, dict) for item in cell) else None


def _divided(columns: Mapping[str, Sequence[Any]], name: str, shape: str) -> Shaped:
    """Take the last answer of every conversation out into a column of its own."""
    parts = [_without_answer(cell) for cell in columns[name]]
    changed: dict[str, Sequence[Any]] = {**columns, name: [messages for messages, _ in parts]}
    answers = [answer for _, answer in parts]
    if any(answer is not None for answer in answers):
        changed[ANSWER if ANSWER not in columns else LAST_ANSWER] = answers
    return Shaped(name=shape, columns=changed, kinds={name: "messages"})


def _without_answer(cell: Any) -> tuple[Any, Any]:
    if (items := _items(cell)) is None:
        return cell, None
    messages = [_message(item) for item in items]
    if messages and messages[-1].get("role") == ASSISTANT:
        return messages[:-1], messages[-1].get("content")
    return messages, None


def _message(item: Mapping[str, Any]) -> dict[str, Any]:
    """A message in OpenAI's form; a role that nobody knows stays, so that the row can be told."""
    if "from" in item and "value" in item:
        return {"role": _SHAREGPT_ROLES.get(item["from"], item["from"]), "content": item["value"]}
    return {"role": item.get("role"), "content": item.get("content")}


def _from_alpaca(columns: Mapping[str, Sequence[Any]]) -> Shaped:
    rows = _alpaca_rows(columns)
    return Shaped(name="Alpaca's instructions", columns={**columns, MESSAGES: list(rows)}, kinds={MESSAGES: "messages"})


def _alpaca_rows(columns: Mapping[str, Sequence[Any]]) -> Iterator[list[dict[str, Any]] | None]:
    empty: Sequence[Any] = [None] * len(columns["instruction"])
    inputs, systems = columns.get("input", empty), columns.get("system", empty)
    histories = columns.get("history", empty)
    for instruction, given, system, history in zip(columns["instruction"], inputs, systems, histories, strict=True):
        if not isinstance(instruction, str) or not instruction.strip():
            yield None
            continue
        more = given.strip() if isinstance(given, str) else ""
        question = f"{instruction.strip()}\n\n{more}" if more else instruction
        turns = [
            {"role": role, "content": text}
            for pair in (history if isinstance(history, list) else [])
            for role, text in zip((USER, ASSISTANT), pair, strict=False)
        ]
        begin = [{"role": SYSTEM, "content": system}] if isinstance(system, str) and system.strip() else []
        yield [*begin, *turns, {"role": USER, "content": question}]
