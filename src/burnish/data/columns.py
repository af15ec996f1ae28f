"""Find the columns that play a task's roles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from burnish.contracts import Column
from burnish.data.profile import MOSTLY, ColumnProfile
from burnish.data.table import Table
from burnish.errors import UserError, did_you_mean

_SEEN = frozenset({"image", "audio", "spans", "messages"})  # kinds that are seen in the cells
_TOLD = 12


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
    A column that is seen to hold something else (images, where a text is wanted) is not chosen.
    An optional input is taken by name only.

    Returns:
        A column name by role; a role for which nothing fits is left out.
    """
    chosen = dict(named)
    for role in roles:
        free = [p for p in profiles if p.name not in chosen.values() and p.kind in {"", role.kind}]
        if role.role not in chosen and (match := _by_name(role, free)):
            chosen[role.role] = match
    for role in sorted(roles, key=lambda role: not role.target):
        free = [p for p in profiles if p.name not in chosen.values() and p.filled and _is_of_kind(role, p)]
        if role.role in chosen or role.optional or not free:
            continue
        candidates = [profile for profile in free if suits(role, profile)]
        if role.target and len(candidates) == 1:
            chosen[role.role] = candidates[0].name
        elif candidates and not role.target:
            chosen[role.role] = max(candidates, key=lambda profile: profile.mean_words).name
    return chosen


def suits(role: Column, profile: ColumnProfile) -> bool:
    """Whether a column's cells look like what a role holds; anything may be an input."""
    if role.kind == "number":
        return looks_like_numbers(profile)
    if role.kind in _SEEN:
        return _is_of_kind(role, profile)
    if role.kind == "answer":
        return not looks_like_labels(profile) and not looks_like_numbers(profile)
    return looks_like_labels(profile) if role.target else True


def may_hold(role: Column, profile: ColumnProfile) -> bool:
    """Whether a role could be played by a column at all; a weaker question than whether it looks like it."""
    match role.kind:
        case "label":
            return not profile.on_a_scale
        case "number":
            return profile.distinct > 1 and profile.numbers >= MOSTLY
        case "messages":
            return profile.kind in {"", "messages"}  # a text is a conversation of one question
    return _is_of_kind(role, profile)


def _is_of_kind(role: Column, profile: ColumnProfile) -> bool:
    """Whether a column's cells are of a role's kind, where a kind is seen in the cells."""
    return profile.kind in ({role.kind} if role.kind in _SEEN else {"", role.kind})


def looks_like_labels(profile: ColumnProfile) -> bool:
    """Whether a column's values repeat as class names do."""
    few = 2 <= profile.distinct <= max(20, profile.filled // 10)
    return few and profile.mean_words <= 4 and not profile.on_a_scale


def looks_like_numbers(profile: ColumnProfile) -> bool:
    """Whether a column's values are numbers, of which there are several."""
    return profile.numbers == 1 and profile.distinct > 2


def told_columns(profiles: Sequence[ColumnProfile]) -> str:
    """What the columns hold, in a few words each."""
    told = [f"{profile.name} ({_told(profile)})" for profile in profiles[:_TOLD]]
    return ", ".join(told) + (f" and {len(profiles) - _TOLD} more" if len(profiles) > _TOLD else "")


def _told(profile: ColumnProfile) -> str:
    if not profile.filled:
        return "empty"
    if profile.kind and profile.kind not in {"label", "text"}:
        return profile.kind
    if profile.distinct == 1:
        return "one value"
    if profile.numbers == 1:
        return "whole numbers" if profile.whole_numbers == 1 else "numbers"
    return f"{profile.distinct} classes" if looks_like_labels(profile) else "text"


def _by_name(role: Column, free: Sequence[ColumnProfile]) -> str:
    by_folded = {profile.name.strip().casefold(): profile.name for profile in reversed(free)}  # the first of equals
    return next((by_folded[name] for name in role.usual_names if name in by_folded), "")
