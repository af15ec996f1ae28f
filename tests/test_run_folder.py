"""The run folder survives kills, full disks, read-only places and a second run at the same time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from burnish.data.rows import write_rows
from burnish.errors import UserError
from burnish.run_folder import (
    RECORD,
    RunFolder,
    atomic_path,
    disk_faults_explained,
    expanded,
    file_digest,
    folder_digests,
    read_json,
    replacing_folder,
    write_json,
    write_text,
)
from tests.data.privileges import unprivileged


def started(program: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-u", "-c", program, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def killed(process: subprocess.Popen[str]) -> None:
    """End a process as a power cut would: it gets no chance to tidy up."""
    process.send_signal(signal.SIGKILL)
    process.communicate()


def fail(_written: int) -> None:
    raise RuntimeError


def hold(root: Path) -> None:
    with RunFolder(root=root).locked():
        pass


def test_json_round_trip(tmp_path: Path) -> None:
    value = {"é": [1, None, "\u2028"], "b": {"c": 0.1}}
    write_json(tmp_path / "deep" / "x.json", value)
    assert read_json(tmp_path / "deep" / "x.json") == value
    assert "é" in (tmp_path / "deep" / "x.json").read_text(encoding="utf-8")
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["x.json"]


@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff\xfe", b"[1,]"])
def test_json_that_cannot_be_read(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        read_json(path)
    assert caught.value.where == str(path)
    assert caught.value.fix


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    write_text(path, "old")
    with pytest.raises(RuntimeError), atomic_path(path) as temporary:
        fail(temporary.write_text("half"))
    assert path.read_text() == "old"
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "\ud800")
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["x.txt"]


WRITER = """
import sys
from pathlib import Path
from burnish.run_folder import write_text
folder = Path(sys.argv[1])
print("begun")
for number in range(10**9):
    write_text(folder / f"{number % 20}.txt", f"{number}\\n" * 100_000 + "end\\n")
"""


def check_whole(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert len(lines) == 100_001
    assert len(set(lines[:-1])) == 1
    assert lines[-1] == "end"


def visible(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if not path.name.startswith(".")]


def test_while_writing_and_when_killed_only_whole_files_are_there(tmp_path: Path) -> None:
    looked = 0
    for attempt in range(4):
        writer = started(WRITER, tmp_path)
        assert writer.stdout is not None
        assert writer.stdout.readline() == "begun\n"
        end = time.monotonic() + 0.15 + 0.037 * attempt
        while time.monotonic() < end or looked <= 3 * (attempt + 1):  # on a busy machine the time alone is soon over
            assert writer.poll() is None
            for path in visible(tmp_path):
                check_whole(path)
                looked += 1
        killed(writer)
    assert looked > 10
    for path in visible(tmp_path):
        check_whole(path)
    assert set(folder_digests(tmp_path)) == {path.name for path in visible(tmp_path)}, (
        "what a kill leaves does not count"
    )


LOCKER = """
import sys, time
from pathlib import Path
from burnish.errors import UserError
from burnish.run_folder import RunFolder
try:
    with RunFolder(root=Path(sys.argv[1])).locked():
        print("held", flush=True)
        time.sleep(float(sys.argv[2]))
except UserError as error:
    print(error)
"""


def test_a_second_run_in_the_same_folder_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    root = tmp_path / "runs" / "x"
    first = started(LOCKER, root, 60)
    try:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        second = started(LOCKER, root, 0).communicate(timeout=600)[0]
        assert f"another run is at work in this folder (process {first.pid})" in second
        assert str(root) in second
        assert "--name" in second
        with pytest.raises(UserError, match=str(first.pid)):
            hold(root)
    finally:
        killed(first)
    assert started(LOCKER, root, 0).communicate(timeout=600)[0] == "held\n"


def test_the_lock_is_let_go_of_at_the_end(tmp_path: Path) -> None:
    folder = RunFolder(root=tmp_path / "x")
    for _ in range(2):
        with folder.locked():
            assert (tmp_path / "x" / ".lock").read_text() == str(os.getpid())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB."""
    place = tmp_path / "small"
    place.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mount.returncode:
        pytest.skip("may not mount a small disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk(small_disk: Path) -> None:
    path = small_disk / "x.txt"
    write_text(path, "old")
    with pytest.raises(UserError, match="the disk is full") as caught, disk_faults_explained(small_disk):
        write_text(path, "x" * 2_000_000)
    assert caught.value.where == str(small_disk)
    assert "finished stages are kept" in caught.value.fix
    assert path.read_text() == "old"
    assert [file.name for file in small_disk.iterdir()] == ["x.txt"]


def test_a_full_disk_under_libraries_that_raise_errors_of_their_own(small_disk: Path) -> None:
    import torch
    from safetensors.torch import save_file

    with pytest.raises(UserError, match="the disk is full"), disk_faults_explained(small_disk):
        save_file({"x": torch.zeros(1_000_000)}, small_disk / "x.safetensors")
    (small_disk / "x.safetensors").unlink(missing_ok=True)
    rows = [{"row": number, "text": os.urandom(40).hex()} for number in range(30_000)]
    with pytest.raises(UserError, match="the disk is full"), disk_faults_explained(small_disk):
        write_rows(small_disk / "rows.parquet", rows)
    assert list(small_disk.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_device_that_is_full(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the disk is full"), disk_faults_explained(tmp_path):
        Path("/dev/full").write_text("x")


@pytest.fixture
def read_only() -> Iterator[Path]:
    """A folder that everybody may look into and nobody may write."""
    place = Path(tempfile.mkdtemp())
    place.chmod(0o555)
    yield place
    place.rmdir()


def test_a_read_only_folder(read_only: Path) -> None:
    with unprivileged(), pytest.raises(UserError, match="no permission") as caught, disk_faults_explained(read_only):
        write_text(read_only / "x.txt", "x")
    assert caught.value.where.startswith(str(read_only))
    assert "--out" in caught.value.fix
    with unprivileged(), pytest.raises(UserError, match="no permission"), disk_faults_explained(read_only):
        hold(read_only / "run")


def test_a_file_in_the_way_and_a_name_too_long(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    for root in (tmp_path / "runs", tmp_path / "runs" / "x", tmp_path / ("x" * 300)):
        with pytest.raises(UserError, match="this place cannot be written") as caught, disk_faults_explained(root):
            hold(root)
        assert caught.value.where.startswith(str(tmp_path))


def test_other_errors_pass_as_they_are(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), disk_faults_explained(tmp_path):
        raise ZeroDivisionError
    with pytest.raises(FileNotFoundError), disk_faults_explained(tmp_path):
        (tmp_path / "nothing").read_text()
    with pytest.raises(UserError, match=r"^damaged \(os error 28\)$"), disk_faults_explained(tmp_path):
        raise UserError("damaged (os error 28)")


def test_digests_of_a_folder(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "a")
    write_text(tmp_path / "deep" / "b.txt", "b")
    write_text(tmp_path / RECORD, "{}")
    write_text(tmp_path / ".hidden", "x")
    write_text(tmp_path / ".left-behind" / "half.txt", "x")
    assert list(folder_digests(tmp_path)) == ["a.txt", "deep/b.txt"]
    assert folder_digests(tmp_path)["a.txt"] == "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
    before = folder_digests(tmp_path)
    write_text(tmp_path / "deep" / "b.txt", "c")
    assert folder_digests(tmp_path) != before
    assert folder_digests(tmp_path / "nothing") == {}


def test_a_large_file_is_digested_as_a_whole(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    first.write_bytes(bytes(3_000_000))
    second.write_bytes(bytes(2_999_999) + b"\1")
    assert file_digest(first) != file_digest(second)


def test_a_folder_is_replaced_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "kept"
    with replacing_folder(folder) as new:
        (new / "old.txt").write_text("old")
    with replacing_folder(folder) as new:
        assert list(new.iterdir()) == []
        (new / "new.txt").write_text("new")
    assert [path.name for path in folder.iterdir()] == ["new.txt"]
    with pytest.raises(RuntimeError), replacing_folder(folder) as new:
        fail((new / "half.txt").write_text("half"))
    assert [path.name for path in folder.iterdir()] == ["new.txt"]
    assert [path.name for path in folder.parent.iterdir()] == ["kept"]
    assert folder.stat().st_mode & 0o777 == 0o755


def test_records(tmp_path: Path) -> None:
    folder = RunFolder(root=tmp_path / "x")
    assert folder.name == "x"
    assert folder.record("check") is None
    write_json(folder.file("check", RECORD), {"stage": "check"})
    assert folder.record("check") == {"stage": "check"}
    for damage in ("{", "", "[1]", '"x"', "null"):
        folder.file("check", RECORD).write_text(damage)
        assert folder.record("check") is None, damage


def test_the_name_of_a_run_in_the_folder_where_we_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert RunFolder(root=Path()).name == tmp_path.name


def test_homes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert expanded("~/x") == Path("/home/me/x")
    assert expanded("~nobody-of-this-name/x") == Path("~nobody-of-this-name/x")
    assert json.dumps(str(expanded("x/y"))) == '"x/y"'
