"""Repeated rows, the same input with different labels, and training rows that stand in the test set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from burnish.contracts import Column
from burnish.data.checks import drop_conflicting, drop_leaked, merge_repeated
from burnish.data.ledger import Ledger

COLUMNS = (Column(role="text", summary="text"), Column(role="label", summary="label", target=True))


def opened(pairs: Sequence[tuple[Any, Any]], ledger: Ledger) -> list[dict[str, Any]]:
    return [
        {"row": ledger.open_row("rows.csv", line), "text": text, "label": label}
        for line, (text, label) in enumerate(pairs, start=2)
    ]


def pairs(rows: Sequence[Any]) -> list[tuple[Any, Any]]:
    return [(row["text"], row["label"]) for row in rows]


def test_repeated_rows_are_merged_into_the_first() -> None:
    ledger = Ledger()
    rows = opened([("a", "x"), ("b", "x"), ("a", "x"), ("a", "y"), ("a", "x"), ("b", "x")], ledger)
    kept, findings = merge_repeated(rows, COLUMNS, ledger)
    assert pairs(kept) == [("a", "x"), ("b", "x"), ("a", "y")]
    assert [(entry.outcome, entry.into) for entry in ledger.entries] == [
        ("kept", None),
        ("kept", None),
        ("merged", 0),
        ("kept", None),
        ("merged", 0),
        ("merged", 1),
    ]
    assert ledger.reasons() == [{"outcome": "merged", "reason": "repeats another row", "rows": 3}]
    assert [(finding.name, finding.count) for finding in findings] == [("repeated-rows", 3)]
    assert findings[0].examples[0] == "rows.csv:4: a → x"


def test_text_and_numbers_are_different_inputs() -> None:
    ledger = Ledger()
    kept, findings = merge_repeated(opened([("1", "x"), (1, "x"), (True, "x")], ledger), COLUMNS, ledger)
    assert len(kept) == 3
    assert findings == []


def settled(given: Sequence[tuple[Any, Any]]) -> tuple[list[tuple[Any, Any]], list[Any], Ledger]:
    ledger = Ledger()
    rows, _ = merge_repeated(opened(given, ledger), COLUMNS, ledger)
    kept, findings = drop_conflicting(rows, COLUMNS, ledger)
    return pairs(kept), findings, ledger


def test_the_label_of_most_copies_is_kept() -> None:
    kept, findings, ledger = settled([("a", "x"), ("a", "y"), ("b", "x"), ("a", "x"), ("a", "z"), ("a", "x")])
    assert kept == [("a", "x"), ("b", "x")]
    assert ledger.counts() == {"kept": 2, "merged": 2, "dropped": 2}
    assert [(finding.name, finding.count) for finding in findings] == [("conflicting-labels", 2)]
    assert findings[0].text.startswith("1 input stands in the data with different labels; 2 of its rows")


def test_a_tie_drops_all() -> None:
    kept, findings, ledger = settled([("a", "x"), ("a", "y"), ("a", "x"), ("a", "y"), ("b", "x")])
    assert kept == [("b", "x")]
    assert ledger.counts() == {"dropped": 2, "merged": 2, "kept": 1}
    assert findings[0].count == 2


def test_most_copies_without_more_than_half_is_no_majority() -> None:
    kept, _, _ = settled([("a", "x"), ("a", "x"), ("a", "y"), ("a", "z")])
    assert kept == []


def test_without_conflict_nothing_is_said() -> None:
    kept, findings, ledger = settled([("a", "x"), ("b", "y")])
    assert len(kept) == 2
    assert findings == []
    assert ledger.counts() == {"kept": 2}


def test_training_rows_in_the_test_set_are_dropped_whatever_their_label() -> None:
    ledger = Ledger()
    train = opened([("a", "x"), ("b", "x"), ("c", "y")], ledger)
    test = opened([("b", "x"), ("c", "x"), ("d", "x")], ledger)
    kept, findings = drop_leaked(train, test, COLUMNS, ledger)
    assert pairs(kept) == [("a", "x")]
    assert ledger.counts() == {"kept": 4, "dropped": 2}
    assert [(finding.name, finding.count) for finding in findings] == [("leaked-rows", 2)]
    assert drop_leaked(kept, test, COLUMNS, ledger) == (kept, [])


def test_what_the_recipe_leaves_stays_and_is_told() -> None:
    ledger = Ledger()
    rows = opened([("a", "x"), ("a", "x"), ("a", "y"), ("b", "x"), ("b", "x")], ledger)
    kept, repeated = merge_repeated(rows, COLUMNS, ledger, "report")
    kept, conflicting = drop_conflicting(kept, COLUMNS, ledger, "report")
    kept, leaked = drop_leaked(kept, [rows[3]], COLUMNS, ledger, policy="report")
    assert kept == rows
    assert ledger.counts() == {"kept": 5}
    found = [(finding.name, finding.count, finding.policy) for finding in (*repeated, *conflicting, *leaked)]
    assert found == [("repeated-rows", 2, "report"), ("conflicting-labels", 3, "report"), ("leaked-rows", 2, "report")]
    assert conflicting[0].text == "1 input stands in the data with different labels; 3 of its rows are concerned"


def test_copies_that_were_left_count_for_their_label() -> None:
    ledger = Ledger()
    rows = opened([("a", "x"), ("a", "x"), ("a", "y"), ("b", "x")], ledger)
    kept, _ = drop_conflicting(rows, COLUMNS, ledger)
    assert pairs(kept) == [("a", "x"), ("a", "x"), ("b", "x")]
    assert ledger.counts() == {"kept": 3, "dropped": 1}


def test_contradictions_can_all_be_dropped() -> None:
    ledger = Ledger()
    rows, _ = merge_repeated(opened([("a", "x"), ("a", "x"), ("a", "y"), ("b", "x")], ledger), COLUMNS, ledger)
    kept, findings = drop_conflicting(rows, COLUMNS, ledger, "drop")
    assert pairs(kept) == [("b", "x")]
    assert ledger.counts() == {"kept": 1, "merged": 1, "dropped": 2}
    assert findings[0].repair == "all of them were dropped; decide and correct them"


def test_examples_are_short() -> None:
    ledger = Ledger()
    long = "word\n" * 100
    _, findings = merge_repeated(opened([(long, "x")] * 9, ledger), COLUMNS, ledger)
    assert len(findings[0].examples) == 5
    assert all(len(example) < 100 and "\n" not in example for example in findings[0].examples)
