"""Relabelling on confirmation: doubted labels, what a person decides of each, and a corrected copy of the data."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from burnish.data.profile import cell_text, is_number
from burnish.data.read import read_table
from burnish.data.table import Table
from burnish.errors import UserError, did_you_mean
from burnish.events import Note, Work
from burnish.labelling.roles import column_of, open_task, task_target
from burnish.labelling.tables import check_ending, write_table
from burnish.memory_faults import memory_faults_explained

LABEL_ERRORS = "label-errors.csv"  # as the stage check writes it
CORRECTED, CHANGES = ".corrected", ".changes.csv"
_WRITABLE = frozenset({".csv", ".tsv", ".jsonl", ".ndjson"})
_NEEDED = ("row", "file", "line", "label", "suggested", "confidence")
_YES, _NO, _SKIP = {"y", "yes", "accept"}, {"n", "no", "keep"}, {"", "s", "skip"}


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """A label that the other rows speak against.

    Attributes:
        row: The row's number in the run.
        file: The file it came from.
        line: The line on which it begins.
        text: What it says.
        label: The label that it has.
        suggested: The label that the others suggest.
        confidence: The probability of that one, in [0, 1].
    """

    row: int
    file: str
    line: int
    text: str
    label: str
    suggested: str
    confidence: float


@dataclass(frozen=True, kw_only=True)
class Confirmed:
    """What became of doubted labels. They add up: accepted, otherwise, kept, skipped, elsewhere.

    Attributes:
        out: The corrected copy.
        changes: The account of every doubted row of this file.
        doubts: Doubted labels in all.
        accepted: Labels that were changed to what was suggested.
        otherwise: Labels that were changed to another one that was named.
        kept: Labels that were found right.
        skipped: Labels that nobody decided about.
        elsewhere: Doubted labels of other files than this one.
        rows: Rows in the copy, as many as in the original.
    """

    out: str
    changes: str
    doubts: int
    accepted: int
    otherwise: int
    kept: int
    skipped: int
    elsewhere: int
    rows: int

    def as_dict(self) -> dict[str, Any]:
        """The account as JSON-able values."""
        return asdict(self)


def read_doubts(place: Path) -> list[Doubt]:
    """Read doubted labels: of a run, or of a file as the stage `check` writes it.

    Raises:
        UserError: There is no such file, or it is none.
    """
    path = place / "check" / LABEL_ERRORS if place.is_dir() else place
    if not path.is_file():
        raise UserError(
            "there are no doubted labels here",
            where=str(path),
            fix="Name a run whose checks have run (burnish run DATA), or a file with the columns "
            + ", ".join(_NEEDED)
            + ".",
        )
    rows = _read_rows(path)
    missing = [name for name in _NEEDED if rows and name not in rows[0]]
    if missing:
        raise UserError(
            f"the file has no column {missing[0]!r}", where=str(path), fix=f"It needs: {', '.join(_NEEDED)}."
        )
    return [_doubt(row, path, number) for number, row in enumerate(rows, start=2)]


def read_decisions(path: Path) -> dict[int, str]:
    """Read what a person decided, by the row's number: a copy of the doubted labels with a column `decision`.

    Raises:
        UserError: It lacks the columns `row` and `decision`, or a row's number is none.
    """
    if not path.is_file():
        raise UserError("there is no such file", where=str(path), fix="Name a CSV with the columns row and decision.")
    rows = _read_rows(path)
    if not rows or "row" not in rows[0] or "decision" not in rows[0]:
        raise UserError(
            "the file does not say what was decided",
            where=str(path),
            fix=f"Copy check/{LABEL_ERRORS} and add the column `decision`: yes, no, skip, or the right label.",
        )
    decisions = {}
    for number, row in enumerate(rows, start=2):
        if not (row["row"] or "").strip().isdecimal():
            raise UserError(
                f"{row['row']!r} is no row number", where=f"{path}:{number}", fix=f"Keep the numbers of {LABEL_ERRORS}."
            )
        decisions[int(row["row"])] = (row["decision"] or "").strip()
    return decisions


def accepting_above(doubts: Sequence[Doubt], least: float) -> dict[int, str]:
    """Decisions that accept what is suggested with at least this confidence, and skip the rest."""
    return {doubt.row: "yes" if doubt.confidence >= least else "skip" for doubt in doubts}


def confirm_labels(
    data: Path,
    doubts: Sequence[Doubt],
    decisions: Mapping[int, str],
    *,
    out: Path | None = None,
    task: str = "",
    columns: Mapping[str, str] | None = None,
) -> Work[Confirmed]:
    """Write a corrected copy of a data file, and an account of every doubted row. The original is not changed.

    Args:
        data: The data file that the doubts are about.
        doubts: As `read_doubts` gives them.
        decisions: By the row's number: yes, no, skip, or the name of another label.
        out: The file to write; default: beside the original, with `.corrected` in its name.
        task: The task that the file is for.
        columns: Column by role, where the file calls them otherwise.

    Raises:
        UserError: The file is not the one that was checked, or a decision is none.
    """
    place = out or data.with_name(
        f"{data.stem}{CORRECTED}{data.suffix if data.suffix.lower() in _WRITABLE else '.csv'}"
    )
    check_ending(place)
    if place.resolve() == data.resolve():
        raise UserError("the corrected copy would replace the original", where=str(place), fix="Name another file.")
    named = dict(columns or {})
    chosen = open_task(task, named)
    with memory_faults_explained(str(data)):
        table = read_table(data)
    name = column_of(chosen, task_target(chosen).role, named, table.names)
    if name not in table.columns:
        raise UserError(
            f"there is no column {name!r} with the labels",
            where=str(data),
            fix=f"Name it: --column {task_target(chosen).role}=NAME. {did_you_mean(name, table.names)}",
        )
    here = [doubt for doubt in doubts if doubt.file == data.name]
    known = {cell_text(cell) for cell in table.columns[name]} | {doubt.suggested for doubt in here}
    cells, changes = _corrected(table, name, here, decisions, known)
    columns_now = {**table.columns, name: cells}
    rows = [{key: column[index] for key, column in columns_now.items()} for index in range(len(table))]
    write_table(place, table.names, rows)
    account = place.with_name(place.stem + CHANGES)
    write_table(account, ["row", "line", "before", "after", "outcome", "suggested", "confidence", "text"], changes)
    counts = Counter(change["outcome"] for change in changes)
    confirmed = Confirmed(
        out=str(place),
        changes=str(account),
        doubts=len(doubts),
        accepted=counts["accepted"],
        otherwise=counts["otherwise"],
        kept=counts["kept"],
        skipped=counts["skipped"],
        elsewhere=len(doubts) - len(here),
        rows=len(table),
    )
    yield Note(text=_sentence(confirmed))
    return confirmed


def _corrected(
    table: Table, name: str, doubts: Sequence[Doubt], decisions: Mapping[int, str], known: set[str]
) -> tuple[list[Any], list[dict[str, Any]]]:
    """The column of labels as decided, and what became of each doubted one."""
    places = {line: index for index, line in enumerate(table.lines)}
    cells = list(table.columns[name])
    changes = []
    for doubt in doubts:
        index = places.get(doubt.line)
        if index is None or cell_text(cells[index]) != doubt.label:
            found = "no row begins there" if index is None else f"it is {cell_text(cells[index])!r} now"
            raise UserError(
                f"the row on line {doubt.line} was {doubt.label!r} when it was checked, and {found}",
                where=f"{table.file}:{doubt.line}",
                fix="Give the file that was checked, or check this one first: burnish run DATA.",
            )
        after, outcome = _decided(doubt, decisions.get(doubt.row, ""), known)
        cells[index] = after if after != doubt.label else cells[index]
        changes.append(
            {
                "row": doubt.row,
                "line": doubt.line,
                "before": doubt.label,
                "after": after,
                "outcome": outcome,
                "suggested": doubt.suggested,
                "confidence": doubt.confidence,
                "text": doubt.text,
            }
        )
    return cells, changes


def _decided(doubt: Doubt, decision: str, known: set[str]) -> tuple[str, str]:
    """The label after a decision, and what that is. A label of that very name goes before yes, no and skip."""
    word = decision.casefold()
    if decision in known:
        same = {doubt.suggested: "accepted", doubt.label: "kept"}
        return decision, same.get(decision, "otherwise")
    if word in _YES:
        return doubt.suggested, "accepted"
    if word in _NO:
        return doubt.label, "kept"
    if word in _SKIP:
        return doubt.label, "skipped"
    raise UserError(
        f"{decision!r} is no decision, and no label of this data",
        where=f"row {doubt.row}",
        fix=f"Decide yes, no or skip, or name a label. {did_you_mean(decision, sorted(known))}",
    )


def _read_rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error) as error:
        raise UserError(
            f"the file cannot be read as CSV: {error}", where=str(path), fix="Save it as UTF-8 CSV."
        ) from None


def _doubt(row: Mapping[str, str], path: Path, number: int) -> Doubt:
    numbers = [(row[key] or "").strip() for key in ("row", "line")]
    confidence = (row["confidence"] or "").strip()
    if not all(text.isdecimal() for text in numbers) or not is_number(confidence):
        raise UserError(
            "row, line or confidence is no number", where=f"{path}:{number}", fix="Take the file as it was written."
        )
    return Doubt(
        row=int(numbers[0]),
        file=row["file"] or "",
        line=int(numbers[1]),
        text=row.get("text") or "",
        label=row["label"] or "",
        suggested=row["suggested"] or "",
        confidence=float(confidence),
    )


def _sentence(confirmed: Confirmed) -> str:
    counts = {
        "accepted": confirmed.accepted,
        "changed otherwise": confirmed.otherwise,
        "kept": confirmed.kept,
        "not decided": confirmed.skipped,
        "in other files": confirmed.elsewhere,
    }
    told = ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "nothing to change"
    return f"{confirmed.doubts} doubted labels: {told}; {confirmed.rows} rows: {confirmed.out}"
