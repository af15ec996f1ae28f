"""Checks that hold for every kind of row: repeated rows, and the same input with different targets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from burnish.contracts import Column, Row
from burnish.data.keys import first_places, places_among, row_keys
from burnish.data.ledger import Ledger
from burnish.data.rows import ROW, PackedRows, packed, rows_without
from burnish.finding import Finding, counted

if TYPE_CHECKING:
    import numpy as np

_EXAMPLES = 5


def merge_repeated(rows: Sequence[Row], columns: Sequence[Column], ledger: Ledger) -> tuple[PackedRows, list[Finding]]:
    """Keep the first of rows that agree in every role; the others are merged into it."""
    import numpy as np

    rows = packed(rows)
    first = first_places(row_keys(rows, [column.role for column in columns]))
    is_first = first == np.arange(len(rows))
    merged = np.flatnonzero(~is_first).tolist()
    for place in merged:
        number = rows.columns[ROW][place]
        ledger.settle(number, "merged", "repeats another row", into=rows.columns[ROW][int(first[place])])
    finding = Finding(
        name="repeated-rows",
        severity="note",
        count=len(merged),
        text=f"{counted(len(merged), 'row repeats', 'rows repeat')} another row exactly",
        consequence="a copy in the test set would be answered from memory, and scores would look better than they are",
        repair="each was merged into its first copy",
        examples=_examples(rows, merged, columns, ledger),
    )
    return (rows.take(np.flatnonzero(is_first)), [finding]) if merged else (rows, [])


def drop_conflicting(
    rows: Sequence[Row], columns: Sequence[Column], ledger: Ledger
) -> tuple[PackedRows, list[Finding]]:
    """Drop rows whose input also stands with another target, keeping the target that most copies agree on, if any.

    Runs after `merge_repeated`, so copies are counted through the ledger's merged entries.
    """
    rows = packed(rows)
    inputs = [column.role for column in columns if not column.target]
    copies = ledger.copies()
    dropped: list[int] = []
    conflicts = 0
    for group in _groups(first_places(row_keys(rows, inputs))):
        conflicts += 1
        weights = {place: 1 + copies[rows.columns[ROW][place]] for place in group}
        for place in (place for place in group if 2 * weights[place] <= sum(weights.values())):
            dropped.append(place)
            ledger.settle(rows.columns[ROW][place], "dropped", "the same input has another label elsewhere")
    finding = Finding(
        name="conflicting-labels",
        severity="warning",
        count=len(dropped),
        text=f"{counted(conflicts, 'input stands', 'inputs stand')} in the data with different labels; "
        f"{len(dropped)} of {'its' if conflicts == 1 else 'their'} rows went out",
        consequence="nothing can be learned from them, and no model can be right about both",
        repair="the label that most copies agree on was kept, where there is one; decide and correct the others",
        examples=_examples(rows, dropped, columns, ledger),
    )
    return (rows_without(rows, dropped), [finding]) if dropped else (rows, [])


def drop_leaked(
    train: Sequence[Row],
    test: Sequence[Row],
    columns: Sequence[Column],
    ledger: Ledger,
    *,
    place: str = "the test set",
) -> tuple[PackedRows, list[Finding]]:
    """Drop rows to train on whose input stands in other rows too: those of the given test set.

    Args:
        train: Rows to train on.
        test: Rows that must not be among them.
        columns: The task's.
        ledger: Says what became of every row.
        place: What the other rows are, for the ledger and the finding.
    """
    inputs = [column.role for column in columns if not column.target]
    train = packed(train)
    leaked = places_among(row_keys(train, inputs), row_keys(packed(test), inputs)).tolist() if len(test) else []
    for number in (train.columns[ROW][row] for row in leaked):
        ledger.settle(number, "dropped", f"stands in {place} too")
    finding = Finding(
        name="leaked-rows",
        severity="warning",
        count=len(leaked),
        text=f"{counted(len(leaked), 'training row stands', 'training rows stand')} in {place} too",
        consequence="the model would be tested on rows it has learned by heart",
        repair=f"they were dropped from training; {place} is untouched",
        examples=_examples(train, leaked, columns, ledger),
    )
    return (rows_without(train, leaked), [finding]) if leaked else (train, [])


def _groups(first: np.ndarray[Any, Any]) -> Iterator[list[int]]:
    """The places of rows that agree with others, a list for each agreement, in the order of their first rows."""
    import numpy as np

    order = np.argsort(first, kind="stable")
    begins = np.flatnonzero(np.diff(first[order], prepend=-1))
    sizes = np.diff(begins, append=len(order))
    for begin, size in zip(begins[sizes > 1].tolist(), sizes[sizes > 1].tolist(), strict=True):
        yield order[begin : begin + size].tolist()


def _examples(rows: PackedRows, places: Sequence[int], columns: Sequence[Column], ledger: Ledger) -> tuple[str, ...]:
    shown = [rows[place] for place in places[:_EXAMPLES]]
    return tuple(f"{ledger.place(row[ROW])}: {_shown(row, columns)}" for row in shown)


def _shown(row: Row, columns: Sequence[Column]) -> str:
    def short(value: Any) -> str:
        text = " ".join(str(value).split())
        return text if len(text) <= 60 else text[:59] + "…"

    return " → ".join(short(row[column.role]) for column in columns)
