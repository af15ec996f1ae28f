"""Rows of SQLite and of a real PostgreSQL server, by table and by query."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from burnish.data.digests import source_digest
from burnish.data.read import read_table
from burnish.errors import UserError
from burnish.recipe import complete_recipe, parse_recipe
from tests.data.readers.postgresql import PASSWORD, programs, running_server

SERVER = programs()


@pytest.fixture
def base(tmp_path: Path) -> Path:
    path = tmp_path / "my base.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute('create table "re ""views" (text, label, size, photo)')
        rows = [("it's fine", "good", 1, b"\x00"), (None, "bad", 2.5, None)]
        connection.executemany('insert into "re ""views" values (?, ?, ?, ?)', rows)
        connection.commit()
    return path


def refusal(address: str) -> UserError:
    with pytest.raises(UserError) as caught:
        read_table(address)
    assert caught.value.fix
    assert PASSWORD not in str(caught.value)
    return caught.value


def test_the_only_table(base: Path) -> None:
    table = read_table(f"sqlite:///{base}")
    assert table.columns == {
        "text": ["it's fine", None],
        "label": ["good", "bad"],
        "size": [1, 2.5],
        "photo": ["AA==", None],
    }
    assert table.place(1) == ("my base.db", 2)
    assert table.format == "SQLite"


def test_a_query(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    address = """sqlite:///my base.db?query=select label, size & 1 as odd from "re ""views" where text like '%fine'"""
    assert read_table(address).columns == {"label": ["good"], "odd": [1]}
    before = source_digest(address)
    assert source_digest(address) == before
    with closing(sqlite3.connect(base)) as connection:
        connection.execute("""update "re ""views" set size = 2""")
        connection.commit()
    assert source_digest(address) != before


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ("?table=other", "no table 'other'"),
        ("?query=select a from nowhere", "no such table: nowhere"),
        ('?query=delete from "re ""views"', "readonly"),
        ("?query=select 1 where 0", "gives no rows"),
        ("?query=select 1 as a, 2 as a", "two columns have the same name: 'a'"),
        ("?query=select char(0)", "row 1 holds a character that is no text"),
        ("?table=x&query=select 1", "names a table and a query"),
    ],
)
def test_what_cannot_be_read(more: str, what: str, base: Path) -> None:
    assert what in refusal(f"sqlite:///{base}{more}").what


def test_files_that_are_no_database(tmp_path: Path, base: Path) -> None:
    assert "there is no file" in refusal(f"sqlite:///{tmp_path}/none.db").what
    (tmp_path / "no.db").write_bytes(b"text,label\na,b\n" * 100)
    assert "SQLite cannot read this" in refusal(f"sqlite:///{tmp_path}/no.db").what
    error = refusal(str(base))
    assert "a table has to be named" in error.what
    assert f"sqlite:///{base}?table=NAME" in error.fix
    with closing(sqlite3.connect(base)) as connection:
        connection.execute("create table second (a)")
        connection.commit()
    assert "several tables" in refusal(f"sqlite:///{base}").what


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server with rows; the address without a password."""
    import psycopg

    if SERVER is None:
        pytest.skip("no PostgreSQL server is installed (apt-get install postgresql)")
    with running_server(SERVER) as running:
        port = running.port
        with psycopg.connect(host="127.0.0.1", port=port, user="reader", password=PASSWORD, dbname="postgres") as it:
            it.execute(
                "create table reviews (id int, text text, label text, price numeric, at timestamptz, tags text[])"
            )
            it.execute(
                "insert into reviews select n, 'text ' || n, case when n % 2 = 0 then 'good' else 'bad' end, 1.50, "
                "'2026-01-02 03:04:05+00', array['a', 'b'] from generate_series(1, 12000) n"
            )
            it.execute("create table other (a json)")
        yield f"postgresql://reader:${{READER_WORD}}@127.0.0.1:{port}/postgres"


def test_postgresql(server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("READER_WORD", PASSWORD)
    table = read_table(f"{server}?table=reviews")
    assert len(table) == 12000
    assert [column[0] for column in (table.columns[name] for name in ("id", "text", "label", "price", "tags"))] == [
        1, "text 1", "bad", "1.50", ["a", "b"]
    ]  # fmt: skip
    assert table.columns["at"][0].startswith("2026-01-02T")
    assert table.format == "PostgreSQL"
    address = f"{server}?connect_timeout=60&query=select text, label from reviews where id % 100 < 10 order by id;"
    recipe, said = complete_recipe(parse_recipe({"data": {"train": address}, "model": "minilm"}, "test"))
    assert said[0] == "read 1200 rows from postgres (PostgreSQL), columns: text (text), label (2 classes)"
    recipe.write(tmp_path / "recipe.yaml")
    assert PASSWORD not in (tmp_path / "recipe.yaml").read_text() + str(said)
    assert "${READER_WORD}" in (tmp_path / "recipe.yaml").read_text()
    assert source_digest(address) == source_digest(address)


def test_postgresql_refuses(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("READER_WORD", PASSWORD)
    assert "several tables" in refusal(server).what
    assert "no table 'revews'. " not in refusal(f"{server}?table=revews").what
    assert "Did you mean 'reviews'?" in refusal(f"{server}?table=revews").fix
    assert "nowhere" in refusal(f"{server}?query=select a from nowhere").what
    assert "PostgreSQL says" in refusal(f"{server}?query=delete from reviews").what
    assert "gives no rows" in refusal(f"{server}?query=select 1 where false").what
    monkeypatch.setenv("READER_WORD", PASSWORD + "!")
    error = refusal(f"{server}?table=reviews")
    assert "password authentication failed" in error.what
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    assert len(read_table(server.replace(":${READER_WORD}", "") + "?table=reviews")) == 12000
