"""Rows as tasks for Label Studio, with a specialist's answers filled in, and the labelling config for them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from burnish.contracts import Column, Prediction, Task
from burnish.data.profile import cell_text
from burnish.data.read import read_table
from burnish.data.table import Table
from burnish.errors import UserError
from burnish.events import Note, Progress, Work
from burnish.labelling.controls import control_of, control_tag, object_tag
from burnish.labelling.roles import column_of, find_inputs, input_cells, open_task, task_inputs, task_target
from burnish.memory_faults import memory_faults_explained
from burnish.predictor import Specialist
from burnish.run_folder import write_json, write_text

LOCAL_FILES = "/data/local-files/?d="  # where Label Studio serves files of its machine
CONFIG_ENDING = ".config.xml"
_ROWS_AT_ONCE = 256
_FILES = frozenset({"image", "audio"})
_ADDRESS = re.compile(r"^([a-z][a-z0-9+.-]*:|/data/)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What was written for Label Studio.

    Attributes:
        tasks: The file of tasks.
        config: The labelling config.
        rows: Rows read.
        exported: Tasks written.
        predicted: Tasks with an answer filled in.
        empty: Rows left out because nothing is in them to read, as lines of the file.
        labels: The labels to choose from.
    """

    tasks: str
    config: str
    rows: int
    exported: int
    predicted: int
    empty: tuple[int, ...]
    labels: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The account as JSON-able values."""
        return asdict(self)


def export_tasks(
    source: Path,
    out: Path,
    *,
    specialist: Specialist | None = None,
    task: str = "",
    columns: Mapping[str, str] | None = None,
    labels: Sequence[str] = (),
    prefix: str = LOCAL_FILES,
) -> Work[Exported]:
    """Write tasks for Label Studio and the labelling config for them beside it.

    Args:
        source: A file of rows.
        out: The file of tasks (.json); the config gets the same name with `.config.xml`.
        specialist: Fills in its answers, with its score and its name as the version of the model.
        task: The task, where there is no specialist.
        columns: Column by role, where the file calls them otherwise.
        labels: The labels to choose from; without them the specialist's, else those that the file has.
        prefix: Put before the names of image and audio files, so that Label Studio finds them.

    Raises:
        UserError: The file has no column for a role, there are no labels to choose from, or the task cannot be shown.
    """
    named = dict(columns or {})
    chosen = specialist.task if specialist is not None else open_task(task, named)
    if specialist is not None:
        named = {**specialist.manifest.columns, **named}
    target = task_target(chosen)
    with memory_faults_explained(str(source)):
        table = read_table(source)
    inputs = find_inputs(
        chosen, table, {role: name for role, name in named.items() if _usable(role, name, table, columns)}
    )
    given = column_of(chosen, target.role, named, table.names)
    used = tuple(labels) or _known_labels(target, specialist, table, given)
    config = labelling_config(chosen, used, lacking={column.role for column in task_inputs(chosen)} - set(inputs))
    usable = [index for index in range(len(table)) if _has_input(chosen, table, inputs, index)]
    tasks: list[dict[str, Any]] = []
    predicted = 0
    cells = input_cells(chosen, table, inputs)
    for begin in range(0, len(usable), _ROWS_AT_ONCE):
        some = usable[begin : begin + _ROWS_AT_ONCE]
        answers = _answers(specialist, cells, some)
        for index, answer in zip(some, answers, strict=True):
            data = _data(chosen, table, inputs, given, index, prefix)
            filled = [_filled(chosen, specialist, answer)] if specialist is not None and answer is not None else []
            predicted += len(filled)
            tasks.append({"data": data, "meta": {"line": table.lines[index]}, "predictions": filled})
        yield Progress(work="exporting", done=min(begin + _ROWS_AT_ONCE, len(usable)), total=len(usable))
    place = out.with_name(out.stem + CONFIG_ENDING)
    write_json(out, tasks)
    write_text(place, config)
    empty = tuple(table.lines[index] for index in sorted(set(range(len(table))) - set(usable)))
    if empty:
        yield Note(text=f"{len(empty)} rows have nothing to read and were left out", level="warning")
    yield Note(text=f"{len(tasks)} tasks, {predicted} with an answer filled in: {out}; labelling config: {place}")
    return Exported(
        tasks=str(out),
        config=str(place),
        rows=len(table),
        exported=len(tasks),
        predicted=predicted,
        empty=empty,
        labels=used,
    )


def labelling_config(task: Task, labels: Sequence[str], *, lacking: Collection[str] = ()) -> str:
    """The labelling config of a task, as XML: its inputs, and the control that takes the answer.

    Args:
        task: Gives the columns.
        labels: What to choose from; not used where answers are numbers or texts.
        lacking: Roles of optional inputs that the rows do not have.

    Raises:
        UserError: An input cannot be shown, an answer cannot be taken, or there are no labels to choose from.
    """
    target = task_target(task)
    inputs = [column for column in task_inputs(task) if column.role not in lacking]
    if control_of(target).child and not labels:
        raise UserError(
            "there are no labels to choose from",
            where="--label",
            fix="Name them (--label positive --label negative), or give a run with --run.",
        )
    about = _about(target, inputs)
    lines = ["<View>", *(f"  {object_tag(column)}" for column in inputs)]
    return "\n".join([*lines, f"  {control_tag(target, about.role, labels)}", "</View>"]) + "\n"


def _about(target: Column, inputs: Sequence[Column]) -> Column:
    """The input that an answer is about: spans stand in a text."""
    return (
        next((column for column in inputs if column.kind == "text"), inputs[0]) if target.kind == "spans" else inputs[0]
    )


def _usable(role: str, name: str, table: Table, columns: Mapping[str, str] | None) -> bool:
    """Whether a known column name holds here: one that the user gave always, a specialist's only if the file has it."""
    return name in table.columns or role in (columns or {})


def _known_labels(target: Column, specialist: Specialist | None, table: Table, given: str) -> tuple[str, ...]:
    if specialist is not None:
        return tuple(specialist.manifest.targets.labels)
    if target.kind != "label":
        return ()
    return tuple(sorted({text for cell in table.columns.get(given, ()) if (text := cell_text(cell))}))


def _has_input(task: Task, table: Table, inputs: Mapping[str, str], index: int) -> bool:
    needed = [column.role for column in task_inputs(task) if not column.optional]
    return all(cell_text(table.columns[inputs[role]][index]) for role in needed)


def _answers(
    specialist: Specialist | None, cells: Mapping[str, Sequence[Any]], some: Sequence[int]
) -> Sequence[Prediction | None]:
    if specialist is None:
        return [None] * len(some)
    return specialist.predict([{role: column[index] for role, column in cells.items()} for index in some])


def _data(task: Task, table: Table, inputs: Mapping[str, str], given: str, index: int, prefix: str) -> dict[str, Any]:
    """What Label Studio shows and keeps: the inputs under their roles, and the other columns as they are."""
    kinds = {column.role: column.kind for column in task.columns}
    shown: dict[str, Any] = {}
    for role, name in inputs.items():
        cell = table.columns[name][index]
        if kinds[role] in _FILES:
            text = cell_text(cell)
            shown[role] = text if _ADDRESS.match(text) else f"{prefix}{text}"
        else:
            shown[role] = cell if kinds[role] == "messages" else str(cell)
    taken = {*inputs.values(), *shown, given, task_target(task).role}
    return shown | {name: cells[index] for name, cells in table.columns.items() if name not in taken}


def _filled(task: Task, specialist: Specialist, answer: Prediction) -> dict[str, Any]:
    """A prediction as Label Studio stores one; each of several results (spans) is a region of its own."""
    target = task_target(task)
    control = control_of(target)
    about = _about(target, task_inputs(task))
    results = [
        {
            "id": f"p{number}",
            "from_name": target.role,
            "to_name": about.role,
            "type": control.results[0],
            "value": value,
        }
        for number, value in enumerate(control.value(answer))
    ]
    return {"model_version": _version(specialist), "score": round(float(answer.confidence), 6), "result": results}


def _version(specialist: Specialist) -> str:
    """A name for the model that tells it from others: the run's folder and the method."""
    manifest = specialist.manifest
    folder = specialist.folder.resolve()
    name = folder.parents[1].name if folder.parent.name in {"evaluate", "export"} else folder.name
    return f"{name}: {manifest.baseline or manifest.method}"
