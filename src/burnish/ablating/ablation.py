"""The ablation: the stages before training once, then each recipe with each seed, and the paired comparison."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from burnish.ablating.arms import WITH, WITHOUT, Arms
from burnish.ablating.comparing import Answered, compare_arms
from burnish.events import Note, Progress, StageDone, StageStarted, Work
from burnish.pipeline import STAGES, in_folder, run_stages, wanted_record, what_changed
from burnish.recipe import Recipe
from burnish.run_folder import RunFolder, read_json, write_json
from burnish.searching.trial import TrialFolder
from burnish.stages import train
from burnish.stages.stage import MODEL_FOLDER, open_rows, open_run

ABLATION, RESULT_FILE = "ablation", "ablation.json"
_ABOUT_FILE, _ANSWERS_FILE = "about.json", "answers.npz"
_SEEDS = 2**32


@dataclass(frozen=True, kw_only=True)
class Training:
    """One training of an ablation."""

    arm: str
    recipe: Recipe
    place: Path


def ablation_folder(folder: RunFolder, key: str) -> Path:
    """Where the ablation of a key keeps what it found."""
    return folder.root / ABLATION / key


def run_ablation(arms: Arms, folder: RunFolder, seeds: int) -> Work[None]:
    """Train with and without the key on the same split and seeds, and write what was found into `ablation/KEY/`.

    Trainings that have ended are not done again. The test rows are not read.

    Args:
        arms: Both recipes completed.
        folder: New, or of an earlier run of this recipe.
        seeds: With how many seeds each is trained, from the recipe's own.
    """
    yield from in_folder(arms.with_key, folder, _ablate(arms, folder, seeds))


def _ablate(arms: Arms, folder: RunFolder, seeds: int) -> Work[None]:
    names = [stage.name for stage in STAGES]
    before = names[names.index(train.STAGE.name) - 1]
    shared = arms.without if arms.with_key.pretraining is None else arms.with_key  # the one that pre-trains, if any
    yield from run_stages(shared, folder, last=before)
    began = time.perf_counter()
    yield StageStarted(stage=ABLATION)
    place = ablation_folder(folder, arms.key)
    trainings = [
        Training(arm=arm, recipe=_with_seed(recipe, number), place=place / f"{arm}-{number}")
        for number in range(seeds)
        for arm, recipe in ((WITH, arms.with_key), (WITHOUT, arms.without))
    ]
    for done, training in enumerate(trainings):
        yield Progress(work=ABLATION, done=done, total=len(trainings))
        yield from _train(training, folder, done, len(trainings))
    found = [_read(training) for training in trainings]
    opened = yield from open_run(arms.with_key, folder)
    result = {
        "key": arms.key,
        "described": dict(arms.described),
        "rows": len(open_rows(folder, "validation")),
        "seeds": [training.recipe.seed for training in trainings if training.arm == WITH],
        **compare_arms(opened.metric(), opened.task.validation_loss, found, arms.with_key.seed),
    }
    write_json(place / RESULT_FILE, result)
    yield Note(text=str(result["sentence"]))
    yield StageDone(stage=ABLATION, seconds=time.perf_counter() - began)


def _with_seed(recipe: Recipe, number: int) -> Recipe:
    return recipe.model_copy(update={"seed": (recipe.seed + number) % _SEEDS})


def _train(training: Training, folder: RunFolder, done: int, total: int) -> Work[None]:
    """One training and its answers to the validation rows, unless they are there."""
    place = training.place
    about = _about(training, folder)
    known = place / _ABOUT_FILE
    if known.is_file() and what_changed(read_json(known), about):
        shutil.rmtree(place)
    write_json(known, about)
    if (place / _ANSWERS_FILE).is_file():
        return
    shared = TrialFolder(root=place, shared=folder)
    for event in train.STAGE.run(training.recipe, shared):
        match event:
            case Progress(work="training", done=steps, total=steps_in_all) if steps_in_all:
                share = done + steps / steps_in_all
                yield Progress(work=ABLATION, done=share, total=total, figures={"now": place.name})
            case Note(level="warning"):
                yield event
    _answer(training, shared)
    for path in place.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name not in {_ABOUT_FILE, _ANSWERS_FILE, "training.json"}:
            path.unlink()


def _about(training: Training, folder: RunFolder) -> dict[str, Any]:
    """All that a training depends on."""
    wanted = wanted_record(train.STAGE, training.recipe, folder)
    for key in ("threads", "checkpoint-seconds"):
        wanted["settings"]["training"].pop(key)
    return wanted


def _answer(training: Training, folder: RunFolder) -> None:
    """Write what the metrics need of every validation row."""
    from burnish.events import finish

    opened = finish(open_run(training.recipe, folder))
    rows = open_rows(folder, "validation")
    model = opened.task.restore(
        folder.file(train.STAGE.name, MODEL_FOLDER), opened.targets, training.recipe.data.longest
    )
    answers, truths = opened.task.predict(model, rows, opened.targets), opened.task.truths(rows)
    score = opened.metric().statistics(truths, answers, opened.targets)
    loss = opened.loss_statistics(model, rows, answers)
    part = training.place / f".{_ANSWERS_FILE}"
    with part.open("wb") as file:
        np.savez_compressed(file, score=score, loss=loss)
    part.replace(training.place / _ANSWERS_FILE)


def _read(training: Training) -> Answered:
    with np.load(training.place / _ANSWERS_FILE) as found:
        return Answered(arm=training.arm, score=found["score"], loss=found["loss"])
