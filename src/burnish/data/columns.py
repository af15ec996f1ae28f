"""Find the columns that play a task's roles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from burnish.contracts import Column
from burnish.data.profile import ColumnProfile
from burnish.data.table import Table
from burnish.errors import UserError, did_you_mean


def check_named_columns(named: Mapping[str, str], table: Table) -> None:
    """Check the columns that the user named for roles.

    Raises:
        UserError: The table does not have a column (all such roles are named at once), or two roles share one.
    """
    missing = {role: column for role, column in named.items() if column not in table.columns}
    if missing:
        problems = "; ".join(
            f"`{role}: {column}` is not a column. {did_you_mean(column, table.names)}"
            for role, column in missing.items()
        )
        raise UserError(problems, where=table.file, fix="The file's columns are: " + ", ".join(table.names) + ".")
    for column, count in Counter(named.values()).items():
        if count > 1:
            roles = " and ".join(f"`{role}`" for role, name in named.items() if name == column)
            raise UserError(
                f"{roles} are both the column {column!r}",
                where=table.file,
                fix="Name another column for one of them. There is: " + ", ".join(table.names) + ".",
            )


def guess_columns(
    roles: Sequence[Column], named: Mapping[str, str], profiles: Sequence[ColumnProfile]
) -> dict[str, str]:
    """Choose a column for every role that the user has not named.

    A usual name decides; else a target takes the column with few repeated values, and an input the wordiest column.

    Returns:
        A column name by role; a role for which nothing fits is left out.
    """
    chosen = dict(named)
    for role in roles:
        free = [profile for profile in profiles if profile.name not in chosen.values()]
        if role.role not in chosen and (match := _by_name(role, free)):
            chosen[role.role] = match
    for role in sorted(roles, key=lambda role: not role.target):
        free = [profile for profile in profiles if profile.name not in chosen.values() and profile.filled]
        if role.role in chosen or not free:
            continue
        candidates = [profile for profile in free if looks_like_labels(profile)] if role.target else free
        if role.target and len(candidates) == 1:
            chosen[role.role] = candidates[0].name
        elif not role.target:
            chosen[role.role] = max(candidates, key=lambda profile: profile.mean_words).name
    return chosen


def looks_like_labels(profile: ColumnProfile) -> bool:
    """Whether a column's values repeat as class names do."""
    return 2 <= profile.distinct <= max(20, profile.filled // 10) and profile.mean_words <= 4


def _by_name(role: Column, free: Sequence[ColumnProfile]) -> str:
    by_folded = {profile.name.strip().casefold(): profile.name for profile in reversed(free)}  # the first of equals
    return next((by_folded[name] for name in role.usual_names if name in by_folded), "")
