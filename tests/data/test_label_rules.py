"""Labels written in one way, and rare classes left out, where a recipe asks for it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from burnish.contracts import Column
from burnish.data.label_rules import drop_rare, write_alike
from burnish.data.ledger import Ledger
from burnish.data.rows import ROW, PackedRows
from burnish.finding import Finding

TEXT = Column(role="text", summary="the text")
LABEL = Column(role="label", summary="the label", target=True, kind="label")
SPANS = Column(role="spans", summary="the spans", target=True, kind="spans")


def entered(role: str, values: list[Any], ledger: Ledger) -> list[dict[str, Any]]:
    """Rows of a ledger, each with a target."""
    return [{ROW: ledger.open_row("a.csv", line), "text": f"text {line}", role: v} for line, v in enumerate(values, 2)]


def unchanged(done: tuple[PackedRows, list[Finding]], rows: list[dict[str, Any]]) -> bool:
    """Whether nothing was done and nothing is said."""
    return list(done[0]) == rows and not done[1]


def test_the_spelling_of_most_rows_is_taken() -> None:
    ledger = Ledger()
    rows = entered("label", ["good", "Good", "good", "BAD", "bad", "odd"], ledger)
    written, (finding,) = write_alike(rows, [TEXT, LABEL], ledger, "repair")
    assert [row["label"] for row in written] == [
        "good",
        "good",
        "good",
        "BAD",
        "BAD",
        "odd",
    ]  # of two, the first by name
    assert (finding.name, finding.count, finding.policy) == ("labels-alike", 2, "repair")
    assert sorted(finding.examples) == ["Good → good", "bad → BAD"]
    assert ledger.counts() == {"kept": 4, "repaired": 2}
    assert [row[ROW] for row in written] == list(range(6))


def test_the_spelling_of_the_training_rows_goes_before_that_of_the_test() -> None:
    ledger = Ledger()
    rows = entered("label", ["good"] * 2 + ["bad"] * 2, ledger)
    test = entered("label", ["GOOD"] * 5 + ["New", "new", "new"], ledger)
    written, _ = write_alike(test, [TEXT, LABEL], ledger, "repair", like=rows)
    assert Counter(row["label"] for row in written) == {"good": 5, "new": 3}


def test_kinds_of_spans_too() -> None:
    ledger = Ledger()
    rows = entered("spans", [[(0, 4, "time")], [(0, 4, "Time"), (5, 6, "count")], [], [(0, 4, "time")]], ledger)
    written, (finding,) = write_alike(rows, [TEXT, SPANS], ledger, "repair")
    assert [tuple(map(tuple, row["spans"])) for row in written] == [
        ((0, 4, "time"),),
        ((0, 4, "time"), (5, 6, "count")),
        (),
        ((0, 4, "time"),),
    ]
    assert finding.count == 1
    many = entered("spans", [[(0, 4, "time")]] * 12 + [[(0, 4, "time"), (5, 6, "count")]] * 4, ledger)
    left, (rare,) = drop_rare(many, [TEXT, SPANS], ledger, "drop")
    assert (len(left), rare.count) == (12, 4)


@pytest.mark.parametrize("policy", ["report", "fail"])
def test_nothing_is_done_unasked(policy: str) -> None:
    ledger = Ledger()
    rows = entered("label", ["good"] * 20 + ["Good"], ledger)
    assert unchanged(write_alike(rows, [TEXT, LABEL], ledger, policy), rows)
    assert unchanged(drop_rare(rows, [TEXT, LABEL], ledger, policy), rows)
    assert ledger.counts() == {"kept": 21}


def test_rows_of_rare_classes_go_out() -> None:
    ledger = Ledger()
    rows = entered("label", ["good"] * 12 + ["bad"] * 10 + ["odd"] * 9 + ["one"], ledger)
    left, (finding,) = drop_rare(rows, [TEXT, LABEL], ledger, "drop")
    assert Counter(row["label"] for row in left) == {"good": 12, "bad": 10}
    assert finding.count == 10
    assert finding.examples == ("one: 1 rows", "odd: 9 rows")
    assert "10 rows are of 2 of 4 classes" in finding.text
    assert ledger.reasons() == [{"outcome": "dropped", "reason": "is of a class with fewer than 10 rows", "rows": 10}]


def test_numbers_and_answers_have_no_labels() -> None:
    ledger = Ledger()
    rows = entered("label", ["1", "2"], ledger)
    number = Column(role="label", summary="the number", target=True, kind="number")
    assert unchanged(write_alike(rows, [TEXT, number], ledger, "repair"), rows)
    assert unchanged(drop_rare(rows, [TEXT, number], ledger, "drop"), rows)
