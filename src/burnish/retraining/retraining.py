"""Retrain: new data through the same door, a warm start from the present specialist, the old rows again, a new run."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from burnish.data.source import Source
from burnish.errors import UserError
from burnish.events import Note, Work
from burnish.exporting.manifest import MANIFEST, read_manifest
from burnish.pipeline import in_folder, run_pipeline, run_stages
from burnish.recipe import Recipe
from burnish.retraining.gathering import ROWS, TEST, gather
from burnish.run_folder import RunFolder, file_digest, replacing_folder, write_json
from burnish.stages import split
from burnish.stages.stage import SPECIALIST

RETRAIN, INTAKE, START, FACTS_FILE = "retrain", "intake", "start", "retrain.json"


@dataclass(frozen=True, kw_only=True)
class Retraining:
    """What is made anew.

    Attributes:
        old: The present run.
        recipe: Its recipe, completed.
        name: The specialist's name.
        data: The new rows, with labels.
        folder: The new run's folder.
        replay: The share of the old rows that are learned from again.
    """

    old: RunFolder
    recipe: Recipe
    name: str
    data: Source
    folder: RunFolder
    replay: float = 1.0


def retrain(asked: Retraining) -> Work[None]:
    """Bring a new run to its verdict, from the old one and new rows.

    The new rows are checked and split as those of any run are. Their test part joins the old test rows, which stay
    sealed; the rest joins the old rows. Training starts from the present specialist's weights. Stopped, the same call
    goes on where it stopped.

    Raises:
        UserError: The rows are too few, or are known already; or what any run refuses.
    """
    old, place = asked.old, asked.folder.root / RETRAIN
    specialist = old.file("evaluate", SPECIALIST)
    if old.record("evaluate") is None or not (specialist / MANIFEST).is_file():
        raise UserError("this run has not come to its end", where=str(old.root), fix="Finish it with `burnish run`.")
    intake = RunFolder(root=place / INTAKE)
    yield Note(text="the new rows: checked and split by themselves")
    incoming = _intake_recipe(asked)
    yield from in_folder(incoming, intake, run_stages(incoming, intake, last=split.STAGE.name))
    counts = gather(asked.recipe, old, intake, place, asked.replay)
    yield Note(
        text=f"learned from: {counts['replayed']} rows of before, {counts['new']} new; tested on: "
        f"{counts['kept_test']} of before, {counts['fresh_test']} new"
        + (f"; {counts['known']} were known and left out" if counts["known"] else "")
    )
    _keep_start(specialist, place / START)
    facts = {"name": asked.name, "from": old.name, "version": file_digest(specialist / MANIFEST)[:12], "rows": counts}
    write_json(place / FACTS_FILE, facts)
    yield from run_pipeline(_recipe(asked, place), asked.folder)


def _intake_recipe(asked: Retraining) -> Recipe:
    """The old recipe, for the new rows alone."""
    data = asked.recipe.data.model_copy(update={"train": asked.data, "test": None, "encoding": "", "delimiter": ""})
    training = asked.recipe.training.model_copy(update={"warm_start": None})
    return asked.recipe.model_copy(update={"data": data, "training": training})


def _recipe(asked: Retraining, place: Path) -> Recipe:
    """The old recipe, for all rows, with a warm start."""
    sources = {"train": place / ROWS, "test": place / TEST, "encoding": "", "delimiter": ""}
    data = asked.recipe.data.model_copy(update=sources)
    is_network = read_manifest(place / START).kind == "network"
    training = asked.recipe.training.model_copy(update={"warm_start": place / START if is_network else None})
    return asked.recipe.model_copy(update={"data": data, "training": training})


def _keep_start(specialist: Path, place: Path) -> None:
    """A copy of the present specialist, so that the new run can be moved and done again."""
    if (place / MANIFEST).is_file() and file_digest(place / MANIFEST) == file_digest(specialist / MANIFEST):
        return
    with replacing_folder(place) as copied:
        shutil.copytree(specialist, copied, dirs_exist_ok=True)
