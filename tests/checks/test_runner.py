"""The runner: policies, the ledger that adds up, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from burnish.checks.check import Policy
from burnish.checks.runner import Checked, run_checks
from burnish.contracts import Column
from burnish.data.ledger import Ledger
from burnish.errors import UserError
from burnish.events import Note, finish
from tests.checks.seeing import COLUMNS, Clouds, cloud_rows, opened, see, texts

CARD = "I lost my card yesterday, what should I do now?"
OTHERS = ("the parcel came two weeks late", "thank you for the quick answer", "how do I change my address")


def checked(policies: dict[str, Policy], *values: str, **more: Any) -> tuple[Checked, Ledger]:
    ledger = opened(len(values), 2)
    return finish(run_checks(see(texts(*values), **more), policies, ledger)), ledger


def names(found: Checked) -> set[str]:
    return {finding.name for finding in found.findings}


def test_what_is_only_reported_changes_nothing() -> None:
    values = (CARD, CARD + "!", *OTHERS, "<b>bold</b> words")
    found, ledger = checked({}, *values)
    assert [row["text"] for row in found.rows] == list(values)
    assert ledger.counts() == {"kept": 8}
    assert {"near-duplicates", "html-remains"} <= names(found)
    finding = next(finding for finding in found.findings if finding.name == "html-remains")
    assert [(place.row, place.file, place.line) for place in finding.places] == [(5, "rows.csv", 7)]
    assert finding.consequence
    assert finding.policy == "report"
    assert ("html-remains", 5, "<b>bold</b> words") in found.flagged


def test_rows_that_are_dropped_or_merged_are_in_the_ledger() -> None:
    values = (CARD, CARD + "!", *OTHERS, "12 34")
    dropped, ledger = checked({"nearly-empty": "drop", "near-duplicates": "repair"}, *values)
    assert [row["row"] for row in dropped.rows] == [0, 2, 3, 4]
    assert ledger.counts() == {"kept": 6, "dropped": 1, "merged": 1}
    assert (ledger.entries[1].reason, ledger.entries[1].into) == ("is nearly the same as another row", 0)
    assert sum(ledger.counts().values()) == len(ledger.entries)
    assert {finding.name: finding.policy for finding in dropped.findings}["nearly-empty"] == "drop"


def test_repairs_add_up_to_one_outcome_with_all_reasons() -> None:
    policies: dict[str, Policy] = {"html-remains": "repair", "personal-data": "repair"}
    found, ledger = checked(policies, "write to <b>me</b> at jo@example.com", *OTHERS)
    assert found.rows[0]["text"] == "write to me at <EMAIL>"
    assert (ledger.entries[0].outcome, ledger.entries[0].reason) == ("redacted", "remains of HTML; personal data")


def test_test_rows_are_repaired_but_never_dropped() -> None:
    test = texts("see <i>jo@example.com</i> for more", CARD, first=len(OTHERS))
    policies: dict[str, Policy] = {"personal-data": "repair", "near-leaked-rows": "drop", "html-remains": "drop"}
    found, ledger = checked(policies, *OTHERS, test=test)
    assert [row["text"] for row in found.test] == ["see <i><EMAIL></i> for more", CARD]
    assert ledger.counts() == {"kept": 4, "redacted": 1}


def test_fail_names_the_finding_and_its_rows() -> None:
    with pytest.raises(UserError, match="1 text has remains of HTML") as caught:
        checked({"html-remains": "fail"}, *OTHERS, "<b>bold</b> words")
    assert caught.value.where == "rows.csv:5"
    assert "report, repair, drop, skip" in caught.value.fix


def test_what_is_skipped_is_not_looked_for() -> None:
    found, _ = checked({"html-remains": "skip", "too-little-data": "skip"}, *OTHERS, "<b>bold</b> words")
    assert found.findings == []


def test_a_model_must_not_choose_the_rows_that_test_it() -> None:
    rows = cloud_rows(3, 40, wrong=(5, 12))
    seen = see(rows, features=Clouds(3))
    with pytest.raises(UserError, match="told by a model") as caught:
        finish(run_checks(seen, {"label-errors": "drop"}, opened(len(rows))))
    assert caught.value.where == "checks.label-errors"
    test = cloud_rows(3, 10, first=len(rows))
    found = finish(run_checks(see(rows, test, features=Clouds(3)), {"label-errors": "drop"}, opened(len(rows), 30)))
    assert {5, 12}.isdisjoint(row["row"] for row in found.rows)
    assert len(found.test) == 30


def test_texts_whose_places_are_targets_are_not_mended() -> None:
    columns = (COLUMNS[0], Column(role="spans", summary="spans", target=True, kind="spans"))
    with pytest.raises(UserError, match="told by their places") as caught:
        finish(run_checks(see(texts(*OTHERS), columns=columns), {"html-remains": "repair"}, opened(3)))
    assert caught.value.where == "checks.html-remains"


def test_of_very_many_rows_some_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("burnish.checks.runner.MOST_ROWS", 10)
    found, _ = checked({}, *(f"<b>{number}</b> words" for number in range(25)))
    finding = next(finding for finding in found.findings if finding.name == "html-remains")
    assert [place.row for place in finding.places] == list(range(0, 25, 3))
    assert len(found.rows) == 25


def test_not_every_row_may_go() -> None:
    with pytest.raises(UserError, match="drop every row"):
        checked({"nearly-empty": "drop"}, "1", "2 3")


def test_a_library_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("burnish.checks.check.find_spec", lambda _name: None)
    events = list(run_checks(see(texts(*OTHERS)), {"personal-data": "repair"}, opened(len(OTHERS))))
    notes = {event.text: event.level for event in events if isinstance(event, Note)}
    assert notes["personal-data was not looked for: it needs `presidio_analyzer` (pip install 'burnish[data]')"] == (
        "warning"
    )
    assert sum(level == "info" for level in notes.values()) >= 2
