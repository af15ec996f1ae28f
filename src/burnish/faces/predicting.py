"""Answer texts and files from the command line."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from burnish.contracts import Prediction
from burnish.data.read import read_table
from burnish.data.source import Source
from burnish.data.table import Table
from burnish.errors import UserError, did_you_mean
from burnish.events import Note, Progress, Work
from burnish.faces.python import load
from burnish.memory_faults import memory_faults_explained
from burnish.predictor import Engine, Specialist, load_specialist
from burnish.run_folder import atomic_path, disk_faults_explained

_ROWS_AT_ONCE = 1024
_ANSWER_COLUMNS, _INTERVAL_COLUMNS = ("prediction", "confidence"), ("low", "high")


def open_specialist(folder: Path, engine: str) -> Specialist:
    """The specialist of a run folder (or of its own folder), with the engine asked for."""
    engines: dict[str, Engine] = {"torch": "torch", "onnx": "onnx"}
    if engine not in engines:
        raise UserError(f"there is no engine {engine!r}", where="--engine", fix=did_you_mean(engine, engines))
    return load_specialist(load(folder).specialist_folder, engines[engine])


def answer_texts(specialist: Specialist, texts: list[str]) -> list[dict[str, Any]]:
    """Answers to bare inputs, as JSON-able values.

    Raises:
        UserError: A text is empty, or the task reads more than one input.
    """
    roles = [column.role for column in specialist.task.columns if not column.target and not column.optional]
    if len(roles) > 1:
        columns = ", ".join(specialist.manifest.columns.get(role, role) for role in roles)
        raise UserError(
            f"{specialist.task.name} reads more than a text: {', '.join(roles)}",
            where="--text",
            fix=f"Give a file of rows with the columns {columns}: burnish predict RUN rows.csv",
        )
    return [
        {
            "input": text,
            "prediction": shown(p),
            "confidence": p.confidence,
            **dict(zip(_INTERVAL_COLUMNS, p.interval or (), strict=False)),
            "scores": dict(p.scores),
        }
        for text, p in zip(texts, specialist.predict(texts), strict=True)
    ]


def shown(prediction: Prediction) -> Any:
    """The answer as people want to see it: with all its detail, where the bare value leaves something out."""
    return prediction.value if prediction.detail is None else prediction.detail


def answer_line(answer: Mapping[str, Any]) -> str:
    """An answer of `answer_texts` for the terminal: with how sure it is, or with the interval of a number."""
    if "low" in answer:
        told, low, high = (f"{answer[name]:.5g}" for name in ("prediction", *_INTERVAL_COLUMNS))
        return f"{told}  {low} to {high} ({answer['confidence']:.0%} of the time)"
    return f"{plain_text(answer['prediction'])}  {answer['confidence']:.3f}"


def answer_file(
    specialist: Specialist, source: Source, out: Path | None, *, as_json: bool = False
) -> Work[dict[str, Any]]:
    """Answer every row of a file; each row is given back with its prediction and confidence.

    Rows that cannot be answered (an empty text) keep their place, with an empty prediction.

    Args:
        specialist: What answers.
        source: Where the rows are.
        out: The file to write; without it the rows go to standard output as CSV, or into what is returned.
        as_json: Where there is no `out`: return the rows as `predictions` instead of printing them.

    Returns:
        How many rows were read and answered, and where the answers are.
    """
    with memory_faults_explained(str(source)):
        table = read_table(source)
    names = _input_columns(specialist, table.names, str(source))
    columns = [*table.names, *(name for name in _answer_columns(specialist) if name not in table.names)]
    kept: list[dict[str, Any]] | None = [] if as_json and out is None else None
    done = answered = 0
    with disk_faults_explained(out or Path()), _writer(out, columns, kept) as write:
        for rows in _answered(specialist, table, names):
            for row in rows:
                write(row)
            done += len(rows)
            answered += sum(row["confidence"] != "" for row in rows)
            yield Progress(work="predicting", done=done, total=len(table))
    if answered < done:
        yield Note(text=f"{done - answered} rows have nothing to read and got no prediction", level="warning")
    if out:
        yield Note(text=f"{answered} of {done} rows answered: {out}")
    summary = {"rows": done, "answered": answered, "out": str(out) if out else None}
    return summary if kept is None else {**summary, "predictions": kept}


def _answered(specialist: Specialist, table: Table, names: Mapping[str, str]) -> Iterator[list[dict[str, Any]]]:
    """The rows of a table with their prediction and confidence, some at a time; `names` is the column by role."""
    roles = [column for column in specialist.task.columns if column.role in names]
    cells = {column.role: table.cells(column, names[column.role]) for column in roles}
    for begin in range(0, len(table), _ROWS_AT_ONCE):
        rows = [
            {name: column[index] for name, column in table.columns.items()}
            for index in range(begin, min(begin + _ROWS_AT_ONCE, len(table)))
        ]
        read = [{role: column[index] for role, column in cells.items()} for index in range(begin, begin + len(rows))]
        usable = [index for index, row in enumerate(read) if not isinstance(specialist.task.read_row(row), str)]
        inputs = [read[index] for index in usable]
        predictions = dict(zip(usable, specialist.predict(inputs), strict=True))
        yield [{**row, **_cells(predictions.get(index))} for index, row in enumerate(rows)]


def _cells(answer: Prediction | None) -> dict[str, Any]:
    """The answer's columns; empty where there is no answer."""
    if answer is None:
        return dict.fromkeys(_ANSWER_COLUMNS, "")
    cells = dict(zip(_ANSWER_COLUMNS, (shown(answer), round(answer.confidence, 4)), strict=True))
    return cells | dict(zip(_INTERVAL_COLUMNS, answer.interval or (), strict=False))


def _answer_columns(specialist: Specialist) -> tuple[str, ...]:
    """Names of the columns that answers have; predicted numbers have intervals."""
    numbers = any(column.target and column.kind == "number" for column in specialist.task.columns)
    return (*_ANSWER_COLUMNS, *_INTERVAL_COLUMNS) if numbers else _ANSWER_COLUMNS


def _input_columns(specialist: Specialist, names: list[str], where: str) -> dict[str, str]:
    """The file's column for every input role: the training data's name for it, or the role's own."""
    found = {}
    for column in specialist.task.columns:
        if column.target:
            continue
        wanted = specialist.manifest.columns.get(column.role, column.role)
        if wanted not in names and column.role not in names:
            if column.optional:
                continue
            raise UserError(
                f"there is no column {wanted!r}, which holds {column.summary}",
                where=where,
                fix=f"{did_you_mean(wanted, names)} Rename the column to {wanted!r} or {column.role!r}.",
            )
        found[column.role] = wanted if wanted in names else column.role
    return found


@contextmanager
def _writer(out: Path | None, columns: list[str], kept: list[dict[str, Any]] | None) -> Iterator[Any]:
    """A function that writes one row: into the list, as CSV, or as JSON Lines where the file's name says so."""
    if kept is not None:
        yield kept.append
    elif out is None:
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
    return lambda row: writer.writerow({name: plain_text(cell) for name, cell in row.items()})


def plain_text(value: Any) -> Any:
    """A value as a table's cell or a terminal's line holds it: what has parts as JSON."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
