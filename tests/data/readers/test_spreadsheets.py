"""Excel workbooks: the first sheet, with the row numbers that people see."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from burnish.data import files
from burnish.data.read import read_table
from burnish.data.readers import spreadsheets
from burnish.errors import UserError


def written(folder: Path, *rows: Sequence[Any], more: bool = False) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    if more:
        book.create_sheet("other")
    book.save(folder / "rows.xlsx")
    return folder / "rows.xlsx"


def test_rows_with_their_numbers(tmp_path: Path) -> None:
    moment = dt.datetime(2026, 1, 2, 3, 4)  # noqa: DTZ001
    table = read_table(
        written(tmp_path, (), (" text ", None, "when"), ("a", 1, moment), (None, ""), ("b", 2.5), (True,), more=True)
    )
    assert table.columns == {
        "text": ["a", "b", True],
        "column 2": [1, 2.5, None],
        "when": ["2026-01-02T03:04:00", None, None],
    }
    assert list(table.lines) == [3, 5, 6]
    assert table.format == "Excel, sheet 'Sheet'; 1 other sheets left alone"


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ((), "the file is empty"),
        ((("a", "b"),), "a header but no rows"),
        ((("a", "a"), (1, 2)), "two columns have the same name: 'a'"),
        ((("a",), (1,), (1, 2), (1, None, 3)), "2 of 3 rows have values beyond the 1 named columns: row 3, 4"),
    ],
)
def test_sheets_that_are_no_table(rows: Sequence[Sequence[Any]], what: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=what):
        read_table(written(tmp_path, *rows))


def test_other_files_and_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rows.xlsx"
    for content in (b"", b"text,label\n", b"PK\x03\x04"):
        path.write_bytes(content)
        with pytest.raises(UserError, match="no Excel workbook"):
            read_table(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/workbook.xml", b" " * 2**22)
    monkeypatch.setattr(spreadsheets, "LEAST_BOUND", 2**20)
    with pytest.raises(UserError, match="unpacks to more than 100 times"):
        read_table(path)
    assert files.LEAST_BOUND == 256 * 2**20
