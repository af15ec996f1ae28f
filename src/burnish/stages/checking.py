"""What the checks are given to look at in the stage `check`, and what is written of what they found."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from burnish.checks.check import Doubted, Policy, Seen
from burnish.checks.runner import Checked
from burnish.contracts import LoadedModel, Row, Task
from burnish.data.ledger import Ledger
from burnish.data.profile import cell_text
from burnish.data.rows import ROW
from burnish.data.table import Table
from burnish.errors import UserError
from burnish.events import Note, Work
from burnish.finding import Finding
from burnish.hardware import set_threads
from burnish.models.sources import BaseModelFolder
from burnish.predictor import UntouchedModel
from burnish.recipe import Recipe
from burnish.reporting.data_report import render_data_report
from burnish.run_folder import RunFolder, atomic_path, write_json, write_text
from burnish.stages.stage import placed

FLAGGED_FILE, DOUBTED_FILE, DATA_REPORT_FILE = "flagged.csv", "label-errors.csv", "data.html"


def seen_by_checks(
    recipe: Recipe,
    task: Task,
    opened: tuple[BaseModelFolder, LoadedModel],
    parts: Sequence[tuple[Table, Sequence[Row]]],
) -> Seen:
    """What the checks may look at.

    Args:
        recipe: Completed.
        task: The recipe's.
        opened: The untouched model, on disk and in memory.
        parts: The training file with its rows, then that of the test, where one is given.
    """
    base, model = opened
    set_threads(recipe.training.threads)  # as in every stage that computes features: they are kept and used again
    table, rows = parts[0]
    uses = any(baseline.uses_features for baseline in task.baselines)
    roles = {*recipe.data.columns.values(), *recipe.data.carried().values()}
    return Seen(
        columns=task.columns,
        rows=rows,
        test=parts[1][1] if len(parts) > 1 else (),
        features=UntouchedModel(task=task, load=lambda: placed(model, recipe), digest=base.digest) if uses else None,
        others={name: cells for name, cells in table.columns.items() if name not in roles},
        audited={name: _values(name, [one for one, _ in parts]) for name in recipe.data.audit},
        seed=recipe.seed,
    )


def _values(name: str, tables: Sequence[Table]) -> dict[int, str]:
    """Values of a column by row number: the rows of the first file are numbered first."""
    values: dict[int, str] = {}
    first = 0
    for table in tables:
        cells: Sequence[Any] = table.columns.get(name, ())
        values |= {first + index: cell_text(cell) for index, cell in enumerate(cells)}
        first += len(table)
    return values


def write_together(path: Path, checked: Checked) -> None:
    """Write which rows must not be in two parts of the split, for the stage `split`."""
    write_json(path, {"compared": list(checked.compared), "sets": [list(rows) for rows in checked.together]})


def refuse_failed(findings: Sequence[Finding], policies: Mapping[str, Policy]) -> None:
    """End where the recipe asks to `fail` at a finding.

    Raises:
        UserError: Names the first such finding, with some of its rows.
    """
    for finding in findings:
        if policies.get(finding.name) == "fail":
            raise UserError(
                finding.text,
                where="; ".join(finding.examples[:3]) or f"checks.{finding.name}",
                fix=f"Mend the data. Or take `{finding.name}: fail` out of `checks:`.",
            )


def write_flagged(path: Path, flagged: Sequence[tuple[str, int, str]], ledger: Ledger) -> None:
    """Write every row of every finding as CSV: the finding, where the row stands, what is shown of it."""
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["finding", ROW, "file", "line", "shown"])
        for name, row, shown in flagged:
            entry = ledger.entry(row)
            writer.writerow([name, row, entry.file, entry.line, shown])


def write_doubted(path: Path, doubted: Sequence[Doubted], ledger: Ledger) -> None:
    """Write labels that a person may want to change as CSV, the least believed first: `burnish label confirm`."""
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([ROW, "file", "line", "text", "label", "suggested", "confidence"])
        for one in doubted:
            entry = ledger.entry(one.row)
            writer.writerow([one.row, entry.file, entry.line, one.text, one.label, one.suggested, one.confidence])


def write_account(
    folder: RunFolder,
    ledger: Ledger,
    findings: Sequence[Finding],
    checked: Checked,
    beside: Mapping[str, Any] | None = None,
) -> Work[None]:
    """Write what became of every row and what was found, with the data report, and say it.

    Args:
        folder: Its profile.json is there.
        ledger: Of all rows.
        findings: Of the rules and the checks.
        checked: What the checks handed back.
        beside: Rows that stay and are in no part of the split, as `ledger.json` tells them.
    """
    stage = folder.stage("check")
    ledger.write(stage / "ledger.csv")
    write_flagged(stage / FLAGGED_FILE, checked.flagged, ledger)
    write_doubted(stage / DOUBTED_FILE, checked.doubted, ledger)
    account = {"read": len(ledger), **_account(ledger), **(beside or {}), "reasons": ledger.reasons()}
    write_json(stage / "ledger.json", account)
    write_json(stage / "findings.json", [finding.as_dict() for finding in findings])
    write_text(stage / DATA_REPORT_FILE, render_data_report(folder))
    yield Note(text=_summary(ledger))
    for finding in findings:
        yield Note(text=finding.sentence, level="warning" if finding.severity == "warning" else "info")


def _account(ledger: Ledger) -> dict[str, Any]:
    counts = ledger.counts()
    return {outcome: counts.get(outcome, 0) for outcome in ("kept", "repaired", "merged", "redacted", "dropped")}


def rows_beside(*, replay: int, unlabelled: int) -> dict[str, Any]:
    """Rows that stay and are in no part of the split, by what they are for."""
    found = {name: count for name, count in (("replay", replay), ("unlabelled", unlabelled)) if count}
    return {"beside": found} if found else {}


def _summary(ledger: Ledger) -> str:
    counts = {outcome: count for outcome, count in _account(ledger).items() if count or outcome == "kept"}
    return f"{len(ledger)} rows read: " + ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
