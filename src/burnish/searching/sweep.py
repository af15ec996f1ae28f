"""The sweep: all stages before `train` once, then trial after trial until trials or time are used up."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from burnish.events import Note, StageDone, StageStarted, Work
from burnish.pipeline import STAGES, in_folder, run_stages, wanted_record, what_changed
from burnish.recipe import Recipe
from burnish.run_folder import RunFolder, read_json, write_json
from burnish.searching.crew import together
from burnish.searching.results import REPORT_FILE, gather, write_results
from burnish.searching.search import Search
from burnish.searching.space import Dimension, read_space, with_values
from burnish.searching.study import STUDY_FILE, storage_faults_explained
from burnish.searching.trial import SWEEP_FOLDER, clean_trials, run_trial, trial_folder
from burnish.stages import train

ABOUT_FILE = "about.json"
_SHARED = STAGES[STAGES.index(train.STAGE) - 1].name  # the last stage that is done once for all trials
_NOT_ABOUT_SCORES = ("threads", "checkpoint-seconds")


def run_sweep(recipe: Recipe, folder: RunFolder) -> Work[None]:
    """Search the recipe's ranges, and write what was found into `sweep/`; a sweep that was stopped is continued.

    Args:
        recipe: Completed.
        folder: New, or of an earlier run or sweep of this recipe.

    Raises:
        UserError: A range is wrong, or the recipe as it stands cannot be trained.
    """
    space = read_space(recipe)
    yield from in_folder(recipe, folder, _sweep(recipe, folder, space))


def _sweep(recipe: Recipe, folder: RunFolder, space: Sequence[Dimension]) -> Work[None]:
    yield from run_stages(recipe, folder, last=_SHARED)
    began = time.perf_counter()
    place = folder.root / SWEEP_FOLDER
    yield StageStarted(stage="sweep")
    yield from _set_aside(recipe, folder, space)
    with storage_faults_explained(place):
        search = Search(recipe, folder, space)
        yield Note(text=search.beginning())
        before = search.done
        if recipe.sweep.workers == 1:
            yield from _alone(search)
        else:
            yield from together(search)
        clean_trials(folder)
        found = gather(recipe, folder, space, search.study, search.stopped)
    write_results(recipe, folder, found)
    yield Note(text=f"{search.stopped}; report: {place / REPORT_FILE}")
    yield StageDone(stage="sweep", seconds=time.perf_counter() - began, skipped=search.done == before)


def _set_aside(recipe: Recipe, folder: RunFolder, space: Sequence[Dimension]) -> Work[None]:
    """Keep an earlier sweep under another name where its scores cannot be compared with what is wanted now."""
    place = folder.root / SWEEP_FOLDER
    wanted = wanted_record(train.STAGE, recipe, folder)
    for key in _NOT_ABOUT_SCORES:
        wanted["settings"]["training"].pop(key)
    wanted["settings"]["sweep.ranges"] = {dimension.key: dimension.shown() for dimension in space}
    if (place / STUDY_FILE).is_file():
        before = read_json(place / ABOUT_FILE) if (place / ABOUT_FILE).is_file() else {}
        if reason := what_changed(before, wanted):
            aside = _free_name(place)
            place.rename(aside)
            yield Note(text=f"{reason}, so the sweep begins anew; the earlier one is kept in {aside}", level="warning")
    write_json(place / ABOUT_FILE, wanted)


def _free_name(place: Path) -> Path:
    return next(name for n in range(1, 10_000) if not (name := place.with_name(f"{place.name}-{n}")).exists())


def _alone(search: Search) -> Work[None]:
    """One trial after the other, in this process."""
    while (proposal := search.next()) is not None:
        wanted = with_values(search.recipe, proposal.values)
        trial = run_trial(wanted, search.folder, trial_folder(search.folder, proposal.number))
        for said in trial:
            go_on = search.hear(proposal, said)
            yield from search.news()
            if not go_on:
                trial.close()
                break
    yield from search.news()
