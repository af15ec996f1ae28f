"""Find the task that suits the columns of the data, where the recipe leaves it open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from burnish.contracts import Task
from burnish.data.columns import guess_columns, may_hold, suits
from burnish.data.profile import ColumnProfile
from burnish.errors import UserError

ROLE_OPTIONS = frozenset({"text", "label"})  # roles that the command line has an option for; a test compares


class UnreadError(UserError):
    """The data holds something that no task reads: it can be checked, and nothing can be trained on it."""


def fitting_task(
    candidates: Sequence[Task], named: Mapping[str, str], profiles: Sequence[ColumnProfile], where: str
) -> tuple[Task, dict[str, str], str]:
    """The first task that has a column for every role and suits what they hold.

    Where none suits, the first that has its columns is taken: its own check says best what is wrong with the values.

    Args:
        candidates: Tasks in the order of trying.
        named: The columns that the user has named, by role.
        profiles: Of all columns.
        where: The data, for messages.

    Returns:
        The task, its columns by role, and the name of the task before it whose columns are there and do not suit it.

    Raises:
        UserError: No task has its columns; an `UnreadError` where that is because of what they hold.
    """
    found = [(task, guess_columns(task.columns, named, profiles)) for task in candidates]
    whole = [
        (task, columns)
        for task, columns in found
        if all(column.role in columns or column.optional for column in task.columns)
    ]
    if not whole:
        if unread := _unread(candidates, profiles):
            raise UnreadError(
                f"the column {unread.name!r} holds {unread.kind}, which no task here reads",
                where=where,
                fix="`burnish tasks` lists the tasks and what they read. Give a file with other columns. "
                "`burnish check` looks at these all the same.",
            )
        raise _no_column(*found[0], named, profiles, where)
    by_name = {profile.name: profile for profile in profiles}
    suiting = (
        (task, columns)
        for task, columns in whole
        if all(may_hold(column, by_name[columns[column.role]]) for column in task.columns if column.role in columns)
    )
    task, columns = next(suiting, whole[0])
    return task, columns, "" if task is whole[0][0] else whole[0][0].name


def _unread(candidates: Sequence[Task], profiles: Sequence[ColumnProfile]) -> ColumnProfile | None:
    """The first column that holds something seen in its cells that none of the tasks reads."""
    read = {column.kind for task in candidates for column in task.columns}
    return next((profile for profile in profiles if profile.kind and profile.kind not in read), None)


def role_option(role: str) -> str:
    """How the command line names the column of a role."""
    return f"--{role} COLUMN" if role in ROLE_OPTIONS else f"--set data.{role}=COLUMN"


def _no_column(
    task: Task, found: Mapping[str, str], named: Mapping[str, str], profiles: Sequence[ColumnProfile], where: str
) -> UserError:
    missing = next(column for column in task.columns if column.role not in found and not column.optional)
    free = [profile for profile in profiles if profile.name not in named.values()]
    fitting = [profile.name for profile in free if missing.target and suits(missing, profile)]
    if len(fitting) > 1:
        what = f"more than one column looks like {missing.summary} (`{missing.role}`): {', '.join(fitting)}"
    else:
        what = f"no column looks like {missing.summary} (`{missing.role}`)"
    return UserError(
        what,
        where=where,
        fix=f"Name it with {role_option(missing.role)}, or `{missing.role}:` under `data:`. "
        f"The columns are: {', '.join(profile.name for profile in profiles)}.",
    )
