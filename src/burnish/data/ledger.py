"""The ledger: one line for every row that was read, saying what became of it. It always adds up."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from burnish.run_folder import atomic_path

Outcome: TypeAlias = Literal["kept", "repaired", "merged", "redacted", "dropped"]
_OUTCOMES: dict[str, Outcome] = {outcome: outcome for outcome in get_args(Outcome)}
STAYS: frozenset[Outcome] = frozenset({"kept", "repaired", "redacted"})


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What became of one row.

    Attributes:
        row: The row's number in the run, from 0.
        file: The file it was read from.
        line: The 1-based line on which it begins.
        outcome: What became of it.
        reason: Why, in a few words; "" for rows kept as they were.
        into: For a merged row, the number of the row that stands for it.
    """

    row: int
    file: str
    line: int
    outcome: Outcome = "kept"
    reason: str = ""
    into: int | None = None


@dataclass
class Ledger:
    """Entries by row number, in reading order. A row that is out (merged, dropped) stays out."""

    entries: list[Entry] = field(default_factory=list)

    def open_row(self, file: str, line: int) -> int:
        """Enter a row that was read and return its number."""
        row = len(self.entries)
        self.entries.append(Entry(row=row, file=file, line=line))
        return row

    def settle(self, row: int, outcome: Outcome, reason: str, *, into: int | None = None) -> None:
        """Say what became of a row.

        Args:
            row: Its number.
            outcome: What became of it.
            reason: Why; added to the reasons that it has.
            into: For `merged`, the number of the row that stands for it.

        Raises:
            ValueError: The row is out already: a check looked at a row that it should not see.
        """
        entry = self.entries[row]
        if entry.outcome not in STAYS:
            raise ValueError(f"row {row} is {entry.outcome} already")
        reasons = f"{entry.reason}; {reason}" if entry.reason else reason
        self.entries[row] = replace(entry, outcome=outcome, reason=reasons, into=into)

    def place(self, row: int) -> str:
        """Where a row came from, as file:line."""
        return f"{self.entries[row].file}:{self.entries[row].line}"

    def counts(self) -> dict[str, int]:
        """Rows by outcome; the counts add up to the rows read."""
        return dict(Counter(entry.outcome for entry in self.entries))

    def reasons(self) -> list[dict[str, str | int]]:
        """Rows by outcome and reason, most first, leaving out rows kept as they were."""
        counted = Counter((entry.outcome, entry.reason) for entry in self.entries if entry.reason)
        return [
            {"outcome": outcome, "reason": reason, "rows": rows} for (outcome, reason), rows in counted.most_common()
        ]

    def write(self, path: Path) -> None:
        """Write the ledger as CSV, atomically."""
        with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["row", "file", "line", "outcome", "reason", "into"])
            writer.writerows([e.row, e.file, e.line, e.outcome, e.reason, e.into] for e in self.entries)


def read_ledger(path: Path) -> Sequence[Entry]:
    """Read what `Ledger.write` wrote."""
    with path.open(newline="", encoding="utf-8") as file:
        return [
            Entry(
                row=int(entry["row"]),
                file=entry["file"],
                line=int(entry["line"]),
                outcome=_OUTCOMES[entry["outcome"]],
                reason=entry["reason"],
                into=int(entry["into"]) if entry["into"] else None,
            )
            for entry in csv.DictReader(file)
        ]
