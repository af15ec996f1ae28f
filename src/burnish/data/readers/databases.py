"""SQLite and PostgreSQL: the rows of a query or of a table, read and never written."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from burnish.data.address import database_parts, resolved, scheme, without_secrets
from burnish.data.cells import CellsBuilder
from burnish.data.files import missing_package
from burnish.data.readers.plain import distinct_names, plain, refuse_no_text
from burnish.data.table import Table
from burnish.errors import UserError, did_you_mean

_FETCHED = 5000
_PATIENCE = 15  # seconds to wait for a server
_TABLES = {
    "sqlite": "select name from sqlite_master where type in ('table', 'view') and name not like 'sqlite_%' order by 1",
    "postgresql": "select table_name from information_schema.tables where table_schema = any(current_schemas(false)) "
    "order by 1",
}
Run = Callable[[str], Iterator[tuple[list[str], Sequence[Sequence[Any]]]]]  # SQL -> names and rows, some at a time


def table_from_database(address: str) -> Table:
    """Read `sqlite:///FILE` or `postgresql://USER@HOST/DATABASE`, with `?query=SELECT …` or `?table=NAME`.

    The query stands last and is written as it is. Without either, the database must have one table only. A row's line
    is its number in the result: add ORDER BY to get the same rows in the same order each time.

    Raises:
        UserError: There is no such database, or it refuses the query; without any password in it.
    """
    _, query, parameters = database_parts(address)
    if query and "table" in parameters:
        raise _fault("the address names a table and a query", address, "Leave one of them out.")
    with _opened(address) as (kind, run):
        return _read(run, query or _whole(_table_name(kind, run, parameters, address)), kind, address)


@contextlib.contextmanager
def _opened(address: str) -> Iterator[tuple[str, Run]]:
    if scheme(address) == "sqlite":
        with _sqlite(address) as run:
            yield "sqlite", run
    else:
        with _postgresql(address) as run:
            yield "postgresql", run


def _read(run: Run, query: str, kind: str, address: str) -> Table:
    names: list[str] = []
    columns: list[CellsBuilder] = []
    count = 0
    for told, rows in run(query):
        if not names:
            names = distinct_names([name.strip() or f"column {n}" for n, name in enumerate(told, start=1)], address)
            columns = [CellsBuilder() for _ in names]
        for row in rows:
            count += 1
            for cells, value in zip(columns, row, strict=True):
                simple = plain(value)
                refuse_no_text(simple, count, address)
                cells.append(simple)
    if not count:
        raise _fault("the query gives no rows", address, "Check it in the database's own client.")
    name = "SQLite" if kind == "sqlite" else "PostgreSQL"
    done = {name: cells.done() for name, cells in zip(names, columns, strict=True)}
    return Table(file=address, columns=done, lines=range(1, count + 1), format=name)


def _table_name(kind: str, run: Run, parameters: dict[str, str], address: str) -> str:
    known = [str(row[0]) for _, rows in run(_TABLES[kind]) for row in rows]
    wanted = parameters.get("table", known[0] if len(known) == 1 else "")
    if wanted in known:
        return wanted
    what = (
        f"there is no table {wanted!r}"
        if wanted
        else "the database has several tables"
        if known
        else "there is no table"
    )
    raise _fault(what, address, f"Name one: ?table=NAME, or ?query=SELECT …. {did_you_mean(wanted, known)}")


def _whole(table: str) -> str:
    """A query for all of a table that exists; its name is quoted."""
    return 'select * from "' + table.replace('"', '""') + '"'  # noqa: S608


@contextlib.contextmanager
def _sqlite(address: str) -> Iterator[Run]:
    base = database_parts(resolved(address))[0]
    path = Path(base.partition("://")[2].removeprefix("/"))
    if not path.is_file():
        raise _fault(f"there is no file {str(path)!r}", address, "Write sqlite:///FILE, or sqlite:////FULL/PATH.")

    def run(query: str) -> Iterator[tuple[list[str], Sequence[Sequence[Any]]]]:
        found = connection.execute(query)
        if found.description is None:
            raise _fault("the query gives no rows", address, "Write a SELECT.")
        while rows := found.fetchmany(_FETCHED):
            yield [column[0] for column in found.description], rows

    try:
        with contextlib.closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
            yield run
    except (sqlite3.Error, sqlite3.Warning, OverflowError, ValueError) as error:
        raise _fault(f"SQLite cannot read this: {error}", address, "Check the file and the query.") from None


@contextlib.contextmanager
def _postgresql(address: str) -> Iterator[Run]:
    try:
        import psycopg
    except ImportError:
        raise missing_package("psycopg", "PostgreSQL databases", address) from None
    base, _, parameters = database_parts(resolved(address))
    options = {"connect_timeout": str(_PATIENCE), **{key: value for key, value in parameters.items() if key != "table"}}

    def run(query: str) -> Iterator[tuple[list[str], Sequence[Sequence[Any]]]]:
        with connection.cursor(name="burnish") as found:  # on the server, so that rows come some at a time
            found.execute(query.rstrip("; \n").encode())
            while rows := found.fetchmany(_FETCHED):
                assert found.description is not None
                yield [column.name for column in found.description], rows

    try:
        with psycopg.connect(f"{base}?{urlencode(options)}") as connection:
            connection.read_only = True
            yield run
    except (psycopg.Error, ValueError, OverflowError) as error:
        told = without_secrets(" ".join(str(error).split()), address)[:500]
        raise _fault(f"PostgreSQL says: {told}", address, "Check the address, the password and the query.") from None


def _fault(what: str, address: str, fix: str) -> UserError:
    return UserError(what, where=address, fix=fix)
