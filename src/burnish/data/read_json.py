"""Rows from JSON: a list of objects, or one object a line."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from burnish.data.table import Table
from burnish.errors import UserError

_NO_TEXT = re.compile("[\0\ud800-\udfff]")  # NUL, and halves of surrogate pairs, which cannot be written as UTF-8
_BLANKS = re.compile(r"[ \t\n\r]*")
_DEEPEST_NESTING = 50


def table_from_json_lines(text: str, path: Path) -> Table:
    """Read one JSON object a line; blank lines are no rows.

    Raises:
        UserError: A line holds something else; the message names it.
    """
    rows: list[dict[str, Any]] = []
    lines: list[int] = []
    for number, line in enumerate(io.StringIO(text, newline=None), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UserError(
                f"line {number} is not JSON: {error}", where=f"{path}:{number}", fix="Write one JSON object a line."
            ) from None
        rows.append(_json_row(value, line, path, number))
        lines.append(number)
    return _from_objects(rows, lines, path, "JSON Lines")


def table_from_json(text: str, path: Path) -> Table:
    """Read a JSON list of objects.

    Raises:
        UserError: It is something else; the message names the line.
    """
    if not text.lstrip().startswith("["):
        return _from_other_json(text, path)
    rows: list[dict[str, Any]] = []
    lines: list[int] = []
    line, counted = 1, 0
    try:
        for value, begin, end in _list_items(text):
            line, counted = line + text.count("\n", counted, begin), begin
            rows.append(_json_row(value, text[begin:end], path, line))
            lines.append(line)
    except (ValueError, RecursionError) as error:
        raise _no_json(error, path) from None
    return _from_objects(rows, lines, path, "JSON")


def _from_other_json(text: str, path: Path) -> Table:
    """JSON Lines by another name, or something that holds no rows."""
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        if isinstance(error, json.JSONDecodeError) and error.msg == "Extra data":
            return table_from_json_lines(text, path)
        raise _no_json(error, path) from None
    raise UserError("the file is not a list of objects", where=str(path), fix='Write [{"text": "…", "label": "…"}, …].')


def _no_json(error: Exception, path: Path) -> UserError:
    return UserError(f"the file is not JSON: {error}", where=str(path), fix="Check it with a JSON viewer.")


def _list_items(text: str) -> Iterator[tuple[Any, int, int]]:
    """The items of a JSON list, each with the positions where it begins and ends."""
    decoder = json.JSONDecoder()
    position = _after_blanks(text, text.index("[") + 1)
    while text[position : position + 1] != "]":
        value, end = decoder.raw_decode(text, position)
        yield value, position, end
        position = _after_blanks(text, end)
        if text[position : position + 1] == ",":
            position = _after_blanks(text, position + 1)
            if text[position : position + 1] == "]":
                raise json.JSONDecodeError("Expecting value", text, position)
        elif text[position : position + 1] != "]":
            raise json.JSONDecodeError("Expecting ',' delimiter", text, position)
    if (after := _after_blanks(text, position + 1)) != len(text):
        raise json.JSONDecodeError("Extra data", text, after)


def _after_blanks(text: str, position: int) -> int:
    blanks = _BLANKS.match(text, position)
    assert blanks is not None
    return blanks.end()


def _json_row(value: Any, source: str, path: Path, line: int) -> dict[str, Any]:
    """A row from a JSON value and the text that it was read from."""
    if not isinstance(value, dict):
        raise UserError(
            f"line {line} holds {type(value).__name__}, not an object",
            where=f"{path}:{line}",
            fix='Write rows as objects: {"text": "…", "label": "…"}.',
        )
    may_be_odd = "\\u" in source or source.count("{") + source.count("[") > _DEEPEST_NESTING
    if may_be_odd and (fault := _fault(value)):
        raise UserError(f"line {line} {fault}", where=f"{path}:{line}", fix="Correct or remove this row.")
    return value


def _fault(row: dict[str, Any]) -> str:
    """Why what JSON allows cannot be a row: too deep for Python to print, or no text."""
    waiting: list[tuple[Any, int]] = [(row, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > _DEEPEST_NESTING:
            return f"is nested more than {_DEEPEST_NESTING} deep"
        if isinstance(value, str):
            if not value.isascii() and _NO_TEXT.search(value):
                return "holds a character that is no text: NUL, or half of a surrogate pair"
        elif isinstance(value, dict):
            waiting += [(inner, depth + 1) for pair in value.items() for inner in pair]
        elif isinstance(value, list):
            waiting += [(inner, depth + 1) for inner in value]
    return ""


def _from_objects(rows: Sequence[dict[str, Any]], lines: list[int], path: Path, name: str) -> Table:
    names = dict.fromkeys(key for row in rows for key in row)
    if not names:
        raise UserError("the file holds no rows", where=str(path), fix="Give a file with at least a few rows.")
    columns = {column: [row.get(column) for row in rows] for column in names}
    return Table(file=str(path), columns=columns, lines=lines, format=name)
