"""`baseline`: fit every cheap answer to the same question, and score it on the validation rows."""

from __future__ import annotations

from typing import Any

from burnish.contracts import BaselineInputs
from burnish.events import Note, Progress, Work
from burnish.hardware import Meter
from burnish.recipe import Recipe
from burnish.run_folder import RunFolder, write_json
from burnish.stages.stage import Stage, open_rows, open_run


def run(recipe: Recipe, folder: RunFolder) -> Work[None]:
    """Write one folder per baseline, and scores.json."""
    opened = yield from open_run(recipe, folder)
    task, metric, targets = opened.task, opened.metric(), opened.targets
    validation = open_rows(folder, "validation")
    inputs = BaselineInputs(
        train=open_rows(folder, "train"),
        validation=validation,
        targets=targets,
        features=opened.features(),
        seed=recipe.seed,
    )
    scores: dict[str, Any] = {}
    for number, baseline in enumerate(task.baselines):
        yield Progress(work="baselines", done=number, total=len(task.baselines), figures={"now": baseline.name})
        meter = Meter()
        fitted = baseline.fit(inputs)
        place = folder.file("baseline", baseline.name)
        place.mkdir(parents=True, exist_ok=True)
        fitted.save(place)
        statistics = metric.statistics(task.truths(validation), fitted.predict(validation), targets)
        scores[baseline.name] = {
            metric.name: float(metric.value(statistics.sum(axis=0))),
            "summary": baseline.summary,
            "seconds": round(meter.read().seconds, 3),
        }
    yield Progress(work="baselines", done=len(task.baselines), total=len(task.baselines))
    write_json(folder.file("baseline", "scores.json"), scores)
    shown = ", ".join(f"{name} {score[metric.name]:.3f}" for name, score in scores.items())
    yield Note(text=f"{metric.name} on validation rows: {shown}")


STAGE = Stage(
    name="baseline",
    summary="fits and scores the cheap answers",
    reads=("task", "model", "data.longest", "evaluate.metric", "seed"),
    run=run,
)
