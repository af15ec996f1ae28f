"""Rows from JSON: a list of objects, or one object a line."""

from __future__ import annotations

import io
import json
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from burnish.data.decoding import NO_TEXT, TextReader
from burnish.data.readers.boxes import is_coco, table_from_coco
from burnish.data.readers.delimited import empty_file
from burnish.data.readers.label_studio import is_label_studio, table_from_label_studio
from burnish.data.rows import RowPacker
from burnish.data.table import Table
from burnish.errors import UserError

_BLANKS = re.compile(r"[ \t\n\r]*")
_DEEPEST_NESTING = 50


def table_from_json_lines(text: TextReader) -> Table:
    """Read one JSON object a line; blank lines are no rows.

    Raises:
        UserError: A line holds something else; the message names it.
    """
    return _from_lines(text.lines(), text.where)


def _from_lines(lines: Iterable[str], where: str) -> Table:
    rows, begins = RowPacker(), array("q")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UserError(
                f"line {number} is not JSON: {error}", where=f"{where}:{number}", fix="Write one JSON object a line."
            ) from None
        rows.append(json_row(value, line, where, number))
        begins.append(number)
    return table_of(rows, begins, where, "JSON Lines")


def table_from_json(text: TextReader, *, as_written: bool = False) -> Table:
    """Read a JSON list of objects, or what annotation tools write.

    Args:
        text: The file's content.
        as_written: Leave exports of annotation tools as they are written, a row for each object.

    Raises:
        UserError: It is something else; the message names the line.
    """
    whole, where = text.text(), text.where
    if not whole.strip():
        raise empty_file(where)
    if not whole.lstrip().startswith("["):
        return _from_other_json(whole, where)
    rows, begins = RowPacker(), array("q")
    line, counted = 1, 0
    first = True
    try:
        for value, begin, end in _list_items(whole):
            if first and not as_written and is_label_studio(value):
                return table_from_label_studio(_whole(json.loads(whole), whole, where), where)
            first = False
            line, counted = line + whole.count("\n", counted, begin), begin
            rows.append(json_row(value, whole[begin:end], where, line))
            begins.append(line)
    except (ValueError, RecursionError) as error:
        raise _no_json(error, where) from None
    return table_of(rows, begins, where, "JSON")


def _from_other_json(text: str, where: str) -> Table:
    """JSON Lines by another name, the one object of COCO, or something that holds no rows."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        if isinstance(error, json.JSONDecodeError) and error.msg == "Extra data":
            return _from_lines(io.StringIO(text, newline=None), where)
        raise _no_json(error, where) from None
    if is_coco(value):
        return table_from_coco(_whole(value, text, where), where)
    raise UserError("the file is not a list of objects", where=where, fix='Write [{"text": "…", "label": "…"}, …].')


def _no_json(error: Exception, where: str) -> UserError:
    return UserError(f"the file is not JSON: {error}", where=where, fix="Check it with a JSON viewer.")


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


def json_row(value: Any, source: str, where: str, line: int) -> dict[str, Any]:
    """A row from a JSON value and the text that it was read from."""
    if not isinstance(value, dict):
        raise UserError(
            f"line {line} holds {type(value).__name__}, not an object",
            where=f"{where}:{line}",
            fix='Write rows as objects: {"text": "…", "label": "…"}.',
        )
    if fault := _fault_in(value, source):
        raise UserError(f"line {line} {fault}", where=f"{where}:{line}", fix="Correct or remove this row.")
    return value


def _whole(value: Any, source: str, where: str) -> Any:
    """A JSON value that is no row, and the text that it was read from."""
    if fault := _fault_in(value, source):
        raise UserError(f"the file {fault}", where=where, fix="Correct or remove the place.")
    return value


def _fault_in(value: Any, source: str) -> str:
    may_be_odd = "\\u" in source or source.count("{") + source.count("[") > _DEEPEST_NESTING
    return _fault(value) if may_be_odd else ""


def _fault(value: Any) -> str:
    """Why what JSON allows cannot be a row: too deep for Python to print, or no text."""
    waiting: list[tuple[Any, int]] = [(value, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > _DEEPEST_NESTING:
            return f"is nested more than {_DEEPEST_NESTING} deep"
        if isinstance(value, str):
            if NO_TEXT.search(value):
                return "holds a character that is no text: NUL, or half of a surrogate pair"
        elif isinstance(value, dict):
            waiting += [(inner, depth + 1) for pair in value.items() for inner in pair]
        elif isinstance(value, list):
            waiting += [(inner, depth + 1) for inner in value]
    return ""


def table_of(rows: RowPacker, lines: Sequence[int], where: str, name: str) -> Table:
    """A table of the objects that were read."""
    columns = rows.done().columns
    if not len(rows):
        raise empty_file(where) if name == "JSON Lines" else no_rows(where)
    if not columns:
        raise no_rows(where)
    return Table(file=where, columns=columns, lines=lines, format=name)


def no_rows(where: str) -> UserError:
    """What is said of a file without rows."""
    return UserError("the file holds no rows", where=where, fix="Give a file with at least a few rows.")
