"""Read what people answered from an export of Label Studio: JSON, JSON_MIN or CSV."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from burnish.contracts import Column, Json
from burnish.data.profile import cell_text
from burnish.data.read import read_table
from burnish.data.table import Table
from burnish.errors import UserError
from burnish.labelling.controls import Control, NoAnswer, control_of
from burnish.memory_faults import memory_faults_explained

_LISTS = ("annotations", "completions")  # the second in exports of old versions
_OF_THE_EXPORT = frozenset(
    {"id", "annotation_id", "annotator", "created_at", "updated_at", "lead_time", "agreement", "inner_id", "project"}
)
_NOBODY = "unnamed"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one person answered."""

    annotator: str
    value: Json


@dataclass(kw_only=True)
class LabelledTask:
    """A task with the answers that it got.

    Attributes:
        name: Its number in Label Studio, or its place in the file.
        line: The line of the export on which it (first) begins.
        data: What was shown, by name.
        answers: In the order of the export.
        skipped: How often somebody skipped it.
        unusable: Why answers cannot be used.
        replaced: How many answers a later one of the same person took the place of.
    """

    name: str
    line: int
    data: Mapping[str, Any]
    answers: list[Answer] = field(default_factory=list)
    skipped: int = 0
    unusable: list[str] = field(default_factory=list)
    replaced: int = 0

    def take(self, given: Any, value: Json) -> None:
        """Add an answer. A later one of the same person replaces the earlier; people without a name are different."""
        annotator = annotator_name(given) or f"{_NOBODY} {len(self.answers) + 1}"
        others = [answer for answer in self.answers if answer.annotator != annotator]
        self.replaced += len(self.answers) - len(others)
        self.answers = [*others, Answer(annotator=annotator, value=value)]


def read_answers(source: Path, target: Column, control_name: str = "") -> list[LabelledTask]:
    """Read an export of Label Studio; each task stands once, however many people answered it.

    Args:
        source: A file as Label Studio exports it: JSON, JSON_MIN (.json) or CSV (.csv, .tsv).
        target: What was filled in.
        control_name: The name of the control in the labelling config; "" takes the target's role, or where no answer
            has that name, the only one that gives such answers.

    Raises:
        UserError: The file is no such export.
    """
    with memory_faults_explained(str(source)):
        table = read_table(source, as_written=True)
    if any(name in table.columns for name in _LISTS):
        return _full_tasks(table, target, control_name)
    return _flat_tasks(table, target, control_name)


def _full_tasks(table: Table, target: Column, control_name: str) -> list[LabelledTask]:
    control = control_of(target)
    rows = [{name: cells[index] for name, cells in table.columns.items()} for index in range(len(table))]
    annotations = [_annotations(row) for row in rows]
    name = control_name or _control_in_use([item for found in annotations for item in found], control, target.role)
    tasks = []
    for index, (row, found) in enumerate(zip(rows, annotations, strict=True)):
        data = row.get("data")
        if not isinstance(data, Mapping):
            raise UserError(
                f"the task on line {table.lines[index]} has no `data`",
                where=f"{table.file}:{table.lines[index]}",
                fix="Give a file that Label Studio exported as JSON, JSON_MIN or CSV.",
            )
        task = LabelledTask(name=_shown(row.get("id"), index), line=table.lines[index], data=data)
        for annotation in found:
            _add(task, annotation, control, name)
        tasks.append(task)
    return tasks


def _annotations(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found: list[Any] = next((row[name] for name in _LISTS if isinstance(row.get(name), list)), [])
    return [annotation for annotation in found if isinstance(annotation, Mapping)]


def _add(task: LabelledTask, annotation: Mapping[str, Any], control: Control, name: str) -> None:
    """Add what one annotation says to its task."""
    if annotation.get("was_cancelled") or annotation.get("skipped"):
        task.skipped += 1
        return
    results = [result for result in _results(annotation) if result.get("from_name") == name]
    values = [value for result in results if isinstance(value := result.get("value"), Mapping)]
    try:
        value = control.read(values)
    except NoAnswer as problem:
        task.unusable.append(str(problem))
        return
    task.take(annotation.get("completed_by"), value)


def _results(annotation: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = annotation.get("result")
    return [result for result in found if isinstance(result, Mapping)] if isinstance(found, list) else []


def _control_in_use(annotations: Sequence[Mapping[str, Any]], control: Control, role: str) -> str:
    """The name of the control: the role's, or the only other one that gives answers of this kind."""
    names = {
        str(result.get("from_name"))
        for annotation in annotations
        for result in _results(annotation)
        if result.get("type") in control.results
    }
    return role if role in names or len(names) != 1 else names.pop()


def annotator_name(given: Any) -> str:
    """Who answered: a number, an e-mail address, or an object that has them; "" where it is not said."""
    if isinstance(given, Mapping):
        given = next((given[key] for key in ("email", "username", "id") if given.get(key)), None)
    return cell_text(given)


def _flat_tasks(table: Table, target: Column, control_name: str) -> list[LabelledTask]:
    """The short forms have a row for each annotation; rows with the same `id` are about the same task."""
    name = control_name or target.role
    if name not in table.columns:
        raise UserError(
            f"no column {name!r} holds the answers",
            where=table.file,
            fix=f"Name the control of the labelling config: --column {target.role}=NAME. "
            f"There is: {', '.join(table.names)}.",
        )
    control = control_of(target)
    tasks: dict[Hashable, LabelledTask] = {}
    for index, line in enumerate(table.lines):
        row = {column: cells[index] for column, cells in table.columns.items()}
        number = cell_text(row.get("id"))
        data = {key: cell for key, cell in row.items() if key != name and key not in _OF_THE_EXPORT}
        task = tasks.setdefault(number or ("row", index), LabelledTask(name=number or str(index), line=line, data=data))
        if _is_blank(row[name]):
            task.unusable.append("there is no answer")
            continue
        try:
            value = control.read_flat(row[name])
        except NoAnswer as problem:
            task.unusable.append(str(problem))
            continue
        task.take(row.get("annotator"), value)
    return list(tasks.values())


def _is_blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _shown(number: Any, index: int) -> str:
    return cell_text(number) or str(index)
