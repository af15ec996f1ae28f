"""`split`: divide the rows before anything learns, and seal the test part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from burnish.contracts import Task
from burnish.data.rows import ROW, read_rows, write_rows
from burnish.data.split import stratified_folds, stratified_split
from burnish.errors import UserError
from burnish.events import Note, Work
from burnish.exporting.manifest import TargetsForm
from burnish.recipe import Recipe
from burnish.run_folder import RunFolder, file_digest, write_json
from burnish.stages.stage import SEAL_FILE, TEST_FILE, Stage, open_task


def run(recipe: Recipe, folder: RunFolder) -> Work[None]:
    """Write train.parquet, validation.parquet, test.parquet, targets.json and seal.json."""
    task = open_task(recipe)
    rows = read_rows(folder.file("check", "rows.parquet"))
    given_test: Path = folder.file("check", "test.parquet")
    if (fold := recipe.split.fold_number()) is not None:
        train, validation, test = _by_fold(rows, task, recipe, fold)
    elif given_test.is_file():
        shares2 = recipe.split.shares_without_test()
        train, validation = stratified_split(rows, task.strata(rows), shares2, recipe.seed, (1, 0))
        test = read_rows(given_test)
    else:
        shares3 = (recipe.split.train, recipe.split.validation, recipe.split.test)
        # Validation rows choose between checkpoints: that needs no row of every class, and few rows have none to spare.
        train, validation, test = stratified_split(rows, task.strata(rows), shares3, recipe.seed, (1, 0, 1))

    stage = folder.stage("split")
    for name, part in (("train", train), ("validation", validation), ("test", test)):
        if not part:
            raise UserError(
                f"{len(rows)} rows are too few: none is left for the {name} part",
                where="split",
                fix="Add rows, or give that part a larger share under `split:`.",
            )
    for name, part in (("train", train), ("validation", validation)):
        write_rows(stage / f"{name}.parquet", part)
    write_rows(stage / TEST_FILE, test)
    targets = TargetsForm.of(task.targets(train, recipe.data.descriptions))
    write_json(stage / "targets.json", targets.model_dump(mode="json"))
    sizes = {"train": len(train), "validation": len(validation), "test": len(test)}
    write_json(stage / SEAL_FILE, {"sha256": file_digest(stage / TEST_FILE), "rows": sizes})
    yield Note(text=", ".join(f"{count} {name}" for name, count in sizes.items()) + " rows; the test rows are sealed")


def _by_fold(
    rows: list[dict[str, Any]], task: Task, recipe: Recipe, fold: tuple[int, int]
) -> list[list[dict[str, Any]]]:
    """One fold as the test part; the rest is divided into training and validation rows by their shares."""
    if recipe.data.test is not None:
        raise UserError(
            "the test rows cannot be a fold and a file of their own",
            where="split.fold, data.test",
            fix="Leave one of them out.",
        )
    number, count = fold
    test = stratified_folds(rows, task.strata(rows), count, recipe.seed)[number - 1]
    tested = {row[ROW] for row in test}
    rest = [row for row in rows if row[ROW] not in tested]
    shares = recipe.split.shares_without_test()
    return [*stratified_split(rest, task.strata(rest), shares, f"{recipe.seed}/{number}", (1, 1)), test]


STAGE = Stage(
    name="split",
    summary="divides the rows and seals the test set",
    reads=("task", "split", "data.descriptions", "seed"),
    run=run,
)
