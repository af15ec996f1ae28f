from __future__ import annotations

import os
from pathlib import Path

import pytest

import burnish.monitoring.spool as spools
from burnish.monitoring.spool import Spool


def drain(spool: Spool) -> list[bytes]:
    found: list[bytes] = []
    while (part := spool.next()) is not None:
        found += part.lines
        spool.stored(part)
    return found


def test_lines_come_in_order_and_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spools, "SEGMENT_BYTES", 50)
    monkeypatch.setattr(spools, "_PART_BYTES", 20)
    spool = Spool(tmp_path)
    lines = [f"line {number} {'x' * (number % 40)}".encode() for number in range(60)]
    for line in lines:
        spool.add(line + b"\n")
    assert len(list(tmp_path.iterdir())) > 5
    assert drain(spool) == lines
    assert len(list(tmp_path.iterdir())) == 1
    spool.add(b"more\n")
    assert drain(spool) == [b"more"]
    spool.close()
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_stored_is_there_for_the_next_process(tmp_path: Path) -> None:
    first = Spool(tmp_path)
    first.add(b"one\ntwo\n")
    part = first.next()
    assert part is not None  # and it is never said to be stored: the process dies
    second = Spool(tmp_path)
    second.add(b"three\n")
    assert drain(second) == [b"one", b"two", b"three"]


def test_a_line_that_was_cut_off_is_left_out_and_holds_up_nothing(tmp_path: Path) -> None:
    (tmp_path / "000000000001.jsonl").write_bytes(b"whole\nhal")
    (tmp_path / "000000000002.jsonl").write_bytes(b"f a line")
    spool = Spool(tmp_path)
    spool.add(b"new\n")
    assert drain(spool) == [b"whole", b"new"]
    spool.close()
    assert list(tmp_path.iterdir()) == []


def test_only_its_user_may_read_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.add(b"x\n")
    assert (tmp_path / "spool").stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "spool").iterdir())


def test_after_a_full_disk_it_begins_a_new_segment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spools, "SEGMENT_BYTES", 1)
    spool = Spool(tmp_path)
    spool.add(b"before\n")
    real = os.open

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(OSError, match="space"):
        spool.add(b"too much\n")
    monkeypatch.setattr(os, "open", real)
    spool.add(b"after\n")
    assert drain(spool) == [b"before", b"after"]


def test_lines_that_do_not_fit_are_refused_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(tmp_path)
    spool.add(b"before\n")
    real = os.write
    monkeypatch.setattr(os, "write", lambda file, lines: real(file, lines[:3]))
    with pytest.raises(OSError, match="space"):
        spool.add(b"too much\n")
    monkeypatch.setattr(os, "write", real)
    spool.add(b"after\n")
    assert drain(spool) == [b"before", b"after"]
