"""Rows in columns: in memory, and on disk as Parquet, one column per role, with the row's number."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from burnish.contracts import Row
from burnish.data.cells import AT_ONCE, Cells, CellsBuilder, joined_cells, no_cells
from burnish.run_folder import atomic_path

if TYPE_CHECKING:
    import numpy as np

ROW = "row"
_AS_JSON = "burnish.json"  # the key of a Parquet file's own notes that lists the columns kept as JSON
_ROW_GROUP = 65536


class PackedRows(Sequence[dict[str, Any]]):
    """Rows by role that take the memory of their bytes; each is made a dict when it is asked for.

    Compares equal to a list of the same rows.
    """

    def __init__(self, columns: Mapping[str, Cells], length: int) -> None:
        self.columns = dict(columns)
        self._length = length

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> PackedRows: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            columns = {key: cells[index] for key, cells in self.columns.items()}
            return PackedRows(columns, len(range(self._length)[index]))
        number = range(self._length)[index]
        return {key: cells[number] for key, cells in self.columns.items()}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        keys = list(self.columns)
        for begin in range(0, self._length, AT_ONCE):
            for values in zip(*(cells.values(begin) for cells in self.columns.values()), strict=True):
                yield dict(zip(keys, values, strict=True))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(mine == its for mine, its in zip(self, other, strict=True))

    def __add__(self, other: Sequence[Row]) -> PackedRows:
        return joined_rows(self, other)

    def __repr__(self) -> str:
        return f"<{self._length} rows of {', '.join(self.columns)}>"

    def take(self, places: Sequence[int] | np.ndarray[Any, Any]) -> PackedRows:
        """The rows at these places, in their order."""
        return PackedRows({key: cells.take(places) for key, cells in self.columns.items()}, len(places))

    def parts(self, size: int = AT_ONCE) -> Iterator[PackedRows]:
        """The rows some at a time, for work whose memory grows with the rows."""
        for begin in range(0, self._length, size):
            yield self[begin : begin + size]


class RowPacker:
    """Packs rows as they come."""

    def __init__(self) -> None:
        self._columns: dict[str, CellsBuilder] = {}
        self._waiting: list[Row] = []
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, row: Row) -> None:
        """Add a row; a key that other rows have and it has not is None."""
        self._waiting.append(row)
        self._length += 1
        if len(self._waiting) >= AT_ONCE:
            self._settle()

    def done(self) -> PackedRows:
        """All of them."""
        self._settle()
        return PackedRows({key: cells.done() for key, cells in self._columns.items()}, self._length)

    def _settle(self) -> None:
        before = self._length - len(self._waiting)
        for key in dict.fromkeys(key for row in self._waiting for key in row):
            if key not in self._columns:
                self._columns[key] = CellsBuilder()
                self._columns[key].pad(before)
        for key, cells in self._columns.items():
            cells.extend([row.get(key) for row in self._waiting])
        self._waiting = []


def packed(rows: Iterable[Row]) -> PackedRows:
    """Rows in columns; those that are so already stay as they are."""
    if isinstance(rows, PackedRows):
        return rows
    packer = RowPacker()
    for row in rows:
        packer.append(row)
    return packer.done()


def joined_rows(*parts: Sequence[Row]) -> PackedRows:
    """Rows one after the other; a key that a part does not have is None there."""
    all_packed = [packed(part) for part in parts if len(part)]
    keys = dict.fromkeys(key for part in all_packed for key in part.columns)
    columns = {key: joined_cells([part.columns.get(key) or no_cells(len(part)) for part in all_packed]) for key in keys}
    return PackedRows(columns, sum(map(len, all_packed)))


def chosen_rows(rows: Sequence[Row], places: Sequence[int]) -> Sequence[Row]:
    """The rows at these places, in their order; in columns where they are so already."""
    return rows.take(places) if isinstance(rows, PackedRows) else [rows[place] for place in places]


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write rows atomically; all rows have the same keys, `row` (int) among them. Lists and objects come back whole."""
    import polars as pl

    columns = packed(rows).columns
    noted = {_AS_JSON: json.dumps([key for key, cells in columns.items() if cells.as_json])}
    frame = pl.DataFrame([cells.series.alias(key) for key, cells in columns.items()])
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        frame.write_parquet(file, row_group_size=_ROW_GROUP, metadata=noted)


def read_rows(path: Path) -> PackedRows:
    """Read what `write_rows` wrote. The file is opened by Python, so that an audit hook sees who reads the test set."""
    import polars as pl

    with path.open("rb") as file:
        frame = pl.read_parquet(file)
        file.seek(0)
        as_json = json.loads(pl.read_parquet_metadata(file).get(_AS_JSON, "[]"))
    columns = {series.name: Cells(series, as_json=series.name in as_json) for series in frame.get_columns()}
    return PackedRows(columns, frame.height)
