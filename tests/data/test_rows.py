"""Rows on disk come back as they were."""

from __future__ import annotations

import errno
import sys
from pathlib import Path
from typing import Any

import pytest

from burnish.data import rows as module
from burnish.data.rows import (
    changed_rows,
    joined_rows,
    packed,
    places_of,
    read_rows,
    row_numbers,
    rows_without,
    write_rows,
)
from tests.processes import Processes

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


NESTED: list[dict[str, Any]] = [
    {"row": 0, "spans": [{"start": 0, "end": 3, "label": "x"}], "messages": [{"role": "user", "content": "a"}]},
    {"row": 1, "spans": [], "messages": [{"role": "tool", "name": "b", "arguments": {"c": [1, 2.0, None]}}]},
    {"row": 2, "spans": None, "messages": None},
]


def test_lists_and_objects_come_back_whole(tmp_path: Path) -> None:
    """Objects keep the keys that they have, and get no others."""
    write_rows(tmp_path / "rows.parquet", NESTED)
    assert repr(list(read_rows(tmp_path / "rows.parquet"))) == repr(NESTED)


def test_rows_in_columns_are_a_sequence_of_rows() -> None:
    rows = packed(NESTED)
    assert rows == NESTED
    assert rows != NESTED[:2]
    assert rows[-1] == NESTED[-1]
    assert rows[1:] == NESTED[1:]
    assert rows.take([2, 0]) == [NESTED[2], NESTED[0]]
    assert [list(part) for part in rows.parts(2)] == [NESTED[:2], NESTED[2:]]
    assert rows + [{"row": 3}] == [*NESTED, {"row": 3, "spans": None, "messages": None}]  # noqa: RUF005
    assert packed(rows) is rows
    assert joined_rows([], []) == []
    assert rows_without(NESTED, [0, 2]) == [NESTED[1]]
    assert places_of(rows, [2, 0, 9]) == {0: 0, 2: 2}
    with pytest.raises(IndexError):
        rows[3]


def test_a_key_may_come_late(monkeypatch: pytest.MonkeyPatch) -> None:
    for room in ("rows", "cells"):
        monkeypatch.setattr(f"burnish.data.{room}.AT_ONCE", 2)
    rows = [{"a": number} if number < 5 else {"b": str(number)} for number in range(7)]
    assert packed(rows) == [{"a": row.get("a"), "b": row.get("b")} for row in rows]


def test_chosen_changed_and_joined_rows_are_as_lists_would_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in several row groups, whose texts are gathered as they are written."""
    monkeypatch.setattr(module, "_ROW_GROUP", 2)
    plain: list[dict[str, Any]] = [
        {"row": 10 + number, "text": f"text {number}", "score": number / 2} for number in range(7)
    ]
    places = [5, 1, 1, 0, 6]
    rows, wanted = packed(plain).take(places), [plain[place] for place in places]
    assert rows == wanted
    assert row_numbers(rows).tolist() == [15, 11, 11, 10, 16]
    assert [list(part) for part in rows.parts(2)] == [wanted[:2], wanted[2:4], wanted[4:]]
    assert rows.take([4, 0]) == [wanted[4], wanted[0]]
    changes: dict[int, dict[str, Any]] = {1: {"text": "other", "score": None}, 4: {"text": 3}}
    wanted = [{**row, **changes.get(place, {})} for place, row in enumerate(wanted)]
    rows = changed_rows(rows, changes)
    assert list(rows) == wanted
    together = joined_rows(rows, plain, rows[1:3])
    assert list(together) == [*wanted, *plain, *wanted[1:3]]
    write_rows(tmp_path / "rows.parquet", together)
    assert list(read_rows(tmp_path / "rows.parquet")) == list(together)


def test_a_disk_that_takes_no_more_is_told_as_the_system_tells_it(tmp_path: Path, processes: Processes) -> None:
    """However many rows there are, what is raised says why; nothing half-written stays."""
    for count in (2_000, 100_000):
        process = processes.start(tmp_path, count, function="tests.data.writing_many:main", largest_file=5_000)
        output, errors = process.communicate()
        assert output.split() == ["OSError", str(errno.EFBIG)], errors
    assert list(tmp_path.iterdir()) == []
