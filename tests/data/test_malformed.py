"""Damaged files of every format: a table without a lost row, or an error that a user can read. Nothing else."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest
import zstandard

from burnish.data.read import read_table
from burnish.data.table import Table
from burnish.errors import UserError
from tests.data.malformed import FORMATS, damaged

FILES_EACH = 800
_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}


def text_of(data: bytes, encoding: str = "utf-8-sig") -> str:
    return data.decode(encoding).removeprefix("\ufeff")


def records(data: bytes, table: Table) -> int:
    """Rows of delimited text, as Python's own reader counts them."""
    _, delimiter, encoding, *_ = table.format.split(", ")
    reader = csv.reader(io.StringIO(text_of(data, encoding), newline=""), delimiter=_DELIMITERS[delimiter])
    found = [row for row in reader if len(table.names) == 1 or (row and not (len(row) == 1 and row[0].isspace()))]
    blank = next(index for index, row in enumerate(found) if row and not (len(row) == 1 and row[0].isspace()))
    return len(found) - blank - 1


def filled_lines(data: bytes, _table: Table) -> int:
    return sum(bool(line.strip()) for line in io.StringIO(text_of(data), newline=None))


def objects(data: bytes, _table: Table) -> int:
    try:
        value = json.loads(text_of(data))
    except ValueError:
        return filled_lines(data, _table)
    return len(value["images"] if isinstance(value, dict) else value)


def sentences(data: bytes, table: Table) -> int:
    """As many rows as there are, where all tokens are in them."""
    lines = [line.strip() for line in io.StringIO(text_of(data), newline=None)]
    tokens = sum(bool(line) and not line.startswith("-DOCSTART-") for line in lines)
    assert tokens == sum(len(row) for row in table.columns["tokens"]) == sum(len(row) for row in table.columns["tags"])
    return len(table)


def rows_of_parquet(data: bytes, table: Table) -> int:
    return int(pl.scan_parquet(io.BytesIO(data)).select(pl.len()).collect().item())


def rows_of_database(data: bytes, table: Table) -> int:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(data)
        return int(connection.execute(f'select count(*) from "{_table_name(connection)}"').fetchone()[0])


def _table_name(connection: sqlite3.Connection) -> str:
    return str(connection.execute("select name from sqlite_master").fetchone()[0])


COUNTS: Mapping[str, Callable[[bytes, Table], int]] = {
    "csv": records,
    "tsv": records,
    "jsonl": filled_lines,
    "json": objects,
    "coco.json": objects,
    "export.json": objects,
    "conll": sentences,
    "parquet": rows_of_parquet,
    "db": rows_of_database,
    "xml": lambda _data, _table: 1,
    "csv.gz": lambda data, table: records(gzip.decompress(data), table),
    "jsonl.zst": lambda data, table: filled_lines(_from_zstd(data), table),
}


def _from_zstd(data: bytes) -> bytes:
    return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data), read_across_frames=True).read()


def written(folder: Path, name: str, data: bytes) -> Path | str:
    """Write a file and return the source to read."""
    path = folder / "Annotations" / "1.xml" if name == "xml" else folder / f"rows.{name}"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    if name == "xml":
        (folder / "1.jpg").touch()
        return folder
    return f"sqlite:///{path}" if name == "db" else path


def check_whole(table: Table) -> None:
    """All columns are of one length, all text can be written, and every row has its place."""
    assert len(table) >= 1
    assert table.names
    for cells in table.columns.values():
        assert len(cells) == len(table)
        json.dumps(list(cells), ensure_ascii=False).encode("utf-8")
    assert all(line >= 1 for _, line in table.places())
    assert len(list(table.places())) == len(table)


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_files(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    whole = [FORMATS[name](random.Random(seed)) for seed in range(16)]
    tables = 0
    for seed in range(FILES_EACH):
        choose = random.Random(f"{name}/{seed}")
        data = damaged(choose.choice(whole), choose)
        source, refused = written(tmp_path, name, data), None
        try:
            table = read_table(source)
        except UserError as error:
            refused = error
        if refused is not None:
            assert all((refused.what, refused.where, refused.fix)), seed
            str(refused).encode("utf-8")
            continue
        tables += 1
        check_whole(table)
        if name in COUNTS:
            assert len(table) == COUNTS[name](data, table), seed
    assert FILES_EACH / 20 < tables < FILES_EACH, "both happen"
    assert not capfd.readouterr().err


def test_there_are_at_least_ten_thousand() -> None:
    assert FILES_EACH * len(FORMATS) >= 10_000
