"""A table as it was read: text cells by column, with the place that each row came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat
from pathlib import Path
from typing import Any

from burnish.contracts import Column
from burnish.data.address import is_address
from burnish.data.source import Source, source_name

FILE_KINDS = frozenset({"image", "audio"})  # kinds of columns whose cells name files


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows as the user wrote them, column by column.

    Attributes:
        file: The file's or folder's name as the user gave it.
        columns: Values by column name; every list has the same length. Values are str, or what JSON held.
        lines: The 1-based line of the file on which each row begins.
        format: A few words on how the file was read ("CSV, comma, utf-8"), said to the user.
        files: Where rows come from several files: the file of each row, as seen from the folder; else empty.
        kinds: What the cells of a column hold, by its name, where reading tells (see `Column.kind`).
    """

    file: str
    columns: Mapping[str, Sequence[Any]]
    lines: Sequence[int]
    format: str
    files: Sequence[str] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def names(self) -> list[str]:
        """Column names in the file's order."""
        return list(self.columns)

    def with_columns(self, names: Sequence[str]) -> Table:
        """The same table with some of its columns, which stay when those of this one are drained."""
        return replace(self, columns={name: self.columns[name][:] for name in names})

    @property
    def _source(self) -> Source:
        return self.file if is_address(self.file) else Path(self.file)

    def place(self, index: int) -> tuple[str, int]:
        """The file, by its short name, and the line that a row comes from."""
        return self.files[index] if self.files else source_name(self._source), self.lines[index]

    def places(self) -> Iterator[tuple[str, int]]:
        """`place` of every row."""
        return zip(self.files or repeat(source_name(self._source)), self.lines, strict=False)

    def cells(self, role: Column, name: str) -> Sequence[Any]:
        """The cells of a column that plays a role; names of image and audio files as full paths.

        In the table, a file may be named as seen from the folder that the table itself lies in.
        """
        if role.kind not in FILE_KINDS:
            return self.columns[name]
        place = Path(self.file) if self.files else Path(self.file).parent
        return [
            str((place / cell.strip()).absolute()) if isinstance(cell, str) and cell.strip() else cell
            for cell in self.columns[name]
        ]
