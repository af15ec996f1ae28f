"""Checks that hold for every kind of row: repeated rows, and the same input with different targets."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from burnish.contracts import Column, Row
from burnish.data.ledger import Ledger
from burnish.data.rows import ROW
from burnish.finding import Finding, counted

_EXAMPLES = 5


def merge_repeated(rows: Sequence[Row], columns: Sequence[Column], ledger: Ledger) -> tuple[list[Row], list[Finding]]:
    """Keep the first of rows that agree in every role; the others are merged into it."""
    roles = [column.role for column in columns]
    first: dict[Hashable, Row] = {}
    merged: list[Row] = []
    for row in rows:
        kept = first.setdefault(_key(row, roles), row)
        if kept is not row:
            merged.append(row)
            ledger.settle(row[ROW], "merged", "repeats another row", into=kept[ROW])
    finding = Finding(
        name="repeated-rows",
        severity="note",
        count=len(merged),
        text=f"{counted(len(merged), 'row repeats', 'rows repeat')} another row exactly",
        consequence="a copy in the test set would be answered from memory, and scores would look better than they are",
        repair="each was merged into its first copy",
        examples=tuple(f"{ledger.place(row[ROW])}: {_shown(row, columns)}" for row in merged[:_EXAMPLES]),
    )
    return list(first.values()), [finding] if merged else []


def drop_conflicting(rows: Sequence[Row], columns: Sequence[Column], ledger: Ledger) -> tuple[list[Row], list[Finding]]:
    """Drop rows whose input also stands with another target, keeping the target that most copies agree on, if any.

    Runs after `merge_repeated`, so copies are counted through the ledger's merged entries.
    """
    inputs = [column.role for column in columns if not column.target]
    groups: dict[Hashable, list[Row]] = defaultdict(list)
    for row in rows:
        groups[_key(row, inputs)].append(row)
    copies = _copies(rows, ledger)
    dropped: dict[int, Row] = {}
    for group in groups.values():
        if len(group) > 1:
            for row in _minority(group, copies):
                dropped[row[ROW]] = row
                ledger.settle(row[ROW], "dropped", "the same input has another label elsewhere")
    conflicts = sum(len(group) > 1 for group in groups.values())
    finding = Finding(
        name="conflicting-labels",
        severity="warning",
        count=len(dropped),
        text=f"{counted(conflicts, 'input stands', 'inputs stand')} in the data with different labels; "
        f"{len(dropped)} of {'its' if conflicts == 1 else 'their'} rows went out",
        consequence="nothing can be learned from them, and no model can be right about both",
        repair="the label that most copies agree on was kept, where there is one; decide and correct the others",
        examples=tuple(f"{ledger.place(row)}: {_shown(dropped[row], columns)}" for row in list(dropped)[:_EXAMPLES]),
    )
    return [row for row in rows if row[ROW] not in dropped], [finding] if dropped else []


def drop_leaked(
    train: Sequence[Row],
    test: Sequence[Row],
    columns: Sequence[Column],
    ledger: Ledger,
    *,
    place: str = "the test set",
) -> tuple[list[Row], list[Finding]]:
    """Drop rows to train on whose input stands in other rows too: those of the given test set.

    Args:
        train: Rows to train on.
        test: Rows that must not be among them.
        columns: The task's.
        ledger: Says what became of every row.
        place: What the other rows are, for the ledger and the finding.
    """
    inputs = [column.role for column in columns if not column.target]
    tested = {_key(row, inputs) for row in test}
    leaked = [row for row in train if _key(row, inputs) in tested]
    for row in leaked:
        ledger.settle(row[ROW], "dropped", f"stands in {place} too")
    finding = Finding(
        name="leaked-rows",
        severity="warning",
        count=len(leaked),
        text=f"{counted(len(leaked), 'training row stands', 'training rows stand')} in {place} too",
        consequence="the model would be tested on rows it has learned by heart",
        repair=f"they were dropped from training; {place} is untouched",
        examples=tuple(f"{ledger.place(row[ROW])}: {_shown(row, columns)}" for row in leaked[:_EXAMPLES]),
    )
    numbers = {row[ROW] for row in leaked}
    return [row for row in train if row[ROW] not in numbers], [finding] if leaked else []


def _key(row: Row, roles: Sequence[str]) -> Hashable:
    return tuple(repr(row[role]) for role in roles)


def _copies(rows: Sequence[Row], ledger: Ledger) -> Mapping[int, int]:
    merged = Counter(entry.into for entry in ledger.entries if entry.into is not None)
    return {row[ROW]: 1 + merged[row[ROW]] for row in rows}


def _minority(group: Sequence[Row], copies: Mapping[int, int]) -> list[Row]:
    """The rows of a conflict that do not hold more than half of its copies."""
    total = sum(copies[row[ROW]] for row in group)
    return [row for row in group if 2 * copies[row[ROW]] <= total]


def _shown(row: Row, columns: Sequence[Column]) -> str:
    def short(value: Any) -> str:
        text = " ".join(str(value).split())
        return text if len(text) <= 60 else text[:59] + "…"

    return " → ".join(short(row[column.role]) for column in columns)
