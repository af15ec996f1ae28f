"""Checks that hold for every kind of row: repeated rows, and the same input with different targets."""

from __future__ import annotations

from collections import Counter
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
_CONFLICTS = {  # what is done, by policy
    "repair": "the label that most copies agree on was kept, where there is one; decide and correct the others",
    "drop": "all of them were dropped; decide and correct them",
    "report": "they were left, and stay in one part of the split; decide and correct them",
}


def merge_repeated(
    rows: Sequence[Row], columns: Sequence[Column], ledger: Ledger, policy: str = "repair"
) -> tuple[PackedRows, list[Finding]]:
    """Find rows that agree in every role; `repair` merges them into the first of them, `report` leaves them all."""
    import numpy as np

    rows = packed(rows)
    first = first_places(row_keys(rows, [column.role for column in columns]))
    is_first = first == np.arange(len(rows))
    repeated = np.flatnonzero(~is_first).tolist()
    for place in repeated if policy != "report" else ():
        number = rows.columns[ROW][place]
        ledger.settle(number, "merged", "repeats another row", into=rows.columns[ROW][int(first[place])])
    finding = Finding(
        name="repeated-rows",
        severity="note",
        count=len(repeated),
        text=f"{counted(len(repeated), 'row repeats', 'rows repeat')} another row exactly",
        consequence="a copy in the test set would be answered from memory, and scores would look better than they are",
        repair="they were left; the copies stay in one part of the split"
        if policy == "report"
        else "each was merged into its first copy",
        examples=_examples(rows, repeated, columns, ledger),
        policy=policy,
    )
    kept = rows if policy == "report" or not repeated else rows.take(np.flatnonzero(is_first))
    return kept, [finding] if repeated else []


def drop_conflicting(
    rows: Sequence[Row], columns: Sequence[Column], ledger: Ledger, policy: str = "repair"
) -> tuple[PackedRows, list[Finding]]:
    """Find rows whose input also stands with another target.

    A text for an answer is no such conflict: most questions can be answered in many ways.

    Runs after `merge_repeated`, so copies are counted through the ledger's merged entries.

    Args:
        rows: Rows by role.
        columns: The task's.
        ledger: Says what became of every row.
        policy: `repair` keeps those with the target that most copies agree on, if any; `drop` keeps none of them;
            `report` keeps all.
    """
    rows = packed(rows)
    if any(column.kind == "answer" for column in columns):
        return rows, []
    inputs = [column.role for column in columns if not column.target]
    copies = ledger.copies()
    concerned: list[int] = []
    conflicts = 0
    for group in _groups(first_places(row_keys(rows, inputs))):
        told = first_places(row_keys(rows.take(group), [column.role for column in columns if column.target])).tolist()
        if len(set(told)) < 2:
            continue  # copies that were left
        conflicts += 1
        weights: Counter[int] = Counter()
        for place, target in zip(group, told, strict=True):
            weights[target] += 1 + copies[rows.columns[ROW][place]]
        kept = {target for target, weight in weights.items() if policy == "repair" and 2 * weight > weights.total()}
        concerned += [place for place, target in zip(group, told, strict=True) if target not in kept]
    stay = policy == "report"
    for place in concerned if not stay else ():
        ledger.settle(rows.columns[ROW][place], "dropped", "the same input has another label elsewhere")
    finding = Finding(
        name="conflicting-labels",
        severity="warning",
        count=len(concerned),
        text=f"{counted(conflicts, 'input stands', 'inputs stand')} in the data with different labels; "
        f"{len(concerned)} of {'its' if conflicts == 1 else 'their'} rows {'are concerned' if stay else 'went out'}",
        consequence="nothing can be learned from them, and no model can be right about both",
        repair=_CONFLICTS[policy],
        examples=_examples(rows, concerned, columns, ledger),
        policy=policy,
    )
    kept_rows = rows if stay or not concerned else rows_without(rows, concerned)
    return kept_rows, [finding] if concerned else []


def drop_leaked(
    train: Sequence[Row],
    test: Sequence[Row],
    columns: Sequence[Column],
    ledger: Ledger,
    *,
    place: str = "the test set",
    policy: str = "drop",
) -> tuple[PackedRows, list[Finding]]:
    """Find rows to train on whose input stands in other rows too: those of the given test set.

    Args:
        train: Rows to train on.
        test: Rows that must not be among them.
        columns: The task's.
        ledger: Says what became of every row.
        place: What the other rows are, for the ledger and the finding.
        policy: `drop` takes them out, `report` leaves them.
    """
    inputs = [column.role for column in columns if not column.target]
    train = packed(train)
    leaked = places_among(row_keys(train, inputs), row_keys(packed(test), inputs)).tolist() if len(test) else []
    stay = policy == "report"
    for number in (train.columns[ROW][row] for row in leaked if not stay):
        ledger.settle(number, "dropped", f"stands in {place} too")
    finding = Finding(
        name="leaked-rows",
        severity="warning",
        count=len(leaked),
        text=f"{counted(len(leaked), 'training row stands', 'training rows stand')} in {place} too",
        consequence="the model would be tested on rows it has learned by heart",
        repair=f"they were left, so scores on {place} look better than they are"
        if stay
        else f"they were dropped from training; {place} is untouched",
        examples=_examples(train, leaked, columns, ledger),
        policy=policy,
    )
    return (rows_without(train, leaked) if leaked and not stay else train), [finding] if leaked else []


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
