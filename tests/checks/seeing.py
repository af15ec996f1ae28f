"""What tests of checks look at: rows made by the tests, and features that say what the tests want."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from burnish.checks.check import Seen
from burnish.contracts import Column, Rows
from burnish.data.ledger import Ledger

COLUMNS = (Column(role="text", summary="text"), Column(role="label", summary="label", target=True, kind="label"))
IMAGES = (Column(role="image", summary="image", kind="image"), COLUMNS[1])
SOUNDS = (Column(role="audio", summary="audio", kind="audio"), COLUMNS[1])


def row(number: int, value: str, label: str = "x", role: str = "text") -> dict[str, Any]:
    """A row by role."""
    return {"row": number, role: value, "label": label}


def texts(*values: str, label: str = "x", first: int = 0) -> list[dict[str, Any]]:
    """Rows of one label."""
    return [row(number, text, label) for number, text in enumerate(values, start=first)]


def see(rows: Rows, test: Rows = (), **more: Any) -> Seen:
    """What a check of texts sees."""
    return Seen(**{"columns": COLUMNS, "rows": rows, "test": test, **more})


def opened(count: int, tested: int = 0) -> Ledger:
    """A ledger of so many rows of rows.csv, and of test.csv."""
    ledger = Ledger()
    for file, rows in (("rows.csv", count), ("test.csv", tested)):
        for line in range(rows):
            ledger.open_row(file, line + 2)
    return ledger


class Clouds:
    """Rows whose features lie about the centre of their true class: the text is `class number`."""

    def __init__(self, classes: int, width: int = 8, spread: float = 0.3, seed: int = 0) -> None:
        self._generator = np.random.default_rng(seed)
        self._centres = np.eye(classes, width) * 3
        self._spread, self._known = spread, dict[str, Any]()

    def __call__(self, rows: Rows) -> Any:
        """Features, float32 (rows, width)."""
        return np.stack([self._of(row["text"]) for row in rows]).astype(np.float32)

    def _of(self, text: str) -> Any:
        if text not in self._known:
            noise = self._generator.normal(0, self._spread, self._centres.shape[1])
            told = text.split(maxsplit=1)[0]
            centre = self._centres[int(told)] if told.isdigit() else -10 * np.ones(self._centres.shape[1])
            self._known[text] = centre + noise
        return self._known[text]


def cloud_rows(classes: int, each: int, wrong: Sequence[int] = (), first: int = 0) -> list[dict[str, Any]]:
    """Rows of every class in turn; the labels of the `wrong` ones are those of the next class."""
    rows = []
    for number in range(classes * each):
        true = number % classes
        label = (true + 1) % classes if number in wrong else true
        rows.append(row(first + number, f"{true} {first + number}", f"class-{label}"))
    return rows
