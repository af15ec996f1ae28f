"""A table as it was read: text cells by column, with the place that each row came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows as the user wrote them, column by column.

    Attributes:
        file: The file's name as the user gave it.
        columns: Values by column name; every list has the same length. Values are str, or what JSON held.
        lines: The 1-based line of the file on which each row begins.
        format: A few words on how the file was read ("CSV, comma, utf-8"), said to the user.
    """

    file: str
    columns: Mapping[str, Sequence[Any]]
    lines: Sequence[int]
    format: str

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def names(self) -> list[str]:
        """Column names in the file's order."""
        return list(self.columns)
