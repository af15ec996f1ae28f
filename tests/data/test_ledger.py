"""The ledger adds up, whatever is settled."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from burnish.data.ledger import STAYS, Ledger, Outcome, read_ledger

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
WORDS = st.text(st.characters(codec="utf-8"), max_size=12)


@st.composite
def ledgers(draw: st.DrawFn) -> tuple[Ledger, int]:
    """A ledger of some rows, after some settling; and how many rows were opened."""
    ledger = Ledger()
    rows = draw(st.integers(0, 12))
    for row in range(rows):
        assert ledger.open_row(draw(WORDS), row + 2) == row
    for row in draw(st.lists(st.integers(0, rows - 1), max_size=20)) if rows else []:
        outcome = draw(st.sampled_from(OUTCOMES))
        into = draw(st.integers(0, rows - 1)) if outcome == "merged" else None
        if ledger.entries[row].outcome in STAYS:
            ledger.settle(row, outcome, draw(WORDS), into=into)
        else:
            with pytest.raises(ValueError, match="already"):
                ledger.settle(row, outcome, "again")
    return ledger, rows


@given(made=ledgers())
@settings(max_examples=100, deadline=None)
def test_it_adds_up(made: tuple[Ledger, int]) -> None:
    ledger, rows = made
    assert [entry.row for entry in ledger.entries] == list(range(rows))
    assert sum(ledger.counts().values()) == rows
    assert set(ledger.counts()) <= set(OUTCOMES)
    reasons = ledger.reasons()
    assert sum(int(reason["rows"]) for reason in reasons) == sum(bool(entry.reason) for entry in ledger.entries)
    assert [reason["rows"] for reason in reasons] == sorted((reason["rows"] for reason in reasons), reverse=True)


@given(made=ledgers())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_comes_back_from_disk(made: tuple[Ledger, int], tmp_path: Path) -> None:
    made[0].write(tmp_path / "ledger.csv")
    assert read_ledger(tmp_path / "ledger.csv") == made[0].entries


def test_reasons_gather() -> None:
    ledger = Ledger()
    row = ledger.open_row("rows.csv", 7)
    assert ledger.place(row) == "rows.csv:7"
    ledger.settle(row, "repaired", "a quote was closed")
    ledger.settle(row, "dropped", "the text is empty")
    assert ledger.entries[row].reason == "a quote was closed; the text is empty"
    assert ledger.counts() == {"dropped": 1}
    with pytest.raises(ValueError, match="row 0 is dropped already"):
        ledger.settle(row, "kept", "no")
