"""Predictions and feedback in a database: SQLite in a file by default, any other by its address (PostgreSQL)."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from burnish.contracts import Json
from burnish.errors import UserError
from burnish.monitoring.entry import Entry, Feedback, Logged, Shadow

_TABLES = sql.MetaData()
_PREDICTIONS = sql.Table(
    "burnish_predictions",
    _TABLES,
    sql.Column("id", sql.String(64), primary_key=True),
    sql.Column("time", sql.Float, nullable=False, index=True),
    sql.Column("version", sql.String(64), nullable=False),
    sql.Column("inputs", sql.Text, nullable=False),
    sql.Column("digest", sql.String(64), nullable=False),
    sql.Column("value", sql.Text, nullable=False),
    sql.Column("confidence", sql.Float, nullable=False),
    sql.Column("scores", sql.Text, nullable=False),
    sql.Column("seconds", sql.Float, nullable=False),
    sql.Column("client", sql.String(64), nullable=False),
)
_FEEDBACK = sql.Table(
    "burnish_feedback",
    _TABLES,
    sql.Column("id", sql.String(64), primary_key=True),
    sql.Column("time", sql.Float, nullable=False),
    sql.Column("truth", sql.Text, nullable=False),
    sql.Column("source", sql.String(64), nullable=False),
)
_SHADOWS = sql.Table(
    "burnish_shadows",
    _TABLES,
    sql.Column("id", sql.String(64), primary_key=True),
    sql.Column("version", sql.String(64), primary_key=True),
    sql.Column("time", sql.Float, nullable=False),
    sql.Column("value", sql.Text, nullable=False),
    sql.Column("confidence", sql.Float, nullable=False),
    sql.Column("scores", sql.Text, nullable=False),
    sql.Column("seconds", sql.Float, nullable=False),
)
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_ROWS_AT_ONCE = 1000


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A logged prediction with what was said of it.

    Attributes:
        entry: The prediction.
        truth: The right answer, where feedback gave it; None where nobody said anything.
    """

    entry: Logged
    truth: Json = None

    def inputs(self) -> dict[str, Any]:
        """The row by role; {} where only its hash was kept."""
        found: dict[str, Any] = json.loads(self.entry.inputs) if self.entry.inputs else {}
        return found


def database_address(given: str, default: Path) -> str:
    """The address of the database; `${NAME}` in it stands for a variable of the environment.

    Args:
        given: What the user said; "" for the default.
        default: The SQLite file that is used then.

    Raises:
        UserError: A variable is not set.
    """
    if not given:
        return f"sqlite:///{default}"
    missing = [name for name in _VARIABLE.findall(given) if name not in os.environ]
    if missing:
        raise UserError(
            f"the environment has no {', '.join(missing)}",
            where="--log",
            fix="Set it, or write the address without it.",
        )
    return _VARIABLE.sub(lambda found: os.environ[found[1]], given)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """What two versions answered to the same request.

    Attributes:
        first: The first version's answer.
        second: The second's.
        truth: The right answer, where feedback gave it; None where nobody said anything.
        by_second: Whether the client was given the second version's answer.
    """

    first: Shadow
    second: Shadow
    truth: Json
    by_second: bool


class Store:
    """The three tables. Connections are opened when they are needed.

    Args:
        address: SQLAlchemy's form: `sqlite:///file.db`, `postgresql+psycopg://user@host/name`.

    Raises:
        UserError: The address is no such address, or what it needs is not installed.
    """

    def __init__(self, address: str) -> None:
        try:
            url = make_url(address)
            if url.drivername == "postgresql":
                url = url.set(drivername="postgresql+psycopg")
            self.shown = url.render_as_string(hide_password=True)
            settings: dict[str, Any] = {"pool_pre_ping": True} if url.get_backend_name() != "sqlite" else {}
            self._engine = sql.create_engine(url, **settings)
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            raise UserError(
                f"this is no database that can be used: {str(error).splitlines()[0][:200]}",
                where="--log",
                fix="Write sqlite:///file.db, or postgresql://USER:${PASSWORD}@HOST/NAME (which needs psycopg).",
            ) from None
        if url.get_backend_name() == "sqlite":
            sql.event.listen(self._engine, "connect", _faster)
        self._made = False

    def add(self, entries: Sequence[Entry]) -> None:
        """Store entries, all or none; those that are there already stay as they are, newer feedback replaces older.

        Raises:
            DBAPIError: The database cannot be reached, or is full.
        """
        predictions = [asdict(entry) for entry in entries if isinstance(entry, Logged)]
        feedback = {entry.id: asdict(entry) for entry in entries if isinstance(entry, Feedback)}
        shadows = [asdict(entry) for entry in entries if isinstance(entry, Shadow)]
        with self._engine.begin() as connection:
            self._make_tables(connection)
            for table, rows in ((_PREDICTIONS, predictions), (_SHADOWS, shadows)):
                if rows:
                    connection.execute(self._insert(table).on_conflict_do_nothing(), rows)
            if feedback:
                insert = self._insert(_FEEDBACK)
                changed = {name: insert.excluded[name] for name in ("time", "truth", "source")}
                connection.execute(
                    insert.on_conflict_do_update(
                        index_elements=["id"], set_=changed, where=_FEEDBACK.c.time <= insert.excluded.time
                    ),
                    list(feedback.values()),
                )

    def answered(self, *, since: float = 0.0, until: float = float("inf"), version: str = "") -> Iterator[Answered]:
        """Logged predictions in the order of time, each with its feedback, read some at a time.

        Raises:
            UserError: The database cannot be read.
        """
        joined = sql.select(_PREDICTIONS, _FEEDBACK.c.truth).join(
            _FEEDBACK, _FEEDBACK.c.id == _PREDICTIONS.c.id, isouter=True
        )
        wanted = joined.where(_PREDICTIONS.c.time >= since)
        if until != float("inf"):
            wanted = wanted.where(_PREDICTIONS.c.time < until)
        if version:
            wanted = wanted.where(_PREDICTIONS.c.version == version)
        wanted = wanted.order_by(_PREDICTIONS.c.time, _PREDICTIONS.c.id)
        with self._explained(), self._engine.connect().execution_options(yield_per=_ROWS_AT_ONCE) as connection:
            self._make_tables(connection)
            for found in connection.execute(wanted).mappings():
                yield _answered(dict(found))

    def latest(self, most: int) -> list[Answered]:
        """The latest logged predictions of whatever version, each with its feedback, in the order of time.

        Raises:
            UserError: The database cannot be read.
        """
        wanted = (
            sql.select(_PREDICTIONS, _FEEDBACK.c.truth)
            .join(_FEEDBACK, _FEEDBACK.c.id == _PREDICTIONS.c.id, isouter=True)
            .order_by(_PREDICTIONS.c.time.desc(), _PREDICTIONS.c.id.desc())
            .limit(most)
        )
        with self._explained(), self._engine.connect() as connection:
            self._make_tables(connection)
            found = connection.execute(wanted).mappings().all()
        return [_answered(dict(row)) for row in reversed(found)]

    def count(self) -> int:
        """How many predictions are stored.

        Raises:
            UserError: The database cannot be read.
        """
        with self._explained(), self._engine.connect() as connection:
            self._make_tables(connection)
            return connection.scalar(sql.select(sql.func.count()).select_from(_PREDICTIONS)) or 0

    def pairs(self, first: str, second: str) -> list[Pair]:
        """What two versions answered to the same requests, in the order of time.

        Args:
            first: The one version.
            second: The other one. Either may have answered the client, with the other in the shadow.

        Raises:
            UserError: The database cannot be read.
        """
        ours, other = _PREDICTIONS.c, _SHADOWS.c
        names = [field.name for field in fields(Shadow)]
        columns = [
            *(ours[name].label(f"p_{name}") for name in names),
            *(other[name].label(f"s_{name}") for name in names),
        ]
        wanted = (
            sql.select(*columns, _FEEDBACK.c.truth)
            .join(_SHADOWS, other.id == ours.id)
            .join(_FEEDBACK, _FEEDBACK.c.id == ours.id, isouter=True)
            .where(
                sql.or_(
                    sql.and_(ours.version == first, other.version == second),
                    sql.and_(ours.version == second, other.version == first),
                )
            )
            .order_by(ours.time, ours.id)
        )
        with self._explained(), self._engine.connect() as connection:
            self._make_tables(connection)
            found = connection.execute(wanted).mappings().all()
        return [_pair(row, second) for row in found]

    def known(self, ids: Sequence[str]) -> set[str]:
        """Which of these predictions are stored."""
        found: set[str] = set()
        with self._engine.connect() as connection:
            self._make_tables(connection)
            for begin in range(0, len(ids), _ROWS_AT_ONCE):
                some = ids[begin : begin + _ROWS_AT_ONCE]
                found.update(connection.scalars(sql.select(_PREDICTIONS.c.id).where(_PREDICTIONS.c.id.in_(some))))
        return found

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise UserError(
                f"the log cannot be read: {str(error.orig).splitlines()[0]}",
                where=self.shown,
                fix="Is the database up?",
            ) from None

    def _make_tables(self, connection: sql.Connection) -> None:
        if not self._made:
            _TABLES.create_all(connection)
            self._made = True

    def _insert(self, table: sql.Table) -> Any:
        """The database's own `insert`, which knows what to do with what is there already."""
        if self._engine.dialect.name == "postgresql":
            from sqlalchemy.dialects import postgresql

            return postgresql.insert(table)
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)


def _answered(values: dict[str, Any]) -> Answered:
    truth = values.pop("truth")
    return Answered(entry=Logged(**values), truth=None if truth is None else json.loads(truth))


def _pair(row: Any, second: str) -> Pair:
    told = Shadow(**{key[2:]: value for key, value in row.items() if key.startswith("p_")})
    shadow = Shadow(**{key[2:]: value for key, value in row.items() if key.startswith("s_")})
    by_second = told.version == second
    return Pair(
        first=shadow if by_second else told,
        second=told if by_second else shadow,
        truth=None if row["truth"] is None else json.loads(row["truth"]),
        by_second=by_second,
    )


def _faster(connection: Any, _record: Any) -> None:
    """Readers and the writer do not wait for each other, and a commit does not wait for the disk: the spool does."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.close()
