"""`split`: divide the rows before anything learns, and seal the test part."""

from __future__ import annotations

from pathlib import Path

from burnish.data.rows import read_rows, write_rows
from burnish.data.split import stratified_split
from burnish.events import Note, Work
from burnish.exporting.manifest import TargetsForm
from burnish.recipe import Recipe
from burnish.run_folder import RunFolder, file_digest, write_json
from burnish.stages.stage import SEAL_FILE, TEST_FILE, Stage, open_task


def run(recipe: Recipe, folder: RunFolder) -> Work[None]:
    """Write train.parquet, validation.parquet, test.parquet, targets.json and seal.json."""
    task, settings = open_task(recipe), recipe.split
    rows = read_rows(folder.file("check", "rows.parquet"))
    given_test: Path = folder.file("check", "test.parquet")
    if given_test.is_file():
        rest = settings.train + settings.validation
        shares = (settings.train / rest, settings.validation / rest)
        train, validation = stratified_split(rows, task.strata(rows), shares, recipe.seed)
        test = read_rows(given_test)
    else:
        shares3 = (settings.train, settings.validation, settings.test)
        train, validation, test = stratified_split(rows, task.strata(rows), shares3, recipe.seed)

    stage = folder.stage("split")
    for name, part in (("train", train), ("validation", validation)):
        write_rows(stage / f"{name}.parquet", part)
    write_rows(stage / TEST_FILE, test)
    targets = TargetsForm.of(task.targets(train, recipe.data.descriptions))
    write_json(stage / "targets.json", targets.model_dump(mode="json"))
    sizes = {"train": len(train), "validation": len(validation), "test": len(test)}
    write_json(stage / SEAL_FILE, {"sha256": file_digest(stage / TEST_FILE), "rows": sizes})
    yield Note(text=", ".join(f"{count} {name}" for name, count in sizes.items()) + " rows; the test rows are sealed")


STAGE = Stage(
    name="split",
    summary="divides the rows and seals the test set",
    reads=("task", "split", "data.descriptions", "seed"),
    run=run,
)
