"""Which columns of a file play the roles of a task, where targets may be absent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from burnish.catalog import get_task
from burnish.contracts import Column, Task
from burnish.data.columns import check_named_columns, guess_columns
from burnish.data.profile import profile_table
from burnish.data.table import Table
from burnish.errors import UserError, did_you_mean

DEFAULT_TASK = "text-classification"


def task_inputs(task: Task) -> list[Column]:
    """The columns that a person reads."""
    return [column for column in task.columns if not column.target]


def task_target(task: Task) -> Column:
    """The column that a person fills in.

    Raises:
        UserError: The task has several, or none.
    """
    targets = [column for column in task.columns if column.target]
    if len(targets) != 1:
        raise UserError(
            f"{task.name} has {len(targets)} columns to predict, and labelling serves one",
            where="task",
            fix="Choose another task: `burnish tasks` lists them.",
        )
    return targets[0]


def open_task(name: str, named: Mapping[str, str]) -> Task:
    """The task of that name, after a look at the roles that the user named columns for.

    Raises:
        UserError: There is no such task, or it has no such role.
    """
    task = get_task(name or DEFAULT_TASK)
    roles = [column.role for column in task.columns]
    if unknown := [role for role in named if role not in roles]:
        raise UserError(
            f"{task.name} has no role {unknown[0]!r}", where="--column", fix=did_you_mean(unknown[0], roles)
        )
    return task


def find_inputs(task: Task, table: Table, named: Mapping[str, str]) -> dict[str, str]:
    """The file's column for every input role, as named or guessed.

    Args:
        task: Gives the roles.
        table: The file.
        named: Columns by role that are known: from the user, or from a specialist.

    Raises:
        UserError: A named column is not there, or none fits a role.
    """
    inputs = task_inputs(task)
    known = {column.role: named[column.role] for column in inputs if column.role in named}
    check_named_columns(known, table)
    aside = {named.get(column.role, column.role) for column in task.columns if column.target}
    profiles = [profile for profile in profile_table(table) if profile.name not in aside]
    found = guess_columns(inputs, known, profiles)
    for column in inputs:
        if column.role not in found and not column.optional:
            raise UserError(
                f"no column holds {column.summary}",
                where=table.file,
                fix=f"Name it with --column {column.role}=NAME. There is: {', '.join(table.names)}.",
            )
    return found


def input_cells(task: Task, table: Table, inputs: Mapping[str, str]) -> dict[str, Sequence[Any]]:
    """The cells of every input role, with names of files as paths."""
    return {
        column.role: table.cells(column, inputs[column.role]) for column in task_inputs(task) if column.role in inputs
    }


def column_of(task: Task, role: str, named: Mapping[str, str], names: Sequence[str]) -> str:
    """The name of a role's column: as named, else a usual name that the file has, else the role's own."""
    if role in named:
        return named[role]
    column = next(column for column in task.columns if column.role == role)
    return next((name for name in names if name.strip().casefold() in {role, *column.usual_names}), role)
