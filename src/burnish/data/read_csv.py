"""Rows from comma-, semicolon-, tab- or otherwise delimited text."""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from burnish.data.table import Table
from burnish.errors import UserError

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
_SNIFFED_RECORDS = 50
_LISTED_LINES = 8


def table_from_csv(text: str, path: Path, delimiter: str, encoding: str) -> Table:
    """Read delimited text.

    Args:
        text: The file's content.
        path: Where it comes from, for messages.
        delimiter: One character; "" finds it out.
        encoding: How the file was decoded, to be told.

    Raises:
        UserError: It is no table; the message names lines.
    """
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    delimiter = "\t" if delimiter == r"\t" else delimiter or _find_delimiter(text)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise UserError(
            f"the delimiter must be one character, no quote and no line break, not {delimiter!r}",
            where="data.delimiter",
            fix="Leave it out to have it found, or give one of , ; | or \\t.",
        )
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
                if not _is_blank(record):
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
    """Column names, rows, and the line on which each row begins.

    Blank lines are no rows, unless there is only one column: there a blank line is a row whose cell is empty, and
    leaving it out would move all rows below it.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] = []
    records: list[list[str]] = []
    lines: list[int] = []
    begins = 1
    try:
        for record in reader:
            if not header:
                header = [] if _is_blank(record) else _column_names(record, path, begins)
            elif len(header) == 1 or not _is_blank(record):
                records.append(record or [""])
                lines.append(begins)
            begins = reader.line_num + 1
    except csv.Error as error:
        raise UserError(
            f"the row that begins on line {begins} cannot be read: {error}",
            where=f"{path}:{begins}",
            fix='Look for a quote (") that is not closed, or write quotes inside a quoted field twice ("").',
        ) from None
    return header, records, lines


def _is_blank(record: Sequence[str]) -> bool:
    """Whether a record is a blank line; a line that says `""` is not."""
    return not record or (len(record) == 1 and record[0].isspace())


def _column_names(record: Sequence[str], path: Path, line: int) -> list[str]:
    names = [name.strip() or f"column {number}" for number, name in enumerate(record, start=1)]
    repeated = sorted(name for name, count in Counter(names).items() if count > 1)
    if repeated:
        raise UserError(
            "two columns have the same name: " + ", ".join(map(repr, repeated)),
            where=f"{path}:{line}",
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
