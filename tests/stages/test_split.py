"""The test part: a share, a file, or one fold."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.data.rows import read_rows, write_rows
from burnish.errors import UserError
from burnish.events import finish
from burnish.recipe import parse_recipe
from burnish.run_folder import RunFolder, read_json
from burnish.stages import split


def divided(place: Path, fold: str, seed: int = 0, test: str | None = None) -> dict[str, list[int]]:
    """Numbers of the rows in each part, of 40 rows of two classes."""
    rows = [{"row": number, "text": f"text {number}", "label": "ab"[number % 2]} for number in range(40)]
    folder = RunFolder(root=place)
    write_rows(folder.file("check", "rows.parquet"), rows)
    values = {"task": "text-classification", "data": {"train": "rows.csv", "test": test}, "method": "full"}
    recipe = parse_recipe({**values, "split": {"fold": fold}, "seed": seed}, "test")
    finish(split.run(recipe, folder))
    names = ("train", "validation", "test")
    return {name: [row["row"] for row in read_rows(folder.file("split", f"{name}.parquet"))] for name in names}


def test_every_row_is_in_the_test_part_of_one_fold(tmp_path: Path) -> None:
    folds = [divided(tmp_path / str(number), f"{number}/4") for number in range(1, 5)]
    assert sorted(row for parts in folds for row in parts["test"]) == list(range(40))
    for parts in folds:
        assert sorted(row for part in parts.values() for row in part) == list(range(40))
        assert [len(parts[name]) for name in ("train", "validation", "test")] == [22, 8, 10]
        assert sum(row % 2 for row in parts["test"]) == 5
        assert parts["train"] == sorted(parts["train"])
    assert len({tuple(parts["validation"]) for parts in folds}) == 4


def test_a_fold_depends_on_the_seed_alone(tmp_path: Path) -> None:
    first = divided(tmp_path / "first", "2/4")
    assert divided(tmp_path / "second", "2/4") == first
    assert divided(tmp_path / "third", "2/4", seed=1)["test"] != first["test"]


def test_its_rows_are_sealed(tmp_path: Path) -> None:
    divided(tmp_path, "1/4")
    assert read_json(tmp_path / "split" / "seal.json")["rows"] == {"train": 22, "validation": 8, "test": 10}


def test_a_fold_and_a_test_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be a fold and a file"):
        divided(tmp_path, "1/4", test="test.csv")
