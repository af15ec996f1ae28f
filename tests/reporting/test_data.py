from __future__ import annotations

from pathlib import Path
from typing import Any

from burnish.reporting.data import DataView, view_data
from burnish.reporting.facts import read_facts
from tests.reporting.made_up import files, write_run


def view(tmp_path: Path, content: dict[str, Any]) -> DataView:
    return view_data(read_facts(write_run(tmp_path / "run", content)))


def test_ledger_adds_up(tmp_path: Path) -> None:
    found = view(tmp_path, files())
    assert found.adds_up
    assert found.ledger_sentence == (
        "1,010 rows were read: 1,000 kept as they are, 9 merged into a copy and 1 dropped. Every row is accounted for."
    )
    assert found.reasons == (("merged", "repeats another row", 9), ("dropped", "the text is empty", 1))
    assert [part.name for part in found.outcomes] == ["kept", "merged", "dropped"]
    assert [part.share for part in found.parts] == ["60.0%", "20.0%", "20.0%"]


def test_a_ledger_that_does_not_add_up_is_called_out(tmp_path: Path) -> None:
    content = files()
    content["check/ledger.json"]["read"] = 1011
    found = view(tmp_path, content)
    assert not found.adds_up
    assert found.ledger_sentence.endswith("That accounts for 1,010, not for all of them.")


def test_parts_that_lack_rows_are_called_out(tmp_path: Path) -> None:
    content = files()
    content["split/seal.json"]["rows"]["train"] = 599
    found = view(tmp_path, content)
    assert not found.adds_up
    assert "the parts hold 999" in found.parts_sentence


def test_findings_are_counted_and_their_absence_said(tmp_path: Path) -> None:
    content = files()
    assert view(tmp_path, content).findings_sentence == "The checks left 1 warning."
    content["check/findings.json"] = []
    found = view(tmp_path, content)
    assert found.findings_sentence == "The checks found nothing that would spoil the result."
    assert found.warnings == 0


def test_groups_and_lengths(tmp_path: Path) -> None:
    found = view(tmp_path, files())
    assert [(group.name, group.share, group.width) for group in found.groups] == [
        ("good", "60.0%", 100.0),
        ("bad", "40.0%", 66.67),
    ]
    assert found.lengths is not None
    assert found.lengths.limit is not None
    assert found.lengths.sentence.endswith("reads up to 20, so what is longer was cut.")


def test_a_limit_far_beyond_the_lengths_is_not_drawn(tmp_path: Path) -> None:
    content = files()
    content["check/profile.json"]["lengths"]["limit"] = 512
    lengths = view(tmp_path, content).lengths
    assert lengths is not None
    assert lengths.limit is None
    assert lengths.sentence.endswith("so nothing was cut.")


def test_a_task_without_groups_or_lengths(tmp_path: Path) -> None:
    content = files()
    content["check/profile.json"] = {"format": "JSON lines", "rows": 1000, "strata": {}}
    found = view(tmp_path, content)
    assert (found.groups, found.groups_sentence, found.lengths, found.columns) == ((), "", None, ())


def test_cells_of_a_column_are_counted_in_the_file_that_it_stands_in(tmp_path: Path) -> None:
    """The ledger has the rows of all files: those of a test file are no empty cells of this one."""
    found = view(tmp_path, files())
    assert found.columns == (("text", "809", "1", "800", "12.3", "well worth it (2)"),)
