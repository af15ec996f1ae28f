"""The rows of a retraining, up to the new run's split: for texts with labels, and for spans."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from burnish.data.rows import read_rows
from burnish.errors import UserError
from burnish.events import finish
from burnish.faces.python import prepare
from burnish.pipeline import in_folder, run_stages
from burnish.recipe import Recipe, complete_recipe
from burnish.retraining.gathering import gather
from burnish.run_folder import RunFolder, file_digest
from tests.making import autumn_rows, order_rows, review_rows, write_csv


def split(data: Path, test: Path | None, encoder: Path, folder: Path, **keys: Any) -> tuple[Recipe, RunFolder]:
    """A run up to its split."""
    given = {"train": str(data), **({} if test is None else {"test": str(test)})}
    recipe, place = prepare({"data": given, "model": str(encoder)}, name=folder.name, out=folder.parent, keys=keys)
    recipe, _ = complete_recipe(recipe)
    finish(in_folder(recipe, place, run_stages(recipe, place, last="split")))
    return recipe, place


def parts(run: RunFolder) -> dict[str, list[dict[str, Any]]]:
    """The rows of every part, without their numbers."""
    return {
        part: [{key: value for key, value in row.items() if key != "row"} for row in read_rows(path)]
        for part in ("train", "validation", "test")
        if (path := run.file("split", f"{part}.parquet"))
    }


@pytest.mark.parametrize("kind", ["labels", "spans"])
def test_old_and_new_rows_are_joined_and_old_test_rows_stay_so(kind: str, encoder: Path, tmp_path: Path) -> None:
    old_file, new_file = tmp_path / "old.csv", tmp_path / "new.csv"
    if kind == "labels":
        write_csv(old_file, review_rows(120))
        write_csv(new_file, [*autumn_rows(60), *review_rows(120)[:10]])
    else:
        for path, rows in ((old_file, order_rows(120)), (new_file, [*order_rows(60, seed=4), *order_rows(120)[:10]])):
            write_csv(path, [(row["text"], row["spans"]) for row in rows], ("text", "spans"))
    recipe, old = split(old_file, None, encoder, tmp_path / "runs" / "old")
    _, intake = split(new_file, None, encoder, tmp_path / "runs" / "intake")
    counts = gather(recipe, old, intake, tmp_path / "place", 0.5)
    before, incoming = parts(old), parts(intake)
    learned = len(before["train"]) + len(before["validation"])
    assert (counts["old"], counts["replayed"], counts["kept_test"]) == (
        learned,
        round(learned / 2),
        len(before["test"]),
    )
    assert counts["fresh_test"] <= len(incoming["test"])
    assert counts["new"] + counts["fresh_test"] + counts["known"] == sum(map(len, incoming.values()))

    digests = [file_digest(path) for path in sorted((tmp_path / "place").rglob("*.parquet"))]
    gather(recipe, old, intake, tmp_path / "place", 0.5)
    assert [file_digest(path) for path in sorted((tmp_path / "place").rglob("*.parquet"))] == digests

    _, new = split(tmp_path / "place" / "rows", tmp_path / "place" / "test", encoder, tmp_path / "runs" / "new")
    after = {part: {json.dumps(row, sort_keys=True) for row in rows} for part, rows in parts(new).items()}
    assert {json.dumps(row, sort_keys=True) for row in before["test"]} <= after["test"]
    assert not (after["train"] | after["validation"]) & after["test"]


def test_nothing_new_is_refused(encoder: Path, tmp_path: Path) -> None:
    recipe, old = split(write_csv(tmp_path / "old.csv", review_rows(120)), None, encoder, tmp_path / "runs" / "old")
    _, intake = split(
        write_csv(tmp_path / "new.csv", review_rows(120)[30:90]), None, encoder, tmp_path / "runs" / "intake"
    )
    with pytest.raises(UserError, match="nothing new"):
        gather(recipe, old, intake, tmp_path / "place", 1.0)
