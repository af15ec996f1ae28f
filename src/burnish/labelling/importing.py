"""Bring an export of Label Studio back as rows to train on, with one answer for each task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from burnish.contracts import Column, Task
from burnish.errors import UserError
from burnish.events import Note, Work
from burnish.labelling.answers import LabelledTask, read_answers
from burnish.labelling.export import LOCAL_FILES
from burnish.labelling.resolve import Agreement, Resolved, Rule, measure_agreement, resolve_tasks
from burnish.labelling.roles import open_task, task_inputs, task_target
from burnish.labelling.tables import check_ending, write_table
from burnish.metrics.agreement import Level

RULES: tuple[Rule, ...] = ("majority", "weighted", "unanimous")
_ADDED = ("annotators", "agreement")
_LISTED = 20


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What became of an export. Tasks add up: written, tied, and the four kinds of tasks without an answer.

    Attributes:
        out: The file that was written.
        tasks: Tasks in the export.
        written: Rows written, tied ones that were kept among them.
        tied: Tasks left out because as many people said something else.
        skipped: Tasks that people only skipped.
        unusable: Tasks whose answers could not be read.
        unanswered: Tasks that nobody answered.
        empty: Tasks whose data lacks an input.
        answers: Answers read.
        replaced: Answers that a later one of the same person took the place of.
        reasons: Why answers could not be used, with counts.
        ties: The first tied tasks: the line of the export, what was said, and what was taken, if anything.
        agreement: How far people agree.
    """

    out: str
    tasks: int
    written: int
    tied: int
    skipped: int
    unusable: int
    unanswered: int
    empty: int
    answers: int
    replaced: int
    reasons: Mapping[str, int]
    ties: tuple[Mapping[str, Any], ...]
    agreement: Agreement

    def as_dict(self) -> dict[str, Any]:
        """The account as JSON-able values."""
        return asdict(self) | {"agreement": self.agreement.as_dict()}


def import_answers(
    source: Path,
    out: Path,
    *,
    task: str = "",
    columns: Mapping[str, str] | None = None,
    rule: Rule = "majority",
    keep_ties: bool = False,
    level: Level | None = None,
    prefix: str = LOCAL_FILES,
) -> Work[Imported]:
    """Read an export of Label Studio and write rows with one answer each.

    Args:
        source: JSON, JSON_MIN or CSV as Label Studio exports it.
        out: The file to write: .csv, .tsv or .jsonl.
        task: The task that was labelled for.
        columns: By role the name that the labelling config has for it, where it is another than the role.
        rule: How several answers become one, see `resolve_tasks`.
        keep_ties: Take the answer of the person who agrees most with the others, in place of leaving ties out.
        level: The level of measurement of Krippendorff's alpha; None takes what suits the task.
        prefix: Taken off the names of files, where the export put it.

    Raises:
        UserError: The file is no such export, or has no answer that can be used.
    """
    check_ending(out)
    named = dict(columns or {})
    chosen = open_task(task, named)
    target = task_target(chosen)
    found = read_answers(source, target, named.get(target.role, ""))
    inputs = {column.role: named.get(column.role, column.role) for column in task_inputs(chosen)}
    _check_inputs(found, chosen, inputs, source)
    whole = [one for one in found if _has_inputs(one, chosen, inputs)]
    agreement = measure_agreement(whole, target.kind, level, text=_text_name(chosen, inputs))
    resolved = resolve_tasks(whole, target.kind, rule, agreement, keep_ties=keep_ties)
    rows = [_row(one, target, inputs, prefix) for one in resolved if one.value is not None]
    if not rows:
        raise _nothing(found, resolved, source)
    names = dict.fromkeys(name for row in rows for name in row if name not in {*_ADDED, target.role})
    write_table(out, [*names, target.role, *_ADDED], rows)
    imported = _account(found, whole, resolved, out, agreement)
    for sentence in _sentences(imported):
        yield Note(text=sentence)
    return imported


def _check_inputs(tasks: Sequence[LabelledTask], task: Task, inputs: Mapping[str, str], source: Path) -> None:
    names = dict.fromkeys(str(name) for one in tasks for name in one.data)
    for column in task_inputs(task):
        if not column.optional and inputs[column.role] not in names:
            raise UserError(
                f"no task has {inputs[column.role]!r} in its data, which is to hold {column.summary}",
                where=str(source),
                fix=f"Name it with --column {column.role}=NAME. There is: {', '.join(list(names)[:12]) or 'nothing'}.",
            )


def _has_inputs(one: LabelledTask, task: Task, inputs: Mapping[str, str]) -> bool:
    needed = [inputs[column.role] for column in task_inputs(task) if not column.optional]
    return all(one.data.get(name) not in (None, "") for name in needed)


def _text_name(task: Task, inputs: Mapping[str, str]) -> str:
    return next((inputs[column.role] for column in task_inputs(task) if column.kind == "text"), "")


def _row(resolved: Resolved, target: Column, inputs: Mapping[str, str], prefix: str) -> dict[str, Any]:
    """Inputs under their roles first, then what else the task carries, then the answer."""
    data = resolved.task.data
    row = {role: _without(prefix, data.get(name)) for role, name in inputs.items() if name in data}
    others = {str(name): cell for name, cell in data.items() if name not in {*inputs.values(), *row, target.role}}
    return {
        **row,
        **others,
        target.role: resolved.value,
        "annotators": resolved.answers,
        "agreement": round(resolved.agreement, 4),
    }


def _without(prefix: str, cell: Any) -> Any:
    return cell.removeprefix(prefix) if isinstance(cell, str) and prefix else cell


def _account(
    found: Sequence[LabelledTask],
    whole: Sequence[LabelledTask],
    resolved: Sequence[Resolved],
    out: Path,
    agreement: Agreement,
) -> Imported:
    silent = [task for task in whole if not task.answers]
    unusable = sum(bool(task.unusable) for task in silent)
    skipped = sum(bool(task.skipped) and not task.unusable for task in silent)
    tied = [one for one in resolved if one.tie]
    return Imported(
        out=str(out),
        tasks=len(found),
        written=sum(one.value is not None for one in resolved),
        tied=sum(one.value is None for one in resolved),
        skipped=skipped,
        unusable=unusable,
        unanswered=len(silent) - unusable - skipped,
        empty=len(found) - len(whole),
        answers=sum(len(task.answers) for task in found),
        replaced=sum(task.replaced for task in found),
        reasons=dict(Counter(reason for task in found for reason in task.unusable).most_common(_LISTED)),
        ties=tuple(
            {"task": one.task.name, "line": one.task.line, "answers": list(one.tie), "taken": one.value}
            for one in tied[:_LISTED]
        ),
        agreement=agreement,
    )


def _nothing(found: Sequence[LabelledTask], resolved: Sequence[Resolved], source: Path) -> UserError:
    reasons = Counter(reason for task in found for reason in task.unusable).most_common(3)
    told = "; ".join(f"{reason} ({count})" for reason, count in reasons)
    if resolved:
        told = f"all {len(resolved)} answered tasks are ties"
    return UserError(
        f"none of the {len(found)} tasks has an answer that can be used" + (f": {told}" if told else ""),
        where=str(source),
        fix="Label some tasks and export again. If the labelling config names the answers otherwise, say so with "
        "--column ROLE=NAME; --keep-ties keeps ties.",
    )


def _sentences(imported: Imported) -> list[str]:
    left = {
        "tied": imported.tied,
        "skipped": imported.skipped,
        "unusable": imported.unusable,
        "not answered": imported.unanswered,
        "without input": imported.empty,
    }
    rest = "".join(f", {count} {name}" for name, count in left.items() if count)
    return [f"{imported.tasks} tasks: {imported.written} written{rest}: {imported.out}"]
