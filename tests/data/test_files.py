"""Packed files, files at addresses, and traps."""

from __future__ import annotations

import functools
import gzip
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
import zstandard

from burnish.data import files
from burnish.data.digests import source_digest
from burnish.data.read import read_table
from burnish.errors import UserError

ROWS = b"text,label\n" + b"".join(b"row %d,x\n" % number for number in range(3000))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """An address on this machine, and the folder that it serves."""
    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_address[1]}", tmp_path
        serving.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Says nothing."""

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.mark.parametrize(("packer", "ending"), [("gzip", ".gz"), ("zstd", ".zst")])
def test_packed_files(packer: str, ending: str, tmp_path: Path) -> None:
    packed = gzip.compress(ROWS) if packer == "gzip" else zstandard.compress(ROWS)
    path = tmp_path / f"rows.csv{ending}"
    path.write_bytes(packed)
    table = read_table(path)
    assert len(table) == 3000
    assert table.columns["text"][-1] == "row 2999"
    assert table.format == f"CSV, comma, utf-8, {packer}"
    path.write_bytes(packed + packed)  # both packers allow files one after the other
    assert len(read_table(path)) == 6001
    for damaged in (packed[:-20], b"text,label\n", packed[:8] + b"\xff" * 9 + packed[17:]):
        path.write_bytes(damaged)
        with pytest.raises(UserError, match=f"no whole {packer} file") as caught:
            read_table(path)
        assert caught.value.where == str(path)


def test_a_packed_file_that_grows_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LEAST_BOUND", 2**20)
    for ending, packed in (("gz", gzip.compress(b"a" * 2**24)), ("zst", zstandard.compress(b"a" * 2**24))):
        path = tmp_path / f"rows.csv.{ending}"
        path.write_bytes(packed)
        with pytest.raises(UserError, match="unpacks to more than 100 times its size"):
            read_table(path)


def test_a_packed_file_for_a_reader_that_looks_here_and_there(tmp_path: Path) -> None:
    import polars as pl

    pl.DataFrame({"text": ["a"]}).write_parquet(tmp_path / "rows.parquet")
    (tmp_path / "rows.parquet.gz").write_bytes(gzip.compress((tmp_path / "rows.parquet").read_bytes()))
    assert read_table(tmp_path / "rows.parquet.gz").columns == {"text": ["a"]}


def test_a_file_in_memory() -> None:
    with fsspec.open("memory://test/rows.csv.gz", "wb") as file:
        file.write(gzip.compress(b"text\na\n"))
    table = read_table("memory://test/rows.csv.gz")
    assert table.columns == {"text": ["a"]}
    assert table.place(0) == ("rows.csv.gz", 2)
    before = source_digest("memory://test/rows.csv.gz")
    with fsspec.open("memory://test/rows.csv.gz", "wb") as file:
        file.write(gzip.compress(b"text\nb\n"))
    assert source_digest("memory://test/rows.csv.gz") != before


def test_a_file_behind_http(server: tuple[str, Path]) -> None:
    address, folder = server
    (folder / "rows.jsonl").write_text('{"text": "a"}\n')
    assert read_table(f"{address}/rows.jsonl?version=1").columns == {"text": ["a"]}
    with pytest.raises(UserError, match="nothing at this address"):
        read_table(f"{address}/none.jsonl")


def test_addresses_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="Protocol not known: nonsense"):
        read_table("nonsense://x/rows.csv")
    with pytest.raises(UserError, match="the environment variable NOWHERE_SET is not set"):
        read_table("https://me:${NOWHERE_SET}@127.0.0.1:1/rows.csv")
    monkeypatch.setenv("SECRET_WORD", "p@ss/word")
    with pytest.raises(UserError) as caught:
        read_table("http://me:${SECRET_WORD}@127.0.0.1:1/rows.csv")
    assert "p@ss" not in str(caught.value)
    assert "p%40ss" not in str(caught.value)
