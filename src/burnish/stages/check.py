"""`check`: read the data, account for every row, and find what would spoil the result before any training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
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
from burnish.errors import UserError
from burnish.events import Note, Work
from burnish.finding import Finding, counted
from burnish.models.sources import resolve_model
from burnish.recipe import Recipe
from burnish.run_folder import RunFolder, write_json
from burnish.stages.stage import Stage, base_note, data_files, open_task

_HISTOGRAM_BINS = 24
_LISTED = 5


def run(recipe: Recipe, folder: RunFolder) -> Work[None]:
    """Write the rows that stay, the given test rows, ledger, findings, profile, and which model it is."""
    task = open_task(recipe)
    base = yield from resolve_model(recipe.model)
    model = task.load(base.folder, task.targets([], {}), recipe.data.longest)
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
    findings += task.examine(rows)
    lengths = task.lengths(model, rows)
    findings += _cut_short(lengths, model, rows, ledger)

    stage = folder.stage("check")
    write_rows(stage / "rows.parquet", rows)
    if test:
        write_rows(stage / "test.parquet", test)
    ledger.write(stage / "ledger.csv")
    write_json(stage / "ledger.json", {"read": len(ledger.entries), **_account(ledger), "reasons": ledger.reasons()})
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
    columns = {role: table.columns[name] for role, name in recipe.data.columns.items()}
    rows: list[Row] = []
    unusable: Counter[str] = Counter()
    for index, line in enumerate(table.lines):
        number = ledger.open_row(Path(table.file).name, line)
        read = task.read_row({role: cells[index] for role, cells in columns.items()})
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
            fix="Check that the right columns are named: "
            + ", ".join(f"{r}: {c}" for r, c in recipe.data.columns.items()),
        )
    findings = [_unusable_rows(unusable, len(table), ledger)] if unusable else []
    rows, repeated = merge_repeated(rows, task.columns, ledger)
    rows, conflicting = drop_conflicting(rows, task.columns, ledger)
    return rows, [*findings, *repeated, *conflicting]


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
