"""Weak supervision: labels from functions instead of people, with what each function is worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from burnish.data.profile import cell_text
from burnish.data.read import read_table
from burnish.data.table import Table
from burnish.errors import UserError
from burnish.events import Note, Progress, Work
from burnish.labelling.functions import LabellingFunction, apply_function, load_functions
from burnish.labelling.roles import column_of, find_inputs, open_task, task_target
from burnish.labelling.tables import check_ending, write_table
from burnish.labelling.votes import ABSTAINS, LEAST_FUNCTIONS, FunctionFigures, figures, label_model, majority
from burnish.memory_faults import memory_faults_explained
from burnish.reporting.weak import render_weak
from burnish.run_folder import write_text

if TYPE_CHECKING:
    from burnish.contracts import FloatArray
    from burnish.labelling.votes import Votes

Combine: TypeAlias = Literal["label-model", "majority"]
COMBINES: tuple[Combine, ...] = ("label-model", "majority")
REPORT_ENDING = ".report.html"
_ADDED = ("confidence", "labelled_by")
_ROWS_AT_ONCE = 2000
_SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class Weak:
    """What labelling functions made of a file. Rows add up: written, without a vote, tied, and unsure.

    Attributes:
        out: The file that was written.
        report: The report.
        rows: Rows in the file.
        written: Rows written: those labelled by people and those labelled by functions.
        by_people: Rows that had a label already; they keep it.
        silent: Rows left out because every function abstains.
        tied: Rows left out because the answer is a tie.
        unsure: Rows left out because their confidence is below the least that was asked for.
        combined: `label-model` or `majority`.
        labels: By label, how many rows functions gave it to.
        functions: Every function in numbers.
        right: How many rows that people labelled the combination labels right.
        judged: On how many of them it says anything.
        majority_right: How many of the same rows a plain majority labels right; a tie counts as wrong.
        conflicts: Rows on which functions contradict each other: line, text, votes and what was taken.
    """

    out: str
    report: str
    rows: int
    written: int
    by_people: int
    silent: int
    tied: int
    unsure: int
    combined: Combine
    labels: Mapping[str, int]
    functions: tuple[FunctionFigures, ...]
    right: int
    judged: int
    majority_right: int
    conflicts: tuple[Mapping[str, Any], ...]

    def as_dict(self) -> dict[str, Any]:
        """The account as JSON-able values."""
        found = asdict(self)
        found["functions"] = [{**asdict(one), "accuracy": one.accuracy} for one in self.functions]
        return found


@dataclass(frozen=True, kw_only=True)
class _Voted:
    """A file with the votes on its rows. Of the labels, functions give the first `classes`; people may give others.

    `gold` is people's labels, -1 where there is none.
    """

    table: Table
    target: str
    labels: list[str]
    classes: int
    votes: Votes
    gold: Votes


def label_weakly(
    source: Path,
    functions: Path,
    out: Path,
    *,
    task: str = "",
    columns: Mapping[str, str] | None = None,
    combine: Combine = "label-model",
    least: float = 0.0,
    seed: int = 0,
) -> Work[Weak]:
    """Label rows by functions. The file of functions is run: it is the user's own code, and is named for that.

    Args:
        source: The file of rows. Rows that have a label already say how good the functions are, and keep it.
        functions: A Python file with labelling functions.
        out: The file to write: .csv, .tsv or .jsonl. The report gets the same name with `.report.html`.
        task: The task.
        columns: Column by role, where the file calls them otherwise.
        combine: `label-model` (Snorkel's) or `majority`.
        least: Rows with less confidence than this are left out, in [0, 1].
        seed: Seed of the label model.

    Raises:
        UserError: A file cannot be read, a function fails or returns no label, or there is nothing to combine.
    """
    check_ending(out)
    loaded = load_functions(functions)
    with memory_faults_explained(str(source)):
        table = read_table(source)
    voted = yield from _vote(table, loaded, functions, task, dict(columns or {}))
    model = combine if len(loaded) >= LEAST_FUNCTIONS else "majority"
    if model != combine:
        yield Note(
            text=f"with fewer than {LEAST_FUNCTIONS} functions nothing tells whom to believe: the majority decides",
            level="warning",
        )
    shares = majority(voted.votes, voted.classes)
    found, weights = shares, None
    if model == "label-model":
        yield Note(text="fitting the label model")
        found, weights = label_model(voted.votes, voted.classes, _balance(voted), seed)
    result = _write(voted, loaded, found, shares, weights, out, model, least)
    write_text(
        Path(result.report), render_weak({"name": source.name, "functions_file": functions.name, **result.as_dict()})
    )
    yield Note(text=f"{result.written} of {result.rows} rows written: {out}")
    return result


def _vote(
    table: Table, loaded: Sequence[LabellingFunction], file: Path, task_name: str, named: Mapping[str, str]
) -> Work[_Voted]:
    """Ask every function about every row."""
    task = open_task(task_name, named)
    target = task_target(task)
    if target.kind != "label":
        raise UserError(
            f"labelling functions give labels, and {task.name} wants answers of the kind {target.kind!r}",
            where="--task",
            fix="Choose a task that predicts a label.",
        )
    inputs = find_inputs(task, table, named)
    given = column_of(task, target.role, named, table.names)
    gold = [cell_text(cell) for cell in table.columns.get(given, [""] * len(table))]
    said: list[list[str]] = []
    for index in range(len(table)):
        row = {name: _plain(cells[index]) for name, cells in table.columns.items() if name != given}
        row |= {role: row[name] for role, name in inputs.items()}
        place = ":".join(map(str, table.place(index)))
        said.append([apply_function(function, row, place, file) for function in loaded])
        if (index + 1) % _ROWS_AT_ONCE == 0 or index + 1 == len(table):
            yield Progress(work="asking the functions", done=index + 1, total=len(table))
    labels = sorted({label for row in said for label in row if label})
    if len(labels) < 2:
        raise UserError(
            f"the functions give {'only the label ' + repr(labels[0]) if labels else 'no label to any row'}",
            where=str(file),
            fix="Write functions for at least two labels. A function is given a row: row['text'] is its text.",
        )
    classes = len(labels)
    labels += sorted({label for label in gold if label and label not in labels})
    position = {label: number for number, label in enumerate(labels)} | {"": ABSTAINS}
    votes = np.array([[position[label] for label in row] for row in said], dtype=np.int64)
    truths = np.array([position[label] for label in gold], dtype=np.int64)
    return _Voted(table=table, target=given, labels=labels, classes=classes, votes=votes, gold=truths)


def _plain(cell: Any) -> Any:
    return "" if cell is None else cell


def _balance(voted: _Voted) -> list[float] | None:
    """How common each label is among rows labelled by people; None where there are none of a label."""
    known = voted.gold[(voted.gold >= 0) & (voted.gold < voted.classes)]
    counts = np.bincount(known, minlength=voted.classes)
    return (counts / counts.sum()).tolist() if counts.min() > 0 else None


def _write(
    voted: _Voted,
    loaded: Sequence[LabellingFunction],
    found: FloatArray,
    shares: FloatArray,
    weights: Sequence[float] | None,
    out: Path,
    model: Combine,
    least: float,
) -> Weak:
    """Write the rows that have a label now, and account for all."""
    table, gold = voted.table, voted.gold
    best, confidence = found.argmax(axis=1), found.max(axis=1)
    silent = ~(voted.votes >= 0).any(axis=1)
    tied = ~silent & (np.isclose(found, confidence[:, None]).sum(axis=1) > 1)
    by_people = gold >= 0
    unsure = ~silent & ~tied & (confidence < least)
    kept = by_people | ~(silent | tied | unsure)
    rows = [
        {
            **{name: cells[index] for name, cells in table.columns.items()},
            voted.target: voted.labels[gold[index] if by_people[index] else best[index]],
            "confidence": 1.0 if by_people[index] else round(float(confidence[index]), 4),
            "labelled_by": "people" if by_people[index] else "functions",
        }
        for index in np.flatnonzero(kept).tolist()
    ]
    names = dict.fromkeys(
        [*(name for name in table.names if name not in {voted.target, *_ADDED}), voted.target, *_ADDED]
    )
    write_table(out, list(names), rows)
    judged = by_people & ~silent
    plain = np.where(
        np.isclose(shares, shares.max(axis=1, keepdims=True)).sum(axis=1) == 1, shares.argmax(axis=1), ABSTAINS
    )
    return Weak(
        out=str(out),
        report=str(out.with_name(out.stem + REPORT_ENDING)),
        rows=len(table),
        written=len(rows),
        by_people=int(by_people.sum()),
        silent=int((silent & ~by_people).sum()),
        tied=int((tied & ~by_people).sum()),
        unsure=int((unsure & ~by_people).sum()),
        combined=model,
        labels=dict(Counter(voted.labels[label] for label in best[kept & ~by_people]).most_common()),
        functions=tuple(figures([one.name for one in loaded], voted.labels, voted.votes, gold, weights)),
        right=int((judged & ~tied & (best == gold)).sum()),
        judged=int(judged.sum()),
        majority_right=int((judged & (plain == gold)).sum()),
        conflicts=tuple(_conflicts(voted, loaded, best, tied)),
    )


def _conflicts(
    voted: _Voted, loaded: Sequence[LabellingFunction], best: Votes, tied: np.ndarray
) -> list[dict[str, Any]]:
    """The first rows on which functions contradict each other."""
    highest = voted.votes.max(axis=1)
    lowest = np.where(voted.votes >= 0, voted.votes, len(voted.labels)).min(axis=1)
    found = []
    for index in np.flatnonzero((highest >= 0) & (lowest < highest))[:_SHOWN].tolist():
        votes = {loaded[number].name: voted.labels[vote] for number, vote in enumerate(voted.votes[index]) if vote >= 0}
        cells = (cells[index] for name, cells in voted.table.columns.items() if name != voted.target)
        text = max((cell_text(cell) for cell in cells), key=len, default="")
        taken = "" if tied[index] else voted.labels[best[index]]
        found.append({"line": voted.table.lines[index], "text": text[:160], "votes": votes, "taken": taken})
    return found
