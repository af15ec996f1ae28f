"""Exports of Label Studio as rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from burnish.data.read import read_table
from burnish.errors import UserError


def answer(name: str, control: str, **value: Any) -> dict[str, Any]:
    return {"from_name": name, "type": control, "value": value, "original_width": 200, "original_height": 100}


def task(number: int, *annotations: dict[str, Any]) -> dict[str, Any]:
    return {"id": number, "data": {"text": f"text {number}"}, "annotations": list(annotations)}


def written(folder: Path, *tasks: Any) -> Path:
    (folder / "export.json").write_text(json.dumps(tasks))
    return folder / "export.json"


def test_answers_of_every_kind(tmp_path: Path) -> None:
    full = {
        "result": [
            answer("mood", "choices", choices=["good"]),
            answer("topics", "choices", choices=["a", "b"]),
            answer("ner", "labels", start=0, end=4, text="text", labels=["X"]),
            answer("ner", "labels", start=5, end=6, labels=["Y", "Z"]),
            answer("box", "rectanglelabels", x=10, y=20, width=30, height=40, rectanglelabels=["cat"]),
            answer("stars", "rating", rating=4),
            answer("note", "textarea", text=["fine"]),
        ]
    }
    table = read_table(written(tmp_path, task(1, full), task(2)))
    assert table.columns == {
        "text": ["text 1", "text 2"],
        "mood": ["good", None],
        "topics": [["a", "b"], None],
        "ner": [
            [
                {"start": 0, "end": 4, "label": "X", "text": "text"},
                {"start": 5, "end": 6, "label": "Y"},
                {"start": 5, "end": 6, "label": "Z"},
            ],
            None,
        ],
        "box": [[{"label": "cat", "box": [20.0, 20.0, 80.0, 60.0]}], None],
        "stars": [4, None],
        "note": [{"text": ["fine"]}, None],
    }
    assert table.kinds == {"ner": "spans", "box": "boxes"}
    assert table.format == "Label Studio JSON"


def test_the_last_annotation_counts_that_was_not_cancelled(tmp_path: Path) -> None:
    made = [{"result": [answer("mood", "choices", choices=[word])]} for word in ("bad", "good", "worse")]
    path = written(tmp_path, task(1, *made[:2], {**made[2], "was_cancelled": True}))
    table = read_table(path)
    assert table.columns["mood"] == ["good"]
    assert table.format == "Label Studio JSON; the last of several annotations was taken in 1 tasks"
    assert read_table(path, as_written=True).names == ["id", "data", "annotations"]


@pytest.mark.parametrize(
    "wrong", [{"id": 2}, task(2, {"result": [5]}), task(2, {"result": [{"from_name": "a"}]}), [], "text"]
)
def test_tasks_that_are_none(wrong: Any, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"item 2 is no task|an answer of task 2 has no control"):
        read_table(written(tmp_path, task(1), wrong))
