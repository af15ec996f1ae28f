"""`check`: read the data, account for every row, and find what would spoil the result before any training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from burnish.contracts import LoadedModel, Row, Task
from burnish.data.checks import drop_conflicting, drop_leaked, merge_repeated
from burnish.data.columns import check_named_columns
from burnish.data.ledger import Ledger
from burnish.data.profile import profile_table
from burnish.data.read import read_table
from burnish.data.rows import ROW, write_rows
from burnish.data.table import Table
from burnish.errors import UserError, did_you_mean
from burnish.events import Note, Work
from burnish.finding import Finding, counted
from burnish.models.sources import resolve_model
from burnish.recipe import Recipe
from burnish.run_folder import RunFolder, write_json
from burnish.stages.stage import (
    REPLAY_FILE,
    UNLABELLED_FILE,
    Stage,
    base_note,
    data_files,
    open_language,
    open_task,
)

_HISTOGRAM_BINS = 24
_LISTED = 5


def run(recipe: Recipe, folder: RunFolder) -> Work[None]:
    """Write the rows that stay, the given test rows, ledger, findings, profile, and which model it is."""
    task = open_task(recipe)
    base = yield from resolve_model(recipe.model)
    model = task.load(base.folder, task.targets([], {}), recipe.data.longest)
    if recipe.pretraining is not None:
        open_language(task, base.folder, recipe.data.longest)  # if that is refused, then now
    ledger = Ledger()
    table = _read(recipe.data.train, recipe)
    rows, findings = _clean(table, recipe, task, ledger)
    test: list[Row] = []
    if recipe.data.test is not None:
        test_table = _read(recipe.data.test, recipe)
        check_named_columns(recipe.data.columns, test_table)
        test, test_findings = _clean(test_table, recipe, task, ledger)
        rows, leaks = drop_leaked(rows, test, task.columns, ledger)
        findings += [*test_findings, *leaks, *_never_trained(task, rows, test, ledger)]
    general, general_findings = _general_rows(recipe, task, ledger, [*rows, *test])
    unlabelled, unlabelled_findings = _unlabelled_rows(recipe, task, ledger, [*rows, *test])
    findings += [*general_findings, *unlabelled_findings]
    _check_described(recipe, task.targets([*rows, *test], {}).labels)
    findings += task.examine(rows)
    lengths = task.lengths(model, rows)
    findings += _cut_short(lengths, model, rows, ledger)

    stage = folder.stage("check")
    write_rows(stage / "rows.parquet", rows)
    for name, kept in (("test.parquet", test), (REPLAY_FILE, general), (UNLABELLED_FILE, unlabelled)):
        if kept:
            write_rows(stage / name, kept)
    ledger.write(stage / "ledger.csv")
    account = {**_account(ledger), **_beside(replay=len(general), unlabelled=len(unlabelled))}
    write_json(stage / "ledger.json", {"read": len(ledger.entries), **account, "reasons": ledger.reasons()})
    write_json(stage / "findings.json", [finding.as_dict() for finding in findings])
    write_json(stage / "profile.json", _profile(table, rows, task, lengths, model))
    write_json(stage / "model.json", base_note(base).model_dump())
    yield Note(text=_summary(ledger))
    for finding in findings:
        yield Note(
            text=f"{finding.text}; {finding.repair}", level="warning" if finding.severity == "warning" else "info"
        )


def _read(path: Path, recipe: Recipe) -> Table:
    return read_table(path, encoding=recipe.data.encoding, delimiter=recipe.data.delimiter)


def _clean(table: Table, recipe: Recipe, task: Task, ledger: Ledger) -> tuple[list[Row], list[Finding]]:
    """Rows by role that are whole, single and free of conflict; the others are in the ledger."""
    rows, unusable = _usable(table, recipe.data.columns, task.read_row, ledger)
    rows, repeated = merge_repeated(rows, task.columns, ledger)
    rows, conflicting = drop_conflicting(rows, task.columns, ledger)
    return rows, [*unusable, *repeated, *conflicting]


def _usable(
    table: Table, named: Mapping[str, str], read_row: Callable[[Row], Row | str], ledger: Ledger
) -> tuple[list[Row], list[Finding]]:
    """Rows by role that are whole; `named` gives the column of each role."""
    columns = {role: table.columns[name] for role, name in named.items()}
    rows: list[Row] = []
    unusable: Counter[str] = Counter()
    for index, line in enumerate(table.lines):
        number = ledger.open_row(Path(table.file).name, line)
        read = read_row({role: cells[index] for role, cells in columns.items()})
        if isinstance(read, str):
            ledger.settle(number, "dropped", read)
            unusable[read] += 1
        else:
            rows.append({ROW: number, **read})
    if not rows:
        reasons = ", ".join(f"{reason} ({count})" for reason, count in unusable.items())
        raise UserError(
            f"none of the {len(table)} rows can be used: {reasons}",
            where=table.file,
            fix="Check that the right columns are named: " + ", ".join(f"{r}: {c}" for r, c in named.items()),
        )
    return rows, [_unusable_rows(unusable, len(table), ledger)] if unusable else []


def _general_rows(recipe: Recipe, task: Task, ledger: Ledger, own: Sequence[Row]) -> tuple[list[Row], list[Finding]]:
    """Rows to replay: those of the recipe's general file that are of known kinds and stand nowhere in the own data."""
    if recipe.data.replay is None:
        return [], []
    table = _read(recipe.data.replay, recipe)
    check_named_columns(recipe.data.columns, table)
    rows, findings = _clean(table, recipe, task, ledger)
    rows, leaks = drop_leaked(rows, own, task.columns, ledger, place="the run's own data")
    known = set(task.strata(own))
    kept = [row for row, stratum in zip(rows, task.strata(rows), strict=True) if stratum in known]
    numbers = {row[ROW] for row in kept}
    for row in rows:
        if row[ROW] not in numbers:
            ledger.settle(row[ROW], "dropped", "is of a kind that the own data does not have")
    if not kept:
        raise UserError(
            "none of the general rows can be replayed: they are of other kinds than the data, or stand in it",
            where=str(recipe.data.replay),
            fix=f"They need the same values to predict: {', '.join(sorted(known)[:_LISTED])}. Or leave `replay` out.",
        )
    return kept, [*findings, *leaks]


def _unlabelled_rows(recipe: Recipe, task: Task, ledger: Ledger, own: Sequence[Row]) -> tuple[list[Row], list[Finding]]:
    """Rows to pre-train on: those of the recipe's file that stand nowhere in the own data, without targets."""
    if recipe.pretraining is None or recipe.pretraining.data is None:
        return [], []
    inputs = [column for column in task.columns if not column.target]
    named = {column.role: recipe.data.columns[column.role] for column in inputs}
    # A stand-in target lets the task's own reading of rows judge the inputs.
    stand_ins = {column.role: own[0][column.role] for column in task.columns if column.target}

    def read_inputs(raw: Row) -> Row | str:
        read = task.read_row({**raw, **stand_ins})
        return read if isinstance(read, str) else {role: read[role] for role in named}

    table = _read(recipe.pretraining.data, recipe)
    check_named_columns(named, table)
    rows, unusable = _usable(table, named, read_inputs, ledger)
    rows, repeated = merge_repeated(rows, inputs, ledger)
    rows, known = drop_leaked(rows, own, inputs, ledger, place="the run's own data")
    if not rows:
        raise UserError(
            "all texts to pre-train on stand in the run's own data too",
            where=str(recipe.pretraining.data),
            fix="Give other ones; or leave out `data` under `pretraining`: the training rows' texts are used anyway.",
        )
    return rows, [*unusable, *repeated, *map(_as_expected, known)]


def _as_expected(leaked: Finding) -> Finding:
    """What is said of unlabelled rows that stand in the own data: a file of all texts there are often has these."""
    return replace(
        leaked,
        name="unlabelled-known",
        severity="note",
        text=f"{counted(leaked.count, 'unlabelled row stands', 'unlabelled rows stand')} in the run's own data too",
        consequence="the model would have read texts of the test set before the test",
        repair="they were dropped; the training rows are read in their own right",
    )


def _check_described(recipe: Recipe, labels: Sequence[str]) -> None:
    """Refuse descriptions of labels that no row has: they would do nothing."""
    unknown = [label for label in recipe.data.descriptions if label not in labels]
    if unknown:
        raise UserError(
            "the recipe describes labels that no row has: " + ", ".join(map(repr, unknown)),
            where="data.descriptions",
            fix=" ".join(dict.fromkeys(did_you_mean(label, labels) for label in unknown))
            + " Correct them, or take their descriptions out.",
        )


def _unusable_rows(unusable: Counter[str], total: int, ledger: Ledger) -> Finding:
    count = sum(unusable.values())
    places = [f"{e.file}:{e.line}: {e.reason}" for e in ledger.entries if e.outcome == "dropped"]
    return Finding(
        name="unusable-rows",
        severity="warning" if count > total / 20 else "note",
        count=count,
        text=f"{count} of {total} rows cannot be used: " + ", ".join(f"{why} ({n})" for why, n in unusable.items()),
        consequence="nothing is learned from them",
        repair="they were dropped; fill in what is missing to use them",
        examples=tuple(places[:5]),
    )


def _never_trained(task: Task, rows: Sequence[Row], test: Sequence[Row], ledger: Ledger) -> list[Finding]:
    """What the given test rows ask for and no training row shows."""
    trained = set(task.strata(rows))
    unknown = [(row, stratum) for row, stratum in zip(test, task.strata(test), strict=True) if stratum not in trained]
    if not unknown:
        return []
    kinds = sorted({stratum for _, stratum in unknown})
    return [
        Finding(
            name="never-trained",
            severity="warning",
            count=len(unknown),
            text=f"{counted(len(unknown), 'test row', 'test rows')} of kinds that no training row shows: "
            + ", ".join(kinds[:_LISTED]),
            consequence="no system can answer them right, and every score is lower for it",
            repair="they stay in the test set; add training rows of these kinds, or take them out of the test file",
            examples=tuple(f"{ledger.place(row[ROW])}: {stratum}" for row, stratum in unknown[:_LISTED]),
        )
    ]


def _cut_short(lengths: Sequence[int], model: LoadedModel, rows: Sequence[Row], ledger: Ledger) -> list[Finding]:
    cut = [row for row, length in zip(rows, lengths, strict=True) if length > model.longest]
    if not cut:
        return []
    share = len(cut) / len(rows)
    return [
        Finding(
            name="cut-short",
            severity="warning" if share > 0.02 else "note",
            count=len(cut),
            text=f"{counted(len(cut), 'row is', 'rows are')} ({share:.1%}) longer than the {model.longest} "
            f"{model.unit} that the model reads",
            consequence="what stands after that is not seen",
            repair="their beginning is used; put what matters first, or use a model that reads longer texts",
            examples=tuple(ledger.place(row[ROW]) for row in cut[:5]),
        )
    ]


def _profile(
    table: Table, rows: Sequence[Row], task: Task, lengths: Sequence[int], model: LoadedModel
) -> dict[str, Any]:
    import numpy as np

    counts, edges = np.histogram(lengths, bins=min(_HISTOGRAM_BINS, max(lengths)))
    return {
        "format": table.format,
        "rows": len(rows),
        "strata": dict(Counter(task.strata(rows)).most_common()),
        "columns": [asdict(profile) for profile in profile_table(table)],
        "lengths": {
            "counts": counts.tolist(),
            "edges": edges.tolist(),
            "median": float(np.median(lengths)),
            "longest": max(lengths),
            "limit": model.longest,
            "unit": model.unit,
        },
    }


def _account(ledger: Ledger) -> dict[str, Any]:
    counts = ledger.counts()
    return {outcome: counts.get(outcome, 0) for outcome in ("kept", "repaired", "merged", "redacted", "dropped")}


def _beside(*, replay: int, unlabelled: int) -> dict[str, Any]:
    """Rows that stay and are in no part of the split, by what they are for."""
    found = {name: count for name, count in (("replay", replay), ("unlabelled", unlabelled)) if count}
    return {"beside": found} if found else {}


def _summary(ledger: Ledger) -> str:
    counts = {outcome: count for outcome, count in _account(ledger).items() if count or outcome == "kept"}
    return f"{len(ledger.entries)} rows read: " + ", ".join(f"{count} {outcome}" for outcome, count in counts.items())


STAGE = Stage(
    name="check",
    summary="reads the data and accounts for every row",
    reads=("task", "model", "data"),
    files=data_files,
    run=run,
)
