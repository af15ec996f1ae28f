"""Parquet and Arrow: columns as they are, with dates as text and bytes as base64."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from burnish.data.cells import Cells, CellsBuilder
from burnish.data.readers.plain import plain, refuse_no_text
from burnish.data.table import Table
from burnish.errors import UserError

if TYPE_CHECKING:
    import polars as pl

_MOST_CELLS = 2**30
_FATAL = (KeyboardInterrupt, SystemExit, MemoryError)


def table_from_parquet(file: BinaryIO, where: str) -> Table:
    """Read a Parquet file; a row's line is its number, from 1.

    Raises:
        UserError: It is none, or holds no rows.
    """
    import polars as pl

    return _guarded(lambda: pl.read_parquet(file), where, "Parquet")


def table_from_arrow(file: BinaryIO, where: str) -> Table:
    """Read an Arrow file (Feather 2), or a stream as Hugging Face `datasets` writes it.

    Raises:
        UserError: It is none, or holds no rows.
    """
    import polars as pl

    is_file = file.read(6) == b"ARROW1"
    file.seek(0)
    if is_file:
        return _guarded(lambda: pl.read_ipc(file), where, "Arrow")
    content = io.BytesIO(file.read())  # the library would go on where the system's own position stands
    return _guarded(lambda: pl.read_ipc_stream(content), where, "Arrow")


def _guarded(read: Callable[[], pl.DataFrame], where: str, name: str) -> Table:
    try:
        with _quiet():
            frame = read()
    except _FATAL:
        raise
    except BaseException as error:  # noqa: BLE001 - a panic of the library is no Exception
        told = (" ".join(str(error).split()) or type(error).__name__)[:300]
        raise UserError(f"the file is no {name} file: {told}", where=where, fix="Write it anew.") from None
    return table_from_frame(frame, where, name)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the traces of panics off the terminal: the library writes them itself, before it raises."""
    try:
        kept = os.dup(2)
    except OSError:  # there is no standard error
        yield
        return
    with Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def table_from_frame(frame: pl.DataFrame, where: str, name: str) -> Table:
    """A table of a polars frame.

    Raises:
        UserError: It has no rows, more cells than can be, or text that is none.
    """
    if not frame.height or not frame.width:
        raise UserError("the file holds no rows", where=where, fix="Give a file with at least a few rows.")
    if frame.height * frame.width > _MOST_CELLS:
        raise UserError(
            f"{frame.height:,} rows of {frame.width} columns are more than can be read",
            where=where,
            fix="Give a part of them, with the columns that matter.",
        )
    columns = {series.name.strip() or f"column {n}": _cells(series, where) for n, series in enumerate(frame, start=1)}
    if len(columns) < frame.width:
        raise UserError("two columns have the same name", where=where, fix="Give every column a name of its own.")
    return Table(file=where, columns=columns, lines=range(1, frame.height + 1), format=name)


def _cells(series: pl.Series, where: str) -> Cells:
    """A column of simple values as it is; others as plain values."""
    import polars as pl

    kind = series.dtype
    if kind.is_(pl.Boolean):
        return Cells(series)
    if kind.is_integer() and not kind.is_(pl.UInt64) and not kind.is_(pl.Int128):
        return Cells(series.cast(pl.Int64))
    if kind.is_float():
        return Cells(series.cast(pl.Float64))
    if kind.is_(pl.Categorical) or isinstance(kind, pl.Enum):
        series, kind = series.cast(pl.String), pl.String()
    if kind.is_(pl.String):
        bad = series.str.contains("\0", literal=True).arg_true()
        if len(bad):
            refuse_no_text(series[bad[0]], bad[0] + 1, where)
        return Cells(series)
    cells = CellsBuilder()
    for row, value in enumerate(series, start=1):
        simple = plain(value.to_list() if isinstance(value, pl.Series) else value)
        refuse_no_text(simple, row, where)
        cells.append(simple)
    return cells.done()
