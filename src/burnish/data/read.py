"""Read a data file into a Table, or say what is wrong with it and on which lines."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from burnish.data.table import Table
from burnish.errors import UserError

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
_BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_SNIFFED_RECORDS = 50
_LISTED_LINES = 8


def read_table(path: Path, *, encoding: str = "", delimiter: str = "") -> Table:
    """Read a CSV, TSV, JSON or JSON Lines file.

    Args:
        path: The file. Its ending says the format: .csv, .tsv, .txt, .json, .jsonl, .ndjson.
        encoding: A Python codec name; "" takes the byte order mark's or UTF-8.
        delimiter: One character; "" finds it out.

    Raises:
        UserError: The file cannot be read as a table; the message names lines and what to do.
    """
    text, used_encoding = _decode(_read_bytes(path), path, encoding)
    ending = path.suffix.lower()
    if ending in {".jsonl", ".ndjson"}:
        return _from_json_lines(text, path)
    if ending == ".json":
        return _from_json(text, path)
    if ending in {".csv", ".tsv", ".txt", ""}:
        return _from_csv(text, path, "\t" if ending == ".tsv" and not delimiter else delimiter, used_encoding)
    raise UserError(
        f"files ending in {ending!r} cannot be read",
        where=str(path),
        fix="Save the data as .csv, .tsv, .json or .jsonl.",
    )


def _read_bytes(path: Path) -> bytes:
    if path.is_dir():
        raise UserError("this is a folder, not a data file", where=str(path), fix="Name a .csv, .tsv or .jsonl file.")
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        from burnish.errors import did_you_mean

        folder = path.parent if path.parent.is_dir() else Path()
        beside = [str(folder / file.name) for file in sorted(folder.iterdir()) if file.is_file()]
        raise UserError("the file does not exist", where=str(path), fix=did_you_mean(str(path), beside)) from None
    except PermissionError:
        raise UserError("no permission to read the file", where=str(path), fix="Change its permissions.") from None
    if not data.strip():
        raise UserError("the file is empty", where=str(path), fix="Give a file with a header and at least a few rows.")
    return data


def _decode(data: bytes, path: Path, encoding: str) -> tuple[str, str]:
    if not encoding:
        marks = (name for mark, name in _BYTE_ORDER_MARKS.items() if data.startswith(mark))
        encoding = next(marks, "utf-8")
    try:
        return data.decode(encoding), encoding
    except LookupError:
        raise UserError(
            f"{encoding!r} is not a known encoding", where="data.encoding", fix="Common ones: utf-8, cp1252, latin-1."
        ) from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        around = data[max(0, error.start - 20) : error.start + 20].decode("cp1252", errors="replace")
        raise UserError(
            f"the file is not {encoding}: byte 0x{data[error.start]:02X} on line {line}",
            where=f"{path}:{line}",
            fix=f"Save it as UTF-8, or set `encoding: cp1252` under `data:` (--encoding cp1252); "
            f"read so, the place says: {' '.join(around.split())!r}.",
        ) from None


def _from_csv(text: str, path: Path, delimiter: str, encoding: str) -> Table:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    delimiter = delimiter or _find_delimiter(text)
    if len(delimiter) != 1:
        raise UserError(f"the delimiter must be one character, not {delimiter!r}", where="data.delimiter")
    header, records, lines = _parse_csv(text, path, delimiter)
    _refuse_ragged(records, lines, len(header), path, delimiter)
    if not records:
        raise UserError("the file has a header but no rows", where=str(path), fix="Add rows below the header.")
    columns = dict(zip(header, zip(*records, strict=True), strict=True))
    name = DELIMITERS.get(delimiter, repr(delimiter))
    return Table(file=str(path), columns=columns, lines=lines, format=f"CSV, {name}, {encoding}")


def _find_delimiter(text: str) -> str:
    """The delimiter that splits the first records into the most even, and then the most, fields."""

    def evenness(candidate: str) -> tuple[float, int]:
        counts = []
        try:
            for record in csv.reader(io.StringIO(text, newline=""), delimiter=candidate):
                if record:
                    counts.append(len(record))
                if len(counts) == _SNIFFED_RECORDS:
                    break
        except csv.Error:
            return (0.0, 0)
        if not counts or counts[0] < 2:
            return (0.0, 0)
        return (counts.count(counts[0]) / len(counts), counts[0])

    best = max(DELIMITERS, key=evenness)
    return best if evenness(best)[1] else ","


def _parse_csv(text: str, path: Path, delimiter: str) -> tuple[list[str], list[list[str]], list[int]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] = []
    records: list[list[str]] = []
    lines: list[int] = []
    begins = 1
    try:
        for record in reader:
            if not header:
                header = _column_names(record, path)
            elif record:
                records.append(record)
                lines.append(begins)
            begins = reader.line_num + 1
    except csv.Error as error:
        raise UserError(
            f"the row that begins on line {begins} cannot be read: {error}",
            where=f"{path}:{begins}",
            fix='Look for a quote (") that is not closed, or write quotes inside a quoted field twice ("").',
        ) from None
    return header, records, lines


def _column_names(record: Sequence[str], path: Path) -> list[str]:
    names = [name.strip() or f"column {number}" for number, name in enumerate(record, start=1)]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise UserError(
            "two columns have the same name: " + ", ".join(map(repr, repeated)),
            where=f"{path}:1",
            fix="Give every column a name of its own.",
        )
    return names


def _refuse_ragged(
    records: Sequence[Sequence[str]], lines: Sequence[int], width: int, path: Path, delimiter: str
) -> None:
    ragged = [(line, len(record)) for record, line in zip(records, lines, strict=True) if len(record) != width]
    if not ragged:
        return
    shown = ", ".join(f"{line} ({count} fields)" for line, count in ragged[:_LISTED_LINES])
    more = f" and {len(ragged) - _LISTED_LINES} more" if len(ragged) > _LISTED_LINES else ""
    raise UserError(
        f"{len(ragged)} of {len(records)} rows do not have the header's {width} fields: line {shown}{more}",
        where=f"{path}:{ragged[0][0]}",
        fix=f"Put fields that contain the delimiter ({DELIMITERS.get(delimiter, delimiter)}) in double quotes, "
        "or name another one with `delimiter:` under `data:`.",
    )


def _from_json_lines(text: str, path: Path) -> Table:
    objects: list[dict[str, Any]] = []
    lines: list[int] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            objects.append(_json_object(line, path, number))
            lines.append(number)
    return _from_objects(objects, lines, path, "JSON Lines")


def _json_object(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"line {number} is not JSON: {error}", where=f"{path}:{number}", fix="Write one JSON object a line."
        ) from None
    if not isinstance(value, dict):
        raise UserError(
            f"line {number} holds {type(value).__name__}, not an object",
            where=f"{path}:{number}",
            fix='Write rows as objects: {"text": "…", "label": "…"}.',
        )
    return value


def _from_json(text: str, path: Path) -> Table:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"the file is not JSON: {error}", where=str(path), fix="Check it with a JSON viewer.") from None
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise UserError(
            "the file is not a list of objects", where=str(path), fix='Write [{"text": "…", "label": "…"}, …].'
        )
    return _from_objects(value, list(range(1, len(value) + 1)), path, "JSON")


def _from_objects(objects: Sequence[dict[str, Any]], lines: list[int], path: Path, name: str) -> Table:
    if not objects:
        raise UserError("the file holds no rows", where=str(path), fix="Give a file with at least a few rows.")
    names = dict.fromkeys(str(key) for row in objects for key in row)
    columns = {column: [row.get(column) for row in objects] for column in names}
    return Table(file=str(path), columns=columns, lines=lines, format=name)
