"""What the columns of a table look like, in numbers that guessing, checks and the report use."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from burnish.data.table import Table

_EXAMPLES = 3


@dataclass(frozen=True, kw_only=True)
class ColumnProfile:
    """One column in numbers.

    Attributes:
        name: The column's name.
        filled: Cells that are not empty.
        distinct: Different filled values.
        mean_words: Words a filled cell has on average.
        numbers: Share of filled cells that are numbers, in [0, 1].
        whole_numbers: Share of filled cells that are whole numbers, in [0, 1].
        commonest: The most frequent values with their counts.
    """

    name: str
    filled: int
    distinct: int
    mean_words: float
    numbers: float
    whole_numbers: float
    commonest: tuple[tuple[str, int], ...]


def profile_table(table: Table) -> list[ColumnProfile]:
    """Profile every column of a table."""
    return [profile_column(name, cells) for name, cells in table.columns.items()]


def profile_column(name: str, cells: Sequence[Any]) -> ColumnProfile:
    """Profile one column; None and blank text count as empty."""
    texts = [text for text in (cell_text(cell) for cell in cells) if text]
    counts = Counter(texts)
    filled = max(1, len(texts))
    return ColumnProfile(
        name=name,
        filled=len(texts),
        distinct=len(counts),
        mean_words=sum(len(text.split()) for text in texts) / filled,
        numbers=sum(is_number(text) for text in texts) / filled,
        whole_numbers=sum(is_whole_number(text) for text in texts) / filled,
        commonest=tuple(counts.most_common(_EXAMPLES)),
    )


def cell_text(cell: Any) -> str:
    """A cell as text without surrounding blanks; "" for an empty one (None, NaN, blanks only).

    JSON's true and 1.0 read as people write them: `true`, `1`.
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        if math.isnan(cell):
            return ""
        return str(int(cell)) if cell.is_integer() else str(cell)
    return str(cell).strip()


def is_number(text: str) -> bool:
    """Whether a text is a finite decimal number."""
    try:
        return math.isfinite(float(text)) and "_" not in text
    except ValueError:
        return False


def is_whole_number(text: str) -> bool:
    """Whether a text is a whole number, written without a point or an exponent."""
    return is_number(text) and text.lstrip("+-").isdecimal()
