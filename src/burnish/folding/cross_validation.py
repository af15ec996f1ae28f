"""The cross-validation: the data is checked once, then fold after fold is run, and all of them give the verdict."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from burnish.catalog import get_metric
from burnish.contracts import Metric
from burnish.data.rows import read_rows
from burnish.events import Note, Progress, StageDone, StageStarted, Work
from burnish.folding.fold import FOLD_STAGES, fold_folder, has_ended, keep_scores, run_fold
from burnish.folding.plan import CROSS_VALIDATION, Fold, fold_recipe, plan_folds, require_rows, with_folds
from burnish.folding.results import REPORT_FILE, SPECIALIST, read_fold, scores_of, write_results
from burnish.pipeline import in_folder, run_stages, wanted_record, what_changed
from burnish.recipe import AUTO, Recipe
from burnish.reporting import words
from burnish.run_folder import RunFolder, read_json, write_json
from burnish.stages import check
from burnish.stages.split import label_sets, rows_together
from burnish.stages.stage import open_task

ABOUT_FILE = "about.json"
_NOT_ABOUT_SCORES = ("threads", "checkpoint-seconds")


def run_cross_validation(recipe: Recipe, folder: RunFolder) -> Work[None]:
    """Test every row of the data in turn, and write what was found into `cross-validation/`.

    One that was stopped is continued; folds that have ended are not done again.

    Args:
        recipe: Completed.
        folder: New, or of an earlier run or cross-validation of this recipe.

    Raises:
        UserError: The data has too few rows for the folds, or a fold cannot be done.
    """
    wanted = with_folds(recipe)
    yield from in_folder(wanted, folder, _cross_validate(wanted, folder))


def _cross_validate(recipe: Recipe, folder: RunFolder) -> Work[None]:
    yield from run_stages(recipe, folder, last=check.STAGE.name)
    rows, task = read_rows(folder.file("check", "rows.parquet")), open_task(recipe)
    require_rows(
        label_sets(task, rows), recipe.evaluate.folds, rows_together(rows, task, recipe, folder).numbers.tolist()
    )
    began = time.perf_counter()
    yield StageStarted(stage=CROSS_VALIDATION)
    name = recipe.evaluate.metric
    targets = replace(task.targets(rows, recipe.data.descriptions), prompt=recipe.data.prompt)
    metric = get_metric(task, task.default_metric(targets) if name == AUTO else name)
    yield from _set_aside(recipe, folder, metric.name)
    folds = plan_folds(recipe)
    yield from _all_folds(recipe, folder, metric, folds)
    verdict = write_results(recipe, folder, metric.name, folds)
    yield Note(text=f"verdict: {verdict.decision}. " + " ".join(verdict.reasons))
    yield Note(text=f"report: {folder.root / CROSS_VALIDATION / REPORT_FILE}")
    yield StageDone(stage=CROSS_VALIDATION, seconds=time.perf_counter() - began)


def _about(recipe: Recipe, folder: RunFolder, metric: str) -> dict[str, Any]:
    """All that the scores of a fold depend on, in the form of a stage's record."""
    checked, *learning = (wanted_record(stage, recipe, folder) for stage in FOLD_STAGES[:-1])
    settings = {key: value for record in learning for key, value in record["settings"].items()}
    for key in _NOT_ABOUT_SCORES:
        settings["training"].pop(key)
    return {
        "stage": CROSS_VALIDATION,
        "settings": {**settings, "evaluate.metric": metric, "evaluate.folds": recipe.evaluate.folds},
        "files": {key: value for record in learning for key, value in record["files"].items()},
        "inputs": {check.STAGE.name: (folder.record(check.STAGE.name) or {}).get("outputs", {})},
        "code": checked["code"],
    }


def _set_aside(recipe: Recipe, folder: RunFolder, metric: str) -> Work[None]:
    """Keep earlier folds under another name where their scores do not belong with those that are wanted now."""
    place, wanted = folder.root / CROSS_VALIDATION, _about(recipe, folder, metric)
    about = place / ABOUT_FILE
    if about.is_file() and (reason := what_changed(read_json(about), wanted)):
        if any(place.glob("fold-*/fold.json")):
            aside = _free_name(place)
            place.rename(aside)
            kept = f"; the earlier folds are kept in {aside}"
        else:
            shutil.rmtree(place)
            kept = ""
        yield Note(text=f"{reason}, so the folds begin anew{kept}", level="warning")
    write_json(about, wanted)


def _free_name(place: Path) -> Path:
    return next(name for n in range(1, 10_000) if not (name := place.with_name(f"{place.name}-{n}")).exists())


@dataclass(kw_only=True)
class _Course:
    """How far the folds have come.

    Attributes:
        seconds: Of each fold that was done by this start.
        warned: Warnings that were shown already: folds are much alike.
    """

    folder: RunFolder
    metric: Metric
    total: int
    ended: list[Fold] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    warned: set[str] = field(default_factory=set)

    def standing(self) -> tuple[float, str, float] | None:
        """The specialist's mean score so far, the best baseline and its mean; None before the first fold ends."""
        if not self.ended:
            return None
        scores = scores_of([read_fold(self.folder, fold) for fold in self.ended], self.metric.name)
        means = {name: fmean(found) for name, found in scores.items()}
        own, sign = means.pop(SPECIALIST), 1 if self.metric.higher_is_better else -1
        best = max(means, key=lambda name: sign * means[name])
        return own, best, means[best]

    def figures(self) -> dict[str, str]:
        """What stands beside the bar."""
        figures = {"fold": f"{len(self.ended) + 1} of {self.total}"}
        if (standing := self.standing()) is not None:
            own, best, score = standing
            figures |= {"specialist": f"{own:.3f}", f"best baseline {best}": f"{score:.3f}"}
        return figures

    def sentence(self) -> str:
        """What is said when a fold has ended."""
        last = read_fold(self.folder, self.ended[-1]).metrics[self.metric.name]["specialist"]["value"]
        own, best, score = self.standing() or (last, "", last)
        told = f"fold {len(self.ended)} of {self.total}: {self.metric.name} {last:.3f}"
        told += f"; on average {own:.3f}, best baseline {best} {score:.3f}"
        left = self.total - len(self.ended)
        return told + (f"; about {words.duration(left * fmean(self.seconds))} left" if left else "")


def _all_folds(recipe: Recipe, folder: RunFolder, metric: Metric, folds: Sequence[Fold]) -> Work[None]:
    """Do the folds that have not ended."""
    course = _Course(folder=folder, metric=metric, total=len(folds))
    for fold in folds:
        if has_ended(place := fold_folder(folder, fold)):
            keep_scores(place)
            course.ended.append(fold)
    if course.ended:
        yield Note(text=f"{len(course.ended)} of {len(folds)} folds were done earlier")
    for fold in folds:
        if fold not in course.ended:
            began = time.perf_counter()
            yield from _shown(run_fold(fold_recipe(recipe, fold, metric.name), folder, fold), course)
            course.seconds.append(time.perf_counter() - began)
            course.ended.append(fold)
            yield Note(text=course.sentence())


def _shown(work: Work[None], course: _Course) -> Work[None]:
    """What a fold says, as progress of the whole; all that it says stands in its own log."""
    figures, before = course.figures(), len(course.ended)

    def progress(share: float) -> Progress:
        done = int(100 * (before + share) / course.total)
        return Progress(work=CROSS_VALIDATION, done=done, total=100, figures=figures)

    yield progress(0.0)
    for event in work:
        match event:
            case Progress(work="training", done=done, total=total) if total:
                yield progress(done / total)
            case Note(level="warning", text=text) if text not in course.warned:
                course.warned.add(text)
                yield event
    yield progress(1.0)
