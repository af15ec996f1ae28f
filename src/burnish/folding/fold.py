"""One fold: an ordinary run whose test part is the fold. When it has ended, its scores stay and its weights go."""

from __future__ import annotations

import shutil

from burnish.events import Work
from burnish.folding.plan import CROSS_VALIDATION, Fold
from burnish.pipeline import STAGES, in_folder, run_stages
from burnish.recipe import Recipe
from burnish.run_folder import RECORD, RunFolder, replacing_folder, write_json
from burnish.stages import check, evaluate

ENDED_FILE = "fold.json"
FOLD_STAGES = STAGES[: STAGES.index(evaluate.STAGE) + 1]
_KEPT = {
    "split": ("seal.json", "split.json", "targets.json"),
    "baseline": ("scores.json",),
    "train": ("training.json",),
    "export": ("parity.json",),
    "evaluate": ("scores.json", "verdict.json", "predictions.csv"),
}


def fold_folder(folder: RunFolder, fold: Fold) -> RunFolder:
    """The run folder of a fold, within that of the run."""
    return RunFolder(root=folder.root / CROSS_VALIDATION / fold.name)


def has_ended(place: RunFolder) -> bool:
    """Whether a fold's scores are there."""
    return (place.root / ENDED_FILE).is_file()


def run_fold(recipe: Recipe, folder: RunFolder, fold: Fold) -> Work[None]:
    """Bring a fold to its end; one that was stopped goes on where it stopped.

    Args:
        recipe: The fold's own.
        folder: The run folder, with its data checked.
        fold: Which one.
    """
    place = fold_folder(folder, fold)
    yield from in_folder(recipe, place, _work(recipe, folder, place))
    ended = {"repeat": fold.repeat, "fold": fold.number, "of": fold.of, "seed": recipe.seed}
    write_json(place.root / ENDED_FILE, ended)
    keep_scores(place)


def _work(recipe: Recipe, folder: RunFolder, place: RunFolder) -> Work[None]:
    """The stages up to `evaluate`. The data was checked for the whole run, so that result is copied."""
    name = check.STAGE.name
    if place.record(name) != folder.record(name):
        with replacing_folder(place.stage(name)) as copied:
            shutil.copytree(folder.stage(name), copied, dirs_exist_ok=True)
    yield from run_stages(recipe, place, last=evaluate.STAGE.name)


def keep_scores(place: RunFolder) -> None:
    """Remove weights and rows of a fold that has ended; records, scores and predictions stay."""
    for stage in FOLD_STAGES:
        for path in place.stage(stage.name).glob("*"):
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name not in {RECORD, *_KEPT.get(stage.name, ())}:
                path.unlink()
