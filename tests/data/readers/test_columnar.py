"""Parquet and Arrow: every value comes back as a table can hold it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from burnish.data.read import read_table
from burnish.errors import UserError

FRAME = pl.DataFrame(
    {
        "text": ["a", None, "é\u2028"],
        "whole": [1, None, 2**40],
        "huge": pl.Series([2**63, None, 1], dtype=pl.UInt64),
        "number": [0.5, None, 2.0],
        "small": pl.Series([0.5, None, 2.0], dtype=pl.Float32),
        "is": [True, None, False],
        "day": [dt.date(2026, 1, 2), None, None],
        "moment": [dt.datetime(2026, 1, 2, 3, 4, 5), None, None],  # noqa: DTZ001
        "price": pl.Series([Decimal("1.50"), None, None]),
        "class": pl.Series(["x", None, "y"], dtype=pl.Categorical),
        "bytes": [b"\x00a", None, b""],
        "tags": [["a", None], None, []],
        "box": [{"label": "x", "at": [1.0]}, None, {"label": None, "at": None}],
        "nothing": [None, None, None],
    }
)
CELLS: dict[str, list[Any]] = {
    "text": ["a", None, "é\u2028"],
    "whole": [1, None, 2**40],
    "huge": [2**63, None, 1],
    "number": [0.5, None, 2.0],
    "small": [0.5, None, 2.0],
    "is": [True, None, False],
    "day": ["2026-01-02", None, None],
    "moment": ["2026-01-02T03:04:05", None, None],
    "price": ["1.50", None, None],
    "class": ["x", None, "y"],
    "bytes": ["AGE=", None, ""],
    "tags": [["a", None], None, []],
    "box": [{"label": "x", "at": [1.0]}, None, {"label": None, "at": None}],
    "nothing": [None, None, None],
}


def written(folder: Path, frame: pl.DataFrame) -> list[tuple[Path, str]]:
    frame.write_parquet(folder / "a.parquet")
    frame.write_ipc(folder / "a.feather")
    frame.write_ipc_stream(folder / "a.arrow")
    return [(folder / "a.parquet", "Parquet"), (folder / "a.feather", "Arrow"), (folder / "a.arrow", "Arrow")]


def test_values_of_all_types(tmp_path: Path) -> None:
    for path, name in written(tmp_path, FRAME):
        table = read_table(path)
        assert {column: list(cells) for column, cells in table.columns.items()} == CELLS
        assert list(table.lines) == [1, 2, 3]
        assert table.format == name


def test_what_is_no_text_is_named(tmp_path: Path) -> None:
    for frame in (pl.DataFrame({"a": ["x", "y\0"]}), pl.DataFrame({"a": [["x"], ["\0"]]})):
        for path, _ in written(tmp_path, frame):
            with pytest.raises(UserError, match="row 2 holds a character that is no text"):
                read_table(path)


def test_no_rows_and_no_file(tmp_path: Path) -> None:
    for path, name in written(tmp_path, FRAME[:0]):
        with pytest.raises(UserError, match="holds no rows"):
            read_table(path)
        for damaged in (path.read_bytes()[:-9], b"", b"PAR1PAR1", b"ARROW1"):
            path.write_bytes(damaged)
            with pytest.raises(UserError, match=f"no {name} file|holds no rows"):
                read_table(path)


def test_columns_that_differ_in_blanks_only(tmp_path: Path) -> None:
    for path, _ in written(tmp_path, pl.DataFrame({"a": [1], " a": [2]})):
        with pytest.raises(UserError, match="two columns have the same name"):
            read_table(path)
