"""The report on changed rows: what was asked for, and rows before and after; nothing where there was none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from burnish.reporting.augmentation import view_augmentation
from burnish.reporting.facts import Facts, read_facts
from burnish.reporting.page import render_facts
from tests.reporting.made_up import files, write_run

PICTURE = "data:image/png;base64,AAAA"
TOLD: dict[str, Any] = {
    "changes": ["word-dropout", "substitute"],
    "share": 0.25,
    "texts_with_substitutes": 9,
    "samples": [
        {"row": 1, "kind": "text", "before": "a <b> box", "after": "a box"},
        {"row": 2, "kind": "image", "before": PICTURE, "after": PICTURE},
    ],
}


def facts(tmp_path: Path, **told: Any) -> Facts:
    content = files()
    if told:
        content["train/augmentation.json"] = told
    return read_facts(write_run(tmp_path / "run", content))


def test_rows_stand_before_and_after(tmp_path: Path) -> None:
    found = view_augmentation(facts(tmp_path, **TOLD))
    assert found.sentence.startswith(
        "25.0% of the training rows were changed anew in each epoch: word-dropout and subst"
    )
    assert [sample.is_picture for sample in found.samples] == [False, True]
    page = render_facts(facts(tmp_path, **TOLD))
    assert "a &lt;b&gt; box" in page
    assert f'<img src="{PICTURE}"' in page


def test_all_rows(tmp_path: Path) -> None:
    assert view_augmentation(facts(tmp_path, **{**TOLD, "share": 1.0})).sentence.startswith("Every training row was")


def test_without_there_is_nothing(tmp_path: Path) -> None:
    assert view_augmentation(facts(tmp_path)).sentence == ""
    assert "Rows that were changed" not in render_facts(facts(tmp_path))
