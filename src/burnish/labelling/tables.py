"""Write rows as CSV, TSV or JSON Lines, as the file's name says."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from burnish.errors import UserError
from burnish.run_folder import atomic_path, disk_faults_explained

_JSON_LINES = frozenset({".jsonl", ".ndjson"})
_DELIMITERS = {".csv": ",", ".tsv": "\t"}


def check_ending(out: Path) -> None:
    """Refuse a file name that does not say how rows are to be written.

    Raises:
        UserError: Its ending is not one of .csv, .tsv, .jsonl, .ndjson.
    """
    if out.suffix.lower() not in {*_JSON_LINES, *_DELIMITERS}:
        raise UserError(
            f"files ending in {out.suffix!r} cannot be written", where=str(out), fix="Name a .csv, .tsv or .jsonl file."
        )


def write_table(out: Path, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows, atomically. In a CSV, what is neither text nor number stands as JSON.

    Args:
        out: The file: .csv, .tsv, .jsonl or .ndjson.
        names: Columns in order.
        rows: Cells by column; a column that is missing is empty.

    Raises:
        UserError: The file cannot be written.
    """
    check_ending(out)
    ending = out.suffix.lower()
    with (
        disk_faults_explained(out),
        atomic_path(out) as temporary,
        temporary.open("w", newline="", encoding="utf-8") as file,
    ):
        if ending in _JSON_LINES:
            file.writelines(
                json.dumps({name: row.get(name) for name in names}, ensure_ascii=False) + "\n" for row in rows
            )
            return
        writer = csv.writer(file, delimiter=_DELIMITERS[ending])
        writer.writerow(names)
        writer.writerows([_cell(row.get(name)) for name in names] for row in rows)


def _cell(value: Any) -> Any:
    if isinstance(value, list | dict | bool):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else value
