"""Downloads from a server on the loopback address: whole, continued, cut, wrong, missing."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from burnish.errors import UserError
from burnish.events import Event, Note, Progress, finish
from burnish.fetch.download import download
from tests.fetch.index import FileServer, digest, served, told

CONTENT = random.Random(0).randbytes(600_000)
SHA256 = digest(CONTENT)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    with served(FileServer()) as running:
        running.files["/file.bin"] = CONTENT
        yield running


def fetch(server: FileServer, target: Path, sha256: str = SHA256) -> list[Event]:
    events, path = told(download(f"{server.address}/file.bin", target, sha256))
    assert path == target
    return events


def test_a_fresh_download_with_progress(server: FileServer, tmp_path: Path) -> None:
    target = tmp_path / "deep" / "file.bin"
    events = fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert server.requests == [("/file.bin", "")]
    progress = [event for event in events if isinstance(event, Progress)]
    assert progress == events
    assert [event.done for event in progress] == sorted(event.done for event in progress)
    assert progress[-1].done == progress[-1].total == len(CONTENT)
    assert progress[-1].figures == {"size": "1 of 1 MB"}
    assert {event.work for event in progress} == {"downloading file.bin"}
    assert [path.name for path in target.parent.iterdir()] == ["file.bin"]


def test_what_is_there_is_not_fetched_again(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "file.bin").write_bytes(CONTENT)
    assert fetch(server, tmp_path / "file.bin") == []
    assert server.requests == []


def test_what_is_there_but_damaged_is_fetched_again(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "file.bin").write_bytes(CONTENT[:-1])
    events = fetch(server, tmp_path / "file.bin")
    assert isinstance(events[0], Note)
    assert (events[0].level, "damaged" in events[0].text) == ("warning", True)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_a_partial_file_is_continued(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "file.bin.part").write_bytes(CONTENT[:250_000])
    events = fetch(server, tmp_path / "file.bin")
    assert server.requests == [("/file.bin", "bytes=250000-")]
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert isinstance(events[0], Progress)
    assert events[0].done > 250_000
    assert events[0].total == len(CONTENT)


def test_a_server_without_ranges_starts_over(server: FileServer, tmp_path: Path) -> None:
    server.ignore_ranges()
    (tmp_path / "file.bin.part").write_bytes(b"something else" * 1000)
    last = fetch(server, tmp_path / "file.bin")[-1]
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert isinstance(last, Progress)
    assert last.done == last.total == len(CONTENT)


def test_a_partial_file_that_is_whole(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "file.bin.part").write_bytes(CONTENT)
    fetch(server, tmp_path / "file.bin")
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_a_cut_connection_goes_on_where_it_stopped(server: FileServer, tmp_path: Path) -> None:
    server.cut_after(200_000, 100_000)
    events = fetch(server, tmp_path / "file.bin")
    assert server.requests == [("/file.bin", ""), ("/file.bin", "bytes=200000-"), ("/file.bin", "bytes=300000-")]
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    notes = [event for event in events if isinstance(event, Note)]
    assert [note.level for note in notes] == ["warning", "warning"]
    assert "going on where it stopped" in notes[0].text


def test_it_gives_up_after_three_cuts_and_keeps_what_it_has(server: FileServer, tmp_path: Path) -> None:
    server.cut_after(1000, 1000, 1000)
    with pytest.raises(OSError, match="connection ended after 3000 of 600000"):
        fetch(server, tmp_path / "file.bin")
    assert (tmp_path / "file.bin.part").read_bytes() == CONTENT[:3000]
    fetch(server, tmp_path / "file.bin")
    assert server.requests[-1] == ("/file.bin", "bytes=3000-")


def test_the_wrong_bytes_are_removed(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="arrived damaged or changed") as caught:
        fetch(server, tmp_path / "file.bin", sha256="0" * 64)
    assert SHA256[:16] in caught.value.what
    assert caught.value.where == f"{server.address}/file.bin"
    assert list(tmp_path.glob("file.bin*")) == []


def test_a_file_that_is_not_there_is_asked_for_once(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="404"):
        finish(download(f"{server.address}/other.bin", tmp_path / "other.bin", SHA256))
    assert len(server.requests) == 1


def test_a_server_that_is_not_there(server: FileServer, tmp_path: Path) -> None:
    server.close()
    with pytest.raises(OSError, match="refused"):
        finish(download(f"{server.address}/file.bin", tmp_path / "file.bin", SHA256))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_no_broken_connection(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "file.bin.part").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        fetch(server, tmp_path / "file.bin")
    assert len(server.requests) == 1
