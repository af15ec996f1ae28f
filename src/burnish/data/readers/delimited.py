"""Rows from comma-, semicolon-, tab- or otherwise delimited text."""

from __future__ import annotations

import csv
import io
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from burnish.data.cells import CellsBuilder
from burnish.data.decoding import LONGEST_LINE, TextReader
from burnish.data.table import Table
from burnish.errors import UserError

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
_SNIFFED_RECORDS, _SNIFFED_LINES = 50, 2000
_TOGETHER = 4096  # rows that are turned into columns at once
_LISTED_LINES = 8


def table_from_csv(text: TextReader, delimiter: str) -> Table:
    """Read delimited text.

    Args:
        text: The file's content.
        delimiter: One character; "" finds it out.

    Raises:
        UserError: It is no table; the message names lines.
    """
    csv.field_size_limit(LONGEST_LINE)
    lines = text.lines()
    head = list(islice(lines, _SNIFFED_LINES))
    begin = "".join(head)
    if not begin.strip() and len(head) < _SNIFFED_LINES:
        raise empty_file(text.where)
    delimiter = "\t" if delimiter == r"\t" else delimiter or _find_delimiter(begin)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise UserError(
            f"the delimiter must be one character, no quote and no line break, not {delimiter!r}",
            where="data.delimiter",
            fix="Leave it out to have it found, or give one of , ; | or \\t.",
        )
    parsed = _Parsed(where=text.where, delimiter=delimiter)
    parsed.read(chain(head, lines))
    if not parsed.header:
        raise empty_file(text.where)
    parsed.refuse_ragged()
    if not parsed.begins:
        raise UserError("the file has a header but no rows", where=text.where, fix="Add rows below the header.")
    return Table(
        file=text.where,
        columns={name: cells.done() for name, cells in zip(parsed.header, parsed.columns, strict=True)},
        lines=parsed.begins,
        format=f"CSV, {DELIMITERS.get(delimiter, repr(delimiter))}, {text.encoding}",
    )


def empty_file(where: str) -> UserError:
    """What is said of a file in which nothing stands."""
    return UserError("the file is empty", where=where, fix="Give a file with a header and at least a few rows.")


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


@dataclass(kw_only=True)
class _Parsed:
    """Rows as they are read.

    Blank lines are no rows, unless there is only one column: there a blank line is a row whose cell is empty, and
    leaving it out would move all rows below it.

    Attributes:
        where: What messages call the file.
        delimiter: One character.
        header: The columns' names; empty where no line has been read that is not blank.
        columns: Cells by column, of the rows that have as many fields as the header.
        begins: The line on which each of these rows begins.
        ragged: The lines and numbers of fields of the first other rows.
        ragged_count: How many there are of them.
    """

    where: str
    delimiter: str
    header: list[str] = field(default_factory=list)
    columns: list[CellsBuilder] = field(default_factory=list)
    begins: array[int] = field(default_factory=lambda: array("q"))
    ragged: list[tuple[int, int]] = field(default_factory=list)
    ragged_count: int = 0

    def read(self, lines: Iterable[str]) -> None:
        """Read all lines."""
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        records: list[list[str]] = []
        begins, width = 1, 0
        try:
            for record in reader:
                if not width:
                    self.header = [] if _is_blank(record) else _column_names(record, self.where, begins)
                    width = len(self.header)
                    self.columns = [CellsBuilder() for _ in self.header]
                elif width == 1 or not _is_blank(record):
                    if len(record or [""]) == width:
                        records.append(record or [""])
                        self.begins.append(begins)
                        if len(records) == _TOGETHER:
                            self._keep(records)
                            records = []
                    else:
                        self._set_aside(begins, len(record))
                begins = reader.line_num + 1
        except csv.Error as error:
            raise UserError(
                f"the row that begins on line {begins} cannot be read: {error}",
                where=f"{self.where}:{begins}",
                fix='Look for a quote (") that is not closed, or write quotes inside a quoted field twice ("").',
            ) from None
        self._keep(records)

    def refuse_ragged(self) -> None:
        """Refuse a file in which rows do not have the header's number of fields."""
        if not self.ragged_count:
            return
        shown = ", ".join(f"{line} ({count} fields)" for line, count in self.ragged)
        more = f" and {self.ragged_count - len(self.ragged)} more" if self.ragged_count > len(self.ragged) else ""
        raise UserError(
            f"{self.ragged_count} of {self.ragged_count + len(self.begins)} rows do not have the header's "
            f"{len(self.header)} fields: line {shown}{more}",
            where=f"{self.where}:{self.ragged[0][0]}",
            fix=f"Put fields that contain the delimiter ({DELIMITERS.get(self.delimiter, self.delimiter)}) in double "
            "quotes, or name another one with `delimiter:` under `data:`.",
        )

    def _keep(self, records: list[list[str]]) -> None:
        for cells, values in zip(self.columns, zip(*records, strict=True), strict=False):
            cells.extend(values)

    def _set_aside(self, line: int, fields: int) -> None:
        self.ragged_count += 1
        if len(self.ragged) < _LISTED_LINES:
            self.ragged.append((line, fields))


def _is_blank(record: Sequence[str]) -> bool:
    """Whether a record is a blank line; a line that says `""` is not."""
    return not record or (len(record) == 1 and record[0].isspace())


def _column_names(record: Sequence[str], where: str, line: int) -> list[str]:
    names = [name.strip() or f"column {number}" for number, name in enumerate(record, start=1)]
    repeated = sorted(name for name, count in Counter(names).items() if count > 1)
    if repeated:
        raise UserError(
            "two columns have the same name: " + ", ".join(map(repr, repeated)),
            where=f"{where}:{line}",
            fix="Give every column a name of its own.",
        )
    return names
