"""The shapes of OpenAI, ShareGPT and Alpaca, and prompt and completion: recognised, said, and read into one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from burnish.data.read import read_table
from burnish.recipe import complete_recipe, parse_recipe

ASKED = [{"role": "user", "content": "How long?"}]
SHAPES: dict[str, tuple[list[dict[str, Any]], str, list[dict[str, str]], str]] = {
    "openai": (
        [{"messages": [*ASKED, {"role": "assistant", "content": "Two days."}]}],
        "OpenAI's messages",
        ASKED,
        "Two days.",
    ),
    "sharegpt": (
        [{"conversations": [{"from": "human", "value": "How long?"}, {"from": "gpt", "value": "Two days."}]}],
        "ShareGPT's conversations",
        ASKED,
        "Two days.",
    ),
    "alpaca": (
        [{"instruction": "Translate.", "input": "Guten Tag", "output": "Good day", "system": "Be brief."}],
        "Alpaca's instructions",
        [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Translate.\n\nGuten Tag"}],
        "Good day",
    ),
    "prompt": (
        [{"prompt": "How long?", "completion": "Two days."}],
        "JSON Lines",
        ASKED,
        "Two days.",
    ),
}


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_a_shape_is_recognised_said_and_read(shape: str, tmp_path: Path) -> None:
    from burnish.tasks.chat import TASK

    rows, name, messages, answer = SHAPES[shape]
    data = tmp_path / "rows.jsonl"
    data.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    recipe, said = complete_recipe(parse_recipe({"data": {"train": str(data)}}, "options"))
    assert recipe.task == "chat"
    assert recipe.method.name == "lora"
    assert recipe.model == "smollm2-135m-instruct"
    assert name in said[0]
    assert any(line.startswith("task: chat (inferred") for line in said)
    table = read_table(data)
    raw = {role: table.columns[column][0] for role, column in recipe.data.columns.items()}
    assert TASK.read_row(raw) == {"messages": messages, "answer": answer}


def test_conversations_without_an_answer_and_with_unknown_roles_stay(tmp_path: Path) -> None:
    data = tmp_path / "rows.json"
    tool = [*ASKED, {"role": "tool", "content": "42"}]
    rows = [{"messages": ASKED, "answer": "given"}, {"messages": tool, "answer": None}, {"messages": None}]
    data.write_text(json.dumps(rows), encoding="utf-8")
    table = read_table(data)
    assert list(table.columns["messages"]) == [ASKED, tool, None]
    assert list(table.columns["answer"]) == ["given", None, None]
    with_both = [{"messages": [*ASKED, {"role": "assistant", "content": "said"}], "answer": "a column"}]
    data.write_text(json.dumps(with_both), encoding="utf-8")
    assert list(read_table(data).columns["last answer"]) == ["said"]
    assert read_table(data, as_written=True).names == ["messages", "answer"]


def test_alpaca_with_history_in_several_turns(tmp_path: Path) -> None:
    data = tmp_path / "rows.json"
    rows = [
        {"instruction": "And now?", "output": "Now.", "history": [["When?", "Soon."]]},
        {"instruction": "", "output": "x"},
    ]
    data.write_text(json.dumps(rows), encoding="utf-8")
    turns = [("user", "When?"), ("assistant", "Soon."), ("user", "And now?")]
    assert list(read_table(data).columns["messages"]) == [[{"role": r, "content": c} for r, c in turns], None]


def test_csv_holds_conversations_as_json(tmp_path: Path) -> None:
    import csv

    data = tmp_path / "rows.csv"
    with data.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            [["messages"], [json.dumps([*ASKED, {"role": "assistant", "content": "Two days."}])]]
        )
    table = read_table(data)
    assert list(table.columns["messages"]) == [ASKED]
    assert list(table.columns["answer"]) == ["Two days."]


def test_tables_of_other_kinds_are_as_they_were(tmp_path: Path) -> None:
    data = tmp_path / "rows.jsonl"
    rows = [{"text": "a", "spans": [{"start": 0, "end": 1, "label": "x"}]}, {"text": "[{", "spans": []}]
    data.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    table = read_table(data)
    assert table.names == ["text", "spans"]
    assert table.format == "JSON Lines"
