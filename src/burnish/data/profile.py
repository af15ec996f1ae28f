"""What the columns of a table look like, in numbers that guessing, checks and the report use."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burnish.data.cells import parts_of
from burnish.data.counted_texts import CountedTexts
from burnish.data.table import Table
from burnish.spans.reading import looks_like_spans

FILE_ENDINGS: Mapping[str, frozenset[str]] = {
    "image": frozenset({".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm"}),
    "audio": frozenset({".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aif", ".aiff"}),
}
_KEYS = {"messages": {"role", "content"}}
_EXAMPLES = 3
_MOST_NUMERIC_CLASSES = 20
MOSTLY = 0.95  # of the cells are numbers; rows with something else in their place are dropped, and said


@dataclass(frozen=True, kw_only=True)
class ColumnProfile:
    """One column in numbers.

    Attributes:
        name: The column's name.
        filled: Cells that are not empty.
        empty: Cells that are.
        distinct: Different filled values.
        mean_words: Words a filled cell has on average.
        numbers: Share of filled cells that are numbers, in [0, 1].
        whole_numbers: Share of filled cells that are whole numbers, in [0, 1].
        commonest: The most frequent values with their counts.
        kind: What the cells hold (see `Column.kind`), where that can be seen: image, audio, spans, messages; else "".
    """

    name: str
    filled: int
    empty: int
    distinct: int
    mean_words: float
    numbers: float
    whole_numbers: float
    commonest: tuple[tuple[str, int], ...]
    kind: str = ""

    @property
    def on_a_scale(self) -> bool:
        """Whether its values are numbers that measure something, and no names of classes."""
        return on_a_scale(self.filled, self.distinct, self.numbers, self.whole_numbers)


def on_a_scale(rows: int, distinct: int, numbers: float, whole_numbers: float) -> bool:
    """Whether values measure something: nearly all are numbers, and they hardly repeat, or many are fractions.

    Args:
        rows: How many there are.
        distinct: How many different ones.
        numbers: Share of numbers among the different ones or all.
        whole_numbers: Share of whole numbers.
    """
    hardly_repeat = rows < 2 * distinct
    many_fractions = distinct > _MOST_NUMERIC_CLASSES and whole_numbers < numbers
    return rows > 0 and numbers >= MOSTLY and (hardly_repeat or many_fractions)


def profile_table(table: Table) -> list[ColumnProfile]:
    """Profile every column of a table."""
    return [profile_column(name, cells, table.kinds.get(name, "")) for name, cells in table.columns.items()]


def profile_column(name: str, cells: Sequence[Any], kind: str = "") -> ColumnProfile:
    """Profile one column; None and blank text count as empty. It is read some cells at a time.

    Args:
        name: The column's name.
        cells: Its cells.
        kind: What they hold, where that is known; "" finds it out.
    """
    words = numbers = whole_numbers = filled = 0
    counted = CountedTexts()
    for part in parts_of(cells):
        texts = list(map(cell_text, part))
        counts = counted.add(texts)
        filled += counts.total()
        for text, count in counts.items():
            words += count * len(text.split())
            numbers += count * is_number(text)
            whole_numbers += count * is_whole_number(text)
    distinct, places = counted.commonest(_EXAMPLES)
    return ColumnProfile(
        name=name,
        filled=filled,
        empty=len(cells) - filled,
        distinct=distinct,
        mean_words=words / max(1, filled),
        numbers=numbers / max(1, filled),
        whole_numbers=whole_numbers / max(1, filled),
        commonest=tuple((cell_text(cells[place]), count) for place, count in places),
        kind=kind or _kind(cells),
    )


def _kind(cells: Sequence[Any]) -> str:
    """What all filled cells hold, judged by the endings of file names and the keys of objects; "" for anything else."""
    found = ""
    for cell in cells:
        if cell is None or cell in ("", "[]", []):  # no spans, say: a row that tells nothing
            continue
        kind = _kind_of(cell)
        if not kind or (found and kind != found):
            return ""
        found = kind
    return found


def _kind_of(cell: Any) -> str:
    if looks_like_spans(cell):
        return "spans"
    if isinstance(cell, str):
        ending = Path(cell.strip()).suffix.lower()
        return next((kind for kind, endings in FILE_ENDINGS.items() if ending in endings), "")
    if isinstance(cell, list) and cell and all(isinstance(item, dict) for item in cell):
        return next((kind for kind, keys in _KEYS.items() if all(keys <= item.keys() for item in cell)), "")
    return ""


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
