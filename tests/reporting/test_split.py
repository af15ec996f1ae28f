"""The report on dividing: shares by part, groups, borders in time, and what is said where it came out uneven."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from burnish.reporting.facts import read_facts
from burnish.reporting.page import render_facts
from burnish.reporting.split import SplitView, view_split
from tests.reporting.made_up import files, write_run


def view(tmp_path: Path, **changes: Any) -> SplitView:
    content = files()
    content["split/split.json"] |= changes
    return view_split(read_facts(write_run(tmp_path / "run", content)))


def test_each_label_has_its_share_of_every_part(tmp_path: Path) -> None:
    found = view(tmp_path)
    assert found.parts == ("train", "validation", "test")
    assert [(label, [share.words for share in shares]) for label, shares in found.mix] == [
        ("good", ["60.0%", "60.0%", "59.0%"]),
        ("bad", ["40.0%", "40.0%", "41.0%"]),
    ]
    assert found.mix[0][1][0].width == 100.0
    assert found.sentences == (
        "Rows were divided at random.",
        "7 rows are near-duplicates, in 3 clusters; each stays in one part.",
        "No label's share of a part differs by more than 1.0 points from its share of all rows.",
    )


def test_groups_and_times_are_told(tmp_path: Path) -> None:
    groups = {"column": "shop", "parts": {"train": 6, "validation": 2, "test": 1}, "without": 1, "in_several_parts": 0}
    grouped = view(tmp_path, by="group", groups=groups, near_duplicates={})
    assert "Groups by “shop”: 6 in train, 2 in validation and 1 in test; 1 row has none." in grouped.sentences
    parts = {"train": ["2023", "2024"], "validation": ["2025", "2025"], "test": ["2024", "2026"]}
    times = {"column": "day", "form": "numbers", "parts": parts, "test_rows_not_later": 2}
    timed = view(tmp_path, by="time", times=times, near_duplicates={"skipped": "more than 9 rows"})
    assert "By “day”: train from 2023 to 2024; validation from 2025 to 2025; test from 2024 to 2026." in timed.sentences
    assert "2 test rows are not later than all others." in timed.sentences
    assert "Near-duplicates were not looked for: more than 9 rows." in timed.sentences


def test_an_uneven_mix_is_said(tmp_path: Path) -> None:
    content = files()
    mix = {**content["split/split.json"]["mix"], "largest_gap": 0.125}
    assert (
        "The mix of labels differs between the parts by up to 12.5 points: look at the table."
        in view(tmp_path, mix=mix).sentences
    )


def test_a_run_of_an_earlier_version_has_no_such_file(tmp_path: Path) -> None:
    content = files()
    del content["split/split.json"]
    facts = read_facts(write_run(tmp_path / "run", content))
    assert view_split(facts).sentences == ()
    assert "How they were divided" not in render_facts(facts)
