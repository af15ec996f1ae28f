"""The ledger: one line for every row that was read, saying what became of it. It always adds up."""

from __future__ import annotations

import csv
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args, overload

from burnish.run_folder import atomic_path

Outcome: TypeAlias = Literal["kept", "repaired", "merged", "redacted", "dropped"]
_OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
_CODES: dict[str, int] = {outcome: code for code, outcome in enumerate(_OUTCOMES)}
STAYS: frozenset[Outcome] = frozenset({"kept", "repaired", "redacted"})
_STAYING = frozenset(_CODES[outcome] for outcome in STAYS)


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


class Ledger:
    """Entries by row number, in reading order. A row that is out (merged, dropped) stays out.

    Kept in columns: a row takes 17 bytes, and files and reasons are told once.
    """

    def __init__(self) -> None:
        self._files, self._file_codes = _Words(), array("i")
        self._lines = array("i")
        self._outcomes = bytearray()
        self._reasons, self._reason_codes = _Words(), array("i")
        self._into = array("i")  # -1: into none
        self._reasons.code("")

    @property
    def entries(self) -> Entries:
        """All entries, each made when it is asked for."""
        return Entries(self)

    def __len__(self) -> int:
        return len(self._lines)

    def open_row(self, file: str, line: int) -> int:
        """Enter a row that was read and return its number."""
        self._file_codes.append(self._files.code(file))
        self._lines.append(line)
        self._outcomes.append(0)
        self._reason_codes.append(0)
        self._into.append(-1)
        return len(self._lines) - 1

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
        if self._outcomes[row] not in _STAYING:
            raise ValueError(f"row {row} is {_OUTCOMES[self._outcomes[row]]} already")
        before = self._reasons.words[self._reason_codes[row]]
        self._outcomes[row] = _CODES[outcome]
        self._reason_codes[row] = self._reasons.code(f"{before}; {reason}" if before else reason)
        if into is not None:
            self._into[row] = into

    def entry(self, row: int) -> Entry:
        """What became of a row."""
        return Entry(
            row=row,
            file=self._files.words[self._file_codes[row]],
            line=self._lines[row],
            outcome=_OUTCOMES[self._outcomes[row]],
            reason=self._reasons.words[self._reason_codes[row]],
            into=None if self._into[row] < 0 else self._into[row],
        )

    def place(self, row: int) -> str:
        """Where a row came from, as file:line."""
        return f"{self._files.words[self._file_codes[row]]}:{self._lines[row]}"

    def copies(self) -> Counter[int]:
        """By row: how many others were merged into it."""
        return Counter(row for row in self._into if row >= 0)

    def counts(self) -> dict[str, int]:
        """Rows by outcome; the counts add up to the rows read."""
        return {_OUTCOMES[code]: count for code, count in Counter(self._outcomes).items()}

    def reasons(self) -> list[dict[str, str | int]]:
        """Rows by outcome and reason, most first, leaving out rows kept as they were."""
        counted = Counter(zip(self._outcomes, self._reason_codes, strict=True))
        return [
            {"outcome": _OUTCOMES[outcome], "reason": self._reasons.words[reason], "rows": rows}
            for (outcome, reason), rows in counted.most_common()
            if self._reasons.words[reason]
        ]

    def write(self, path: Path) -> None:
        """Write the ledger as CSV, atomically."""
        with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["row", "file", "line", "outcome", "reason", "into"])
            writer.writerows([e.row, e.file, e.line, e.outcome, e.reason, e.into] for e in self.entries)


class Entries(Sequence[Entry]):
    """The entries of a ledger. Compares equal to a list of the same entries."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def __len__(self) -> int:
        return len(self._ledger)

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        numbers = range(len(self))[index]
        return self._ledger.entry(numbers) if isinstance(numbers, int) else [self._ledger.entry(n) for n in numbers]

    def __iter__(self) -> Iterator[Entry]:
        return map(self._ledger.entry, range(len(self)))

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented


class _Words:
    """Texts by number, each kept once."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._codes: dict[str, int] = {}

    def code(self, word: str) -> int:
        code = self._codes.setdefault(word, len(self.words))
        if code == len(self.words):
            self.words.append(word)
        return code


def read_ledger(path: Path) -> Sequence[Entry]:
    """Read what `Ledger.write` wrote."""
    ledger = Ledger()
    with path.open(newline="", encoding="utf-8") as file:
        for entry in csv.DictReader(file):
            row = ledger.open_row(entry["file"], int(entry["line"]))
            into = int(entry["into"]) if entry["into"] else None
            if entry["reason"] or into is not None or entry["outcome"] != "kept":
                ledger.settle(row, _OUTCOMES[_CODES[entry["outcome"]]], entry["reason"], into=into)
    return ledger.entries
