"""Answer texts and files from the command line."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from burnish.data.profile import cell_text
from burnish.data.read import read_table
from burnish.errors import UserError, did_you_mean
from burnish.events import Note, Progress, Work
from burnish.faces.python import load
from burnish.predictor import Engine, Specialist, load_specialist
from burnish.run_folder import atomic_path, disk_faults_explained

_ROWS_AT_ONCE = 1024
_ANSWER_COLUMNS = ("prediction", "confidence")


def open_specialist(folder: Path, engine: str) -> Specialist:
    """The specialist of a run folder (or of its own folder), with the engine asked for."""
    engines: dict[str, Engine] = {"torch": "torch", "onnx": "onnx"}
    if engine not in engines:
        raise UserError(f"there is no engine {engine!r}", where="--engine", fix=did_you_mean(engine, engines))
    return load_specialist(load(folder).specialist_folder, engines[engine])


def answer_texts(specialist: Specialist, texts: list[str]) -> list[dict[str, Any]]:
    """Answers to bare inputs, as JSON-able values."""
    return [
        {"input": text, "prediction": p.value, "confidence": p.confidence, "scores": dict(p.scores)}
        for text, p in zip(texts, specialist.predict(texts), strict=True)
    ]


def answer_file(specialist: Specialist, source: Path, out: Path | None) -> Work[dict[str, Any]]:
    """Answer every row of a file; each row is written back with its prediction and confidence.

    Rows that cannot be answered (an empty text) keep their place, with an empty prediction.

    Returns:
        How many rows were read and answered, and where the answers are.
    """
    table = read_table(source)
    names = _input_columns(specialist, table.names, str(source))
    unanswered = 0
    with disk_faults_explained(out or Path()), _writer(out, table.names) as write:
        for begin in range(0, len(table), _ROWS_AT_ONCE):
            rows = [
                {name: cells[index] for name, cells in table.columns.items()}
                for index in range(begin, min(begin + _ROWS_AT_ONCE, len(table)))
            ]
            usable = [index for index, row in enumerate(rows) if all(cell_text(row[name]) for name in names.values())]
            inputs = [{role: rows[index][name] for role, name in names.items()} for index in usable]
            predictions = dict(zip(usable, specialist.predict(inputs), strict=True))
            for index, row in enumerate(rows):
                answer = predictions.get(index)
                found = (answer.value, round(answer.confidence, 4)) if answer else ("", "")
                write({**row, **dict(zip(_ANSWER_COLUMNS, found, strict=True))})
            unanswered += len(rows) - len(usable)
            yield Progress(work="predicting", done=begin + len(rows), total=len(table))
    if unanswered:
        yield Note(text=f"{unanswered} rows have nothing to read and got no prediction", level="warning")
    if out:
        yield Note(text=f"{len(table) - unanswered} of {len(table)} rows answered: {out}")
    return {"rows": len(table), "answered": len(table) - unanswered, "out": str(out) if out else None}


def _input_columns(specialist: Specialist, names: list[str], where: str) -> dict[str, str]:
    """The file's column for every input role: the training data's name for it, or the role's own."""
    found = {}
    for column in specialist.task.columns:
        if column.target:
            continue
        wanted = specialist.manifest.columns.get(column.role, column.role)
        if wanted not in names and column.role not in names:
            raise UserError(
                f"there is no column {wanted!r}, which holds {column.summary}",
                where=where,
                fix=f"{did_you_mean(wanted, names)} Rename the column to {wanted!r} or {column.role!r}.",
            )
        found[column.role] = wanted if wanted in names else column.role
    return found


@contextmanager
def _writer(out: Path | None, names: list[str]) -> Iterator[Any]:
    """A function that writes one row: CSV, or JSON Lines where the file's name says so."""
    columns = [*names, *(column for column in _ANSWER_COLUMNS if column not in names)]
    if out is None:
        yield _csv_writer(sys.stdout, columns)
    else:
        with atomic_path(out) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
            if out.suffix.lower() in {".jsonl", ".ndjson"}:
                yield lambda row: file.write(json.dumps(row, ensure_ascii=False) + "\n")
            else:
                yield _csv_writer(file, columns)


def _csv_writer(file: TextIO, columns: list[str]) -> Any:
    writer = csv.DictWriter(file, fieldnames=columns)
    writer.writeheader()
    return writer.writerow
