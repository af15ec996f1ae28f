"""Rows on disk come back as they were."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from burnish.data.rows import read_rows, write_rows

ROWS = [
    {"row": 0, "text": "plain", "label": "x", "score": 1.5, "note": None},
    {"row": 2**40, "text": "line\nbreak\r\tand \u2028 é 😀 \x85 ́", "label": "", "score": float("inf"), "note": None},
    {"row": 7, "text": '","', "label": None, "score": None, "note": None},
]


def test_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "rows.parquet"
    write_rows(path, ROWS)
    assert read_rows(path) == ROWS
    assert [file.name for file in path.parent.iterdir()] == ["rows.parquet"]


def test_no_rows(tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.parquet", [])
    assert read_rows(tmp_path / "rows.parquet") == []


def test_types_are_taken_from_all_rows(tmp_path: Path) -> None:
    rows = [{"row": number, "text": None if number < 500 else "late"} for number in range(501)]
    write_rows(tmp_path / "rows.parquet", rows)
    assert read_rows(tmp_path / "rows.parquet") == rows


def test_python_opens_the_file_so_that_readers_can_be_watched(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    write_rows(path, ROWS)
    opened: list[str] = []
    watching = [True]

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if watching[0] and event == "open":
            opened.append(str(arguments[0]))

    sys.addaudithook(watch)
    read_rows(path)
    watching[0] = False
    assert str(path) in opened


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    write_rows(path, ROWS)
    with pytest.raises(UnicodeEncodeError):
        write_rows(path, [{"row": 0, "text": "\ud800"}])
    assert read_rows(path) == ROWS
