"""`check` takes rows of every kind of source, and says where each of them came from."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest
import zstandard

from burnish.data.ledger import read_ledger
from burnish.data.rows import read_rows
from burnish.events import finish
from burnish.faces.python import prepare
from burnish.recipe import complete_recipe
from burnish.run_folder import RunFolder
from burnish.stages.check import STAGE
from tests.making import review_rows

ROWS = [*review_rows(30), ("", "positive")]


def as_folder(place: Path) -> str:
    for number, (text, label) in enumerate(ROWS):
        path = place / "reviews" / label / f"{number:02}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(place / "reviews")


def as_parquet(place: Path) -> str:
    pl.DataFrame(ROWS, schema=["text", "label"], orient="row").write_parquet(place / "reviews.parquet")
    return str(place / "reviews.parquet")


def as_packed_lines(place: Path) -> str:
    lines = "".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in ROWS)
    (place / "reviews.jsonl.zst").write_bytes(zstandard.compress(lines.encode()))
    return str(place / "reviews.jsonl.zst")


def as_database(place: Path) -> str:
    with closing(sqlite3.connect(place / "reviews.db")) as connection:
        connection.execute("create table reviews (text, label)")
        connection.executemany("insert into reviews values (?, ?)", ROWS)
        connection.commit()
    return f"sqlite:///{place}/reviews.db?query=select * from reviews order by rowid"


@pytest.mark.parametrize("write", [as_folder, as_parquet, as_packed_lines, as_database])
def test_the_same_rows_whatever_they_come_from(write: Callable[[Path], str], encoder: Path, tmp_path: Path) -> None:
    recipe, folder = prepare(write(tmp_path), name="", out=tmp_path / "runs", keys={"model": str(encoder)})
    assert folder.name == "reviews"
    recipe, _ = complete_recipe(recipe)
    finish(STAGE.run(recipe, RunFolder(root=folder.root)))
    rows = read_rows(folder.file("check", "rows.parquet"))
    assert sorted((row["text"], row["label"]) for row in rows) == sorted(ROWS[:-1])
    ledger = read_ledger(folder.file("check", "ledger.csv"))
    assert len(ledger) == 31
    dropped = next(entry for entry in ledger if entry.outcome == "dropped")
    places: dict[Callable[[Path], str], tuple[str, int]] = {
        as_folder: ("positive/30.txt", 1),
        as_parquet: ("reviews.parquet", 31),
        as_packed_lines: ("reviews.jsonl.zst", 31),
        as_database: ("reviews.db", 31),
    }
    assert (dropped.file, dropped.line) == places[write]
    assert STAGE.files(recipe)["data.train"]
