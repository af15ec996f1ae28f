"""Columns that travel with every row and play no role in the task: the group that it belongs to."""

from __future__ import annotations

from collections.abc import Sequence

from burnish.contracts import Row
from burnish.data.ledger import Ledger
from burnish.data.rows import ROW, PackedRows, packed
from burnish.finding import Finding, counted

GROUP, TIME = "group", "time"
_EXAMPLES = 5


def drop_tested_groups(
    train: Sequence[Row], test: Sequence[Row], ledger: Ledger, policy: str = "drop"
) -> tuple[PackedRows, list[Finding]]:
    """Find rows to train on whose group stands in the given test set; `drop` takes them out, `report` leaves them.

    Rows without a group are of no group.
    """
    train, tested = packed(train), {row.get(GROUP) for row in test} - {"", None}
    leaked = [row for row in train if row.get(GROUP) in tested]
    if not leaked:
        return train, []
    for row in leaked if policy == "drop" else ():
        ledger.settle(row[ROW], "dropped", "its group stands in the test set")
    groups = len({row[GROUP] for row in leaked})
    finding = Finding(
        name="leaked-groups",
        severity="warning",
        count=len(leaked),
        text=f"{counted(len(leaked), 'training row is', 'training rows are')} of "
        f"{counted(groups, 'group that stands', 'groups that stand')} in the test set too",
        consequence="the model would be tested on groups that it knows, and scores would look better than they are",
        repair="they were dropped from training; the test set is untouched"
        if policy == "drop"
        else "they were left, so scores on the test set look better than they are",
        examples=tuple(f"{ledger.place(row[ROW])}: {row[GROUP]}" for row in leaked[:_EXAMPLES]),
        policy=policy,
    )
    if policy != "drop":
        return train, [finding]
    stays = [place for place, group in enumerate(train.columns[GROUP]) if group not in tested]
    return train.take(stays), [finding]
