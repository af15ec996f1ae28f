"""Exports of Label Studio, made up in the forms that it writes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Said = Mapping[str, str | None]  # by annotator the label that was given, or None for a skipped task


def annotation(value: dict[str, Any] | None, kind: str, by: str | int, name: str = "label") -> dict[str, Any]:
    """One annotation with one result, or a cancelled one."""
    result = [{"from_name": name, "to_name": "text", "type": kind, "value": value, "id": "r1"}]
    found = {"id": 7, "completed_by": by, "was_cancelled": value is None, "result": result if value else []}
    return {**found, "lead_time": 3.5}


def labelled(texts: Mapping[str, Said]) -> list[dict[str, Any]]:
    """A full export: by text what people said."""
    return [
        {
            "id": 100 + number,
            "data": {"text": text, "source": "shop"},
            "annotations": [
                annotation({"choices": [label]} if label else None, "choices", by) for by, label in said.items()
            ],
            "predictions": [],
            "meta": {"line": number + 2},
        }
        for number, (text, said) in enumerate(texts.items())
    ]


def flat(texts: Mapping[str, Said]) -> list[dict[str, Any]]:
    """The same in the short form: a row for each annotation, none for skipped ones."""
    return [
        {"text": text, "source": "shop", "id": 100 + number, "label": label, "annotator": by, "annotation_id": 7}
        for number, (text, said) in enumerate(texts.items())
        for by, label in said.items()
        if label
    ]


def write(path: Path, tasks: Sequence[Mapping[str, Any]]) -> Path:
    """Write JSON and return the path."""
    path.write_text(json.dumps(tasks, ensure_ascii=False), encoding="utf-8")
    return path


THREE: dict[str, Said] = {
    "good box": {"ann": "positive", "bob": "positive", "eve": "positive"},
    "bad cable": {"ann": "negative", "bob": "negative", "eve": "positive"},
    "it came": {"ann": "neutral", "bob": "negative"},
    "fine": {"ann": "positive", "eve": None},
    "what": {"eve": None},
    "why": {},
}
