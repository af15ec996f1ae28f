"""What a recipe may have done about labels before anything is learned: write each in one way, leave rare ones out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from burnish.contracts import Column, Row
from burnish.data.labels import FEW_ROWS_PER_CLASS, rare_labels, with_counts
from burnish.data.ledger import Ledger
from burnish.data.rows import ROW, PackedRows, changed_rows, packed, rows_without
from burnish.finding import Finding, counted

_KINDS = frozenset({"label", "spans"})
_LISTED = 8


def write_alike(
    rows: Sequence[Row], columns: Sequence[Column], ledger: Ledger, policy: str, like: Sequence[Row] = ()
) -> tuple[PackedRows, list[Finding]]:
    """Give labels that differ in upper and lower case only the spelling that most rows have.

    Args:
        rows: Rows by role.
        columns: The task's.
        ledger: Says what became of every row.
        policy: `repair` writes them so; all others leave them to be reported with what else is said of labels.
        like: Rows whose spelling goes before that of these: the training rows, where these are test rows.
    """
    rows = packed(rows)
    role = _role(columns)
    if policy != "repair" or not role:
        return rows, []
    first, own = _counts(like, role), _counts(rows, role)
    spelling: dict[str, str] = {}
    for label in [*_by_count(first), *_by_count(own)]:
        spelling.setdefault(label.casefold(), label)
    other = {label: spelling[label.casefold()] for label in own if spelling[label.casefold()] != label}
    if not other:
        return rows, []
    changes = {
        place: {role: _renamed(value, other)}
        for place, value in enumerate(rows.columns[role])
        if any(label in other for label in labels_in(value))
    }
    for place in changes:
        ledger.settle(rows.columns[ROW][place], "repaired", "its label is written as in most rows")
    finding = Finding(
        name="labels-alike",
        severity="note",
        count=len(changes),
        text=f"{counted(len(changes), 'row has a label', 'rows have labels')} that others write with other capitals",
        consequence="they would be learned as different classes, and confused",
        repair="each was written as in most rows",
        examples=tuple(f"{label} → {put}" for label, put in list(other.items())[:_LISTED]),
        policy=policy,
    )
    return changed_rows(rows, changes), [finding]


def drop_rare(
    rows: Sequence[Row], columns: Sequence[Column], ledger: Ledger, policy: str
) -> tuple[PackedRows, list[Finding]]:
    """Take rows of rare classes out.

    Args:
        rows: Rows to learn from, by role.
        columns: The task's.
        ledger: Says what became of every row.
        policy: `drop` takes them out; all others leave them to be reported with what else is said of labels.
    """
    rows = packed(rows)
    role = _role(columns)
    if policy != "drop" or not role:
        return rows, []
    counts = _counts(rows, role)
    rare = rare_labels(counts)
    known = frozenset(rare)
    gone = [place for place, value in enumerate(rows.columns[role]) if not known.isdisjoint(labels_in(value))]
    if not gone:
        return rows, []
    for place in gone:
        ledger.settle(rows.columns[ROW][place], "dropped", f"is of a class with fewer than {FEW_ROWS_PER_CLASS} rows")
    finding = Finding(
        name="rare-classes",
        severity="warning",
        count=len(gone),
        text=f"{counted(len(gone), 'row is', 'rows are')} of {len(rare)} of {len(counts)} classes that have fewer than "
        f"{FEW_ROWS_PER_CLASS} rows",
        consequence="the specialist will not know these classes, and answers one of the others",
        repair="they were dropped; collect more rows of these classes, or merge them into others",
        examples=with_counts(rare, counts),
        policy=policy,
    )
    return rows_without(rows, gone), [finding]


def labels_in(value: Any) -> list[str]:
    """The labels that a target holds: one class, or the kind of each span."""
    return [value] if isinstance(value, str) else [label for _, _, label in value or ()]


def _role(columns: Sequence[Column]) -> str:
    return next((column.role for column in columns if column.target and column.kind in _KINDS), "")


def _counts(rows: Sequence[Row], role: str) -> Counter[str]:
    """Rows that hold each label."""
    return Counter(label for row in rows for label in set(labels_in(row[role])))


def _by_count(counts: Counter[str]) -> list[str]:
    """Labels, the most frequent first; of equally frequent ones, the first by name."""
    return sorted(counts, key=lambda label: (-counts[label], label))


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return names[value]
    return [(start, end, names.get(label, label)) for start, end, label in value]
