"""Rows in columns: in memory, and on disk as Parquet, one column per role, with the row's number."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from burnish.contracts import Row
from burnish.data.cells import AT_ONCE, Cells, CellsBuilder, joined_cells, kept_cells, no_cells
from burnish.run_folder import atomic_path

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

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
        """The rows at these places, in their order; their texts are not copied."""
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


def row_numbers(rows: Sequence[Row]) -> np.ndarray[Any, Any]:
    """The number of every row, int64 (rows,)."""
    import numpy as np

    if isinstance(rows, PackedRows) and len(rows):
        return rows.columns[ROW].series().to_numpy()
    return np.array([row[ROW] for row in rows], dtype=np.int64)


def places_of(rows: Sequence[Row], numbers: Iterable[int]) -> dict[int, int]:
    """The places of rows that have these numbers, by number; numbers that no row has are left out."""
    import numpy as np

    wanted = np.unique(np.fromiter(numbers, dtype=np.int64))
    found = row_numbers(rows)
    places = np.flatnonzero(np.isin(found, wanted))
    return dict(zip(found[places].tolist(), places.tolist(), strict=True))


def rows_without(rows: Sequence[Row], places: Iterable[int]) -> PackedRows:
    """The rows but for those at these places."""
    import numpy as np

    return packed(rows).take(np.delete(np.arange(len(rows)), np.fromiter(places, dtype=np.int64)))


def changed_rows(rows: Sequence[Row], changes: Mapping[int, Row]) -> PackedRows:
    """The rows with other values at some places; all values that stay are not copied.

    Args:
        rows: As they are.
        changes: New values by role, by the row's place.
    """
    import numpy as np

    rows = packed(rows)
    columns = dict(rows.columns)
    for role in dict.fromkeys(role for change in changes.values() for role in change):
        places = [place for place, change in changes.items() if role in change]
        chosen = np.arange(len(rows))
        chosen[places] = len(rows) + np.arange(len(places))
        old = columns.get(role) or no_cells(len(rows))
        columns[role] = joined_cells([old, kept_cells([changes[place][role] for place in places])]).take(chosen)
    return PackedRows(columns, len(rows))


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write rows atomically; all rows have the same keys, `row` (int) among them. Lists and objects come back whole."""
    import polars as pl

    kept = packed(rows)
    noted = {_AS_JSON: json.dumps([key for key, cells in kept.columns.items() if cells.as_json])}
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        if len(kept) <= _ROW_GROUP:
            written = io.BytesIO()  # polars does not say why a disk took nothing; Python does
            pl.DataFrame(_series(kept, 0)).write_parquet(written, row_group_size=_ROW_GROUP, metadata=noted)
            file.write(written.getbuffer())
        else:
            with _told_by_the_system():
                _streamed(kept).sink_parquet(file, row_group_size=_ROW_GROUP, metadata=noted)


@contextlib.contextmanager
def _told_by_the_system() -> Iterator[None]:
    """Raise what the system refused as Python would: polars tells its number within a text."""
    import polars as pl

    try:
        yield
    except pl.exceptions.ComputeError as error:
        if told := re.search(r"os error (\d+)", str(error)):
            raise OSError(int(told[1]), os.strerror(int(told[1]))) from error
        raise


def _series(rows: PackedRows, begin: int) -> list[pl.Series]:
    """The columns of a row group."""
    return [cells.series(begin, _ROW_GROUP).alias(key) for key, cells in rows.columns.items()]


def _streamed(rows: PackedRows) -> pl.LazyFrame:
    """Rows that polars asks for one row group after the other, so that chosen texts are never copied all at once."""
    import polars as pl
    from polars.io.plugins import register_io_source

    def groups(_columns: object, _filter: object, _most: object, _size: object) -> Iterator[pl.DataFrame]:
        for begin in range(0, len(rows), _ROW_GROUP):
            yield pl.DataFrame(_series(rows, begin))

    return register_io_source(groups, schema={key: cells.dtype for key, cells in rows.columns.items()})


def read_rows(path: Path) -> PackedRows:
    """Read what `write_rows` wrote. The file is opened by Python, so that an audit hook sees who reads the test set."""
    import polars as pl

    with path.open("rb") as file:
        frame = pl.read_parquet(file)
        file.seek(0)
        as_json = json.loads(pl.read_parquet_metadata(file).get(_AS_JSON, "[]"))
    columns = {series.name: Cells(series, as_json=series.name in as_json) for series in frame.get_columns()}
    return PackedRows(columns, frame.height)
