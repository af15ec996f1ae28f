"""`baseline`: fit every cheap answer to the same question, and score it on the validation rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from burnish.contracts import BaselineInputs
from burnish.events import Note, Progress, Work
from burnish.hardware import Meter
from burnish.metrics.intervals import score_rows
from burnish.recipe import Recipe
from burnish.run_folder import RunFolder, write_json
from burnish.stages.stage import LABEL_ROWS_FILE, SCORES_FILE, OpenRun, Stage, open_rows, open_run

ROWS_PER_LABEL = 50  # with more, a name is not worth trying
WORTH_IT = 0.98  # the loss must fall by at least this


def run(recipe: Recipe, folder: RunFolder) -> Work[None]:
    """Write one folder per baseline, and scores.json."""
    opened = yield from open_run(recipe, folder)
    task, metric, targets = opened.task, opened.metric(), opened.targets
    train, validation = open_rows(folder, "train"), open_rows(folder, "validation")
    features = opened.features()
    inputs = BaselineInputs(
        train=train,
        validation=validation,
        targets=targets,
        features=features,
        seed=recipe.seed,
        own_classes=features.model.own_classes,
    )
    inputs = yield from _with_label_rows(opened, inputs)
    scores: dict[str, Any] = {}
    baselines = [baseline for baseline in task.baselines if baseline.applies is None or baseline.applies(inputs)]
    for number, baseline in enumerate(baselines):
        yield Progress(work="baselines", done=number, total=len(baselines), figures={"now": baseline.name})
        meter = Meter()
        fitted = baseline.fit(inputs)
        place = folder.file("baseline", baseline.name)
        place.mkdir(parents=True, exist_ok=True)
        fitted.save(place)
        statistics = metric.statistics(task.truths(validation), fitted.predict(validation), targets)
        scores[baseline.name] = {
            metric.name: score_rows(metric, statistics),
            "summary": baseline.summary,
            "seconds": round(meter.read().seconds, 3),
        }
    yield Progress(work="baselines", done=len(baselines), total=len(baselines))
    write_json(folder.file("baseline", SCORES_FILE), scores)
    shown = ", ".join(f"{name} {score[metric.name]:.3f}" for name, score in scores.items())
    yield Note(text=f"{metric.name} on validation rows: {shown}")


def _with_label_rows(opened: OpenRun, inputs: BaselineInputs) -> Work[BaselineInputs]:
    """Let labels' names join the training rows, where the `start` baseline's loss on validation rows falls by it."""
    task, targets = opened.task, inputs.targets
    names = task.label_rows(targets) if opened.recipe.data.label_names == "auto" else []
    found: dict[str, Any] = {"used": False}
    joined = replace(inputs, train=[*inputs.train, *names])
    if names and task.start and len(inputs.train) <= ROWS_PER_LABEL * len(names):
        baseline, metric = opened.described_baseline(task.start), task.validation_loss
        losses = []
        for tried in (inputs, joined):
            answers = baseline.fit(tried).predict(inputs.validation)
            statistics = metric.statistics(task.truths(inputs.validation), answers, targets)
            losses.append(score_rows(metric, statistics))
        found = {"used": losses[1] < WORTH_IT * losses[0], "loss": losses[0], "loss_with": losses[1]}
    write_json(opened.folder.file("baseline", LABEL_ROWS_FILE), found)
    if not found["used"]:
        return inputs
    yield Note(
        text=f"the names of the {len(names)} labels join the training rows: they lower the loss of {task.start} on "
        f"validation rows from {found['loss']:.3f} to {found['loss_with']:.3f} (`label-names: never` under `data:` "
        "leaves them out)"
    )
    return joined


STAGE = Stage(
    name="baseline",
    summary="fits and scores the cheap answers",
    reads=("task", "model", "data.longest", "data.label-names", "evaluate.metric", "seed"),
    run=run,
)
