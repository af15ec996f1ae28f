"""The rows of a retraining: new ones, checked and split by themselves, beside those of before."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from burnish.catalog import get_task
from burnish.contracts import Row
from burnish.data.cells import Cells
from burnish.data.keys import places_among, row_keys
from burnish.data.rows import PackedRows, joined_rows
from burnish.errors import UserError
from burnish.recipe import Recipe
from burnish.run_folder import RunFolder, atomic_path
from burnish.stages.evaluate import open_sealed_rows
from burnish.stages.stage import open_rows

ROWS, TEST = "rows", "test"
OLD_FILE, NEW_FILE = "old.parquet", "new.parquet"
KEPT_FILE, FRESH_FILE = "kept.parquet", "fresh.parquet"  # test rows of before, and those of the new data


def gather(recipe: Recipe, old: RunFolder, intake: RunFolder, place: Path, replay: float) -> dict[str, int]:
    """Write what is learned from and what is tested on, as two folders of tables with the user's columns.

    New rows that the old run had already are known: they are not tested on, since the present specialist may have
    learned from them. The old test rows stay test rows.

    Args:
        recipe: The old run's.
        old: The old run.
        intake: The new rows, checked and split.
        place: Where the folders `rows` and `test` go.
        replay: The share of the old rows that are learned from again.

    Returns:
        Rows by what they are.

    Raises:
        UserError: No new test row is left, or the old test rows have changed.
    """
    roles = [column.role for column in get_task(recipe.task).columns if not column.target]
    learned = joined_rows(open_rows(old, "train"), open_rows(old, "validation"))
    tested = open_sealed_rows(old)
    new = joined_rows(open_rows(intake, "train"), open_rows(intake, "validation"))
    fresh, known = _unknown(open_sealed_rows(intake), joined_rows(learned, tested), roles)
    new, more = _unknown(new, tested, roles)
    if not len(fresh) or not len(new):
        raise UserError(
            "there is nothing new: the old run had all of these rows already",
            where=str(intake.root),
            fix="Give rows that the present specialist has not seen.",
        )
    replayed = learned.take(_spread(len(learned), replay))
    parts: Mapping[tuple[str, str], PackedRows] = {
        (ROWS, OLD_FILE): replayed,
        (ROWS, NEW_FILE): new,
        (TEST, KEPT_FILE): tested,
        (TEST, FRESH_FILE): fresh,
    }
    keys = dict.fromkeys(key for rows in parts.values() for key in rows.columns)
    names = {key: _names(recipe)[key] for key in keys if key in _names(recipe)}
    for (folder, name), rows in parts.items():
        if len(rows):
            _write(place / folder / name, rows, names)
    return {
        "old": len(learned),
        "replayed": len(replayed),
        "new": len(new),
        "kept_test": len(tested),
        "fresh_test": len(fresh),
        "known": known + more,
    }


def label_file(path: Path, recipe: Recipe, rows: Sequence[Row]) -> Path:
    """Write rows by role as a table with the user's columns, as JSON Lines."""
    names = _names(recipe)
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        for row in rows:
            named = {names[role]: value for role, value in row.items() if role in names}
            file.write(json.dumps(named, ensure_ascii=False) + "\n")
    return path


def _names(recipe: Recipe) -> dict[str, str]:
    """The user's column by the key in rows."""
    return {**recipe.data.columns, **recipe.data.carried()}


def _unknown(rows: PackedRows, others: PackedRows, roles: Sequence[str]) -> tuple[PackedRows, int]:
    """Rows whose inputs are not among those of others, and how many are."""
    shared = [role for role in roles if role in rows.columns and role in others.columns]
    known = set(places_among(row_keys(rows, shared), row_keys(others, shared)).tolist())
    return rows.take([place for place in range(len(rows)) if place not in known]), len(known)


def _spread(rows: int, share: float) -> list[int]:
    """Places of a share of rows, spread evenly: the split has mixed them."""
    wanted = round(rows * share)
    return [number * rows // wanted for number in range(wanted)] if wanted else []


def _write(path: Path, rows: PackedRows, names: Mapping[str, str]) -> None:
    import polars as pl

    columns: dict[str, Any] = {name: _series(rows.columns.get(key), len(rows)) for key, name in names.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        pl.DataFrame([series.alias(name) for name, series in columns.items()]).write_parquet(temporary)


def _series(cells: Cells | None, rows: int) -> Any:
    import polars as pl

    return pl.Series([None] * rows, dtype=pl.String) if cells is None else cells.series()
