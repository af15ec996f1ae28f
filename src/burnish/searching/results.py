"""What a sweep found, as plain data and files: sweep.json, trials.csv, best.yaml and report.html."""

from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from burnish.catalog import get_metric
from burnish.contracts import Metric
from burnish.exporting.manifest import TargetsForm
from burnish.recipe import AUTO, Recipe
from burnish.reporting.sweep import render_sweep
from burnish.run_folder import RunFolder, read_json, write_json, write_text
from burnish.searching.space import Dimension, with_values
from burnish.searching.study import Study
from burnish.searching.trial import SWEEP_FOLDER
from burnish.stages.stage import open_task

RESULT_FILE, TABLE_FILE, BEST_FILE, REPORT_FILE = "sweep.json", "trials.csv", "best.yaml", "report.html"
_USUAL_OUT = Path("runs")
_COLUMNS = ("number", "state", "score", "loss", "epochs", "seconds")


def deciding_metric(recipe: Recipe, folder: RunFolder) -> Metric:
    """The metric that decides, for the labels of the run's split."""
    task = open_task(recipe)
    targets = TargetsForm.model_validate(read_json(folder.file("split", "targets.json"))).targets()
    name = recipe.evaluate.metric
    return get_metric(task, task.default_metric(targets) if name == AUTO else name)


def best_of(rows: Sequence[Mapping[str, Any]], *, higher_is_better: bool) -> Mapping[str, Any] | None:
    """The best trial that ended: by score, then by loss; of equals the recipe as it stands, then the first one."""
    sign = 1 if higher_is_better else -1
    ended = [row for row in rows if row["state"] == "complete"]
    return max(ended, key=lambda row: (sign * row["score"], -row["loss"], row["own"], -row["number"]), default=None)


def gather(recipe: Recipe, folder: RunFolder, space: Sequence[Dimension], study: Study, stopped: str) -> dict[str, Any]:
    """Everything that a sweep found, as JSON.

    Args:
        recipe: Completed.
        folder: The run folder.
        space: What was searched.
        study: With at least one trial that ended.
        stopped: Why the sweep ended, in words.
    """
    metric, rows = deciding_metric(recipe, folder), study.rows()
    best = best_of(rows, higher_is_better=metric.higher_is_better)
    scores = read_json(folder.file("baseline", "scores.json"))
    return {
        "run": folder.name,
        "task": recipe.task,
        "model": recipe.model,
        "method": recipe.method.name,
        "metric": {
            "name": metric.name,
            "summary": metric.summary,
            "share": metric.share,
            "higher_is_better": metric.higher_is_better,
        },
        "validation_rows": read_json(folder.file("split", "seal.json"))["rows"]["validation"],
        "best": best,
        "recipe": next((row for row in rows if row["own"] and row["state"] == "complete"), None),
        "trials": rows,
        "space": [dimension.as_dict() for dimension in space],
        "importance": study.importance(),
        "baselines": {name: entry[metric.name] for name, entry in scores.items() if metric.name in entry},
        "budget": {"trials": recipe.sweep.trials, "minutes": recipe.sweep.minutes, "workers": recipe.sweep.workers},
        "seconds": round(study.seconds(), 3),
        "stopped": stopped,
        "command": run_command(folder),
    }


def run_command(folder: RunFolder) -> str:
    """The command that takes the best recipe to a verdict."""
    words = ["burnish", "run", str(folder.root / SWEEP_FOLDER / BEST_FILE), "--name", f"{folder.name}-best"]
    if folder.root.resolve().parent != _USUAL_OUT.resolve():
        words += ["--out", str(folder.root.parent)]
    return shlex.join(words)


def write_results(recipe: Recipe, folder: RunFolder, found: Mapping[str, Any]) -> None:
    """Write every file of the result, each in one step."""
    place = folder.root / SWEEP_FOLDER
    write_json(place / RESULT_FILE, found)
    write_text(place / TABLE_FILE, _table(found))
    best = place / BEST_FILE
    with_values(recipe, found["best"]["values"]).write(best)
    write_text(best, _heading(found) + best.read_text(encoding="utf-8"))
    write_text(place / REPORT_FILE, render_sweep(found))


def _table(found: Mapping[str, Any]) -> str:
    keys = [dimension["key"] for dimension in found["space"]]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_COLUMNS, *keys, "why"])
    for row in found["trials"]:
        values = [row["values"].get(key, "") for key in keys]
        writer.writerow(["" if cell is None else cell for cell in (*(row[c] for c in _COLUMNS), *values, row["why"])])
    return text.getvalue()


def _heading(found: Mapping[str, Any]) -> str:
    """The comment above the best recipe."""
    best, own, metric = found["best"], found["recipe"], found["metric"]["name"]
    lines = [
        f"The best of {len(found['trials'])} trials of the sweep {found['run']}: trial {best['number']},",
        f"{metric} {best['score']:.4f} on {found['validation_rows']} validation rows.",
    ]
    if best["own"]:
        lines.append("It is the recipe as it stood: no trial was better.")
    elif own is not None:
        lines.append(f"The recipe as it stood came to {own['score']:.4f}. What differs:")
        lines += [
            f"    {dimension['key']}: {dimension['own']} -> {best['values'][dimension['key']]}"
            for dimension in found["space"]
            if dimension["own"] != best["values"][dimension["key"]]
        ]
    lines += ["Whether it is really better, only the sealed test rows tell. From where the sweep was made:"]
    lines += [f"    {found['command']}"]
    return "".join(f"# {line}\n" for line in lines) + "\n"
