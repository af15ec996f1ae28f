"""The names of labels join the training rows where validation rows say that it helps, and only there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from burnish.events import Note, finish
from burnish.faces.python import prepare, start
from burnish.run_folder import RunFolder
from burnish.stages.session import open_session
from burnish.stages.stage import open_rows, open_run
from tests.making import WORDS, review_rows, write_csv

SAID = {label: " ".join(words) for label, words in WORDS.items()}


def to_baselines(folder: Path, encoder: Path, rows: list[tuple[str, str]], **data: Any) -> tuple[Any, RunFolder, str]:
    """Run up to the baselines; the recipe, the folder and what was said."""
    path = write_csv(folder / "rows.csv", rows)
    keys = {"model": str(encoder), "data": {"train": str(path), **data}, "training": {"device": "cpu"}}
    recipe, run = prepare(path, name="", out=folder / "runs", keys=keys)
    said = []
    for event in start(recipe, run):
        said += [event.text] if isinstance(event, Note) else []
        if run.record("baseline"):
            break
    return recipe, run, " ".join(said)


def found(run: RunFolder) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(run.file("baseline", "label-rows.json").read_text())
    return content


def test_names_that_help_join_the_rows_of_baselines_and_training(encoder: Path, tmp_path: Path) -> None:
    _, run, said = to_baselines(tmp_path, encoder, review_rows(45), descriptions=SAID)
    told = found(run)
    assert told["used"]
    assert told["loss_with"] < told["loss"]
    assert "the names of the 3 labels join the training rows" in said
    from burnish.recipe import complete_recipe, parse_recipe
    from burnish.recipe_problems import read_recipe_file

    values, lines = read_recipe_file(run.root / "recipe.yaml")
    recipe, _ = complete_recipe(parse_recipe(values, "recipe", lines))
    session = finish(open_session(finish(open_run(recipe, run))))
    assert len(session.train) == len(open_rows(run, "train")) + 3
    assert len(session.lesson.examples) == len(session.train)


def test_names_that_say_nothing_stay_out(encoder: Path, tmp_path: Path) -> None:
    codes = [(text, f"K{sorted(WORDS).index(label)}") for text, label in review_rows(45)]
    _, run, said = to_baselines(tmp_path, encoder, codes)
    assert not found(run)["used"]
    assert "join the training rows" not in said


def test_the_recipe_can_leave_them_out(encoder: Path, tmp_path: Path) -> None:
    _, run, _ = to_baselines(tmp_path, encoder, review_rows(45), descriptions=SAID, **{"label-names": "never"})
    assert found(run) == {"used": False}


def test_many_rows_need_no_names(encoder: Path, tmp_path: Path) -> None:
    _, run, _ = to_baselines(tmp_path, encoder, review_rows(420), descriptions=SAID)
    assert found(run) == {"used": False}
