"""Findings laid out: samples with their places, what is left out, and bars."""

from __future__ import annotations

from typing import Any

from burnish.reporting.findings import view_findings
from burnish.reporting.page import coded


def finding(**more: Any) -> dict[str, Any]:
    """A finding as the stage writes it."""
    whole = {"name": "near-duplicates", "severity": "note", "count": 9, "text": "9 rows", "consequence": "c"}
    return {**whole, "repair": "r", "examples": ["plain"], "policy": "report", "places": [], "figures": {}, **more}


def test_warnings_come_first() -> None:
    found = view_findings([finding(name="first"), finding(name="second", severity="warning")])
    assert [view.name for view in found] == ["second", "first"]


def test_samples_have_their_places_and_the_rest_is_counted() -> None:
    places = [{"row": n, "file": "rows.csv", "line": n + 2, "shown": f"row {n}"} for n in range(9)]
    view = view_findings([finding(places=places)], 4)[0]
    assert view.samples[0] == ("rows.csv:2", "row 0")
    assert (len(view.samples), view.left_out) == (4, 5)
    assert view_findings([finding()])[0].samples == (("", "plain"),)
    assert view_findings([finding()])[0].left_out == 0


def test_numbers_behind_a_finding_are_bars() -> None:
    bars = {"kind": "bars", "title": "By kind", "bars": [["names", 1200], ["cards", 300]]}
    view = view_findings([finding(figures=bars)])[0]
    assert view.bars_title == "By kind"
    assert [(bar.name, bar.value, bar.width) for bar in view.bars] == [
        ("names", "1,200", 100.0),
        ("cards", "300", 25.0),
    ]
    curve = {"kind": "curve", "title": "Curve", "points": [[12, 0.5], [48, 0.75]]}
    assert [(bar.name, bar.value, bar.width) for bar in view_findings([finding(figures=curve)])[0].bars] == [
        ("12 rows", "50.0%", 50.0),
        ("48 rows", "75.0%", 75.0),
    ]
    assert view_findings([finding()])[0].bars == ()


def test_names_of_keys_are_shown_as_code_and_nothing_else_is_markup() -> None:
    assert coded("let `a: <b>` <i>do</i>") == "let <code>a: &lt;b&gt;</code> &lt;i&gt;do&lt;/i&gt;"
    assert coded("one ` alone & more") == "one ` alone &amp; more"


def test_findings_of_earlier_runs_can_be_shown() -> None:
    old = {key: value for key, value in finding().items() if key not in {"policy", "places", "figures"}}
    assert view_findings([old])[0].text == "9 rows"
