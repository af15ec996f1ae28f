"""The Python face of hyperparameter search: `burnish.sweep(...)`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from burnish.events import Note, Work, finish
from burnish.faces.python import RUNS_FOLDER, prepare
from burnish.hardware import let_threads_sleep
from burnish.recipe import Recipe, complete_recipe
from burnish.run_folder import RunFolder, read_json
from burnish.searching.results import BEST_FILE, REPORT_FILE, RESULT_FILE, TABLE_FILE
from burnish.searching.sweep import run_sweep
from burnish.searching.trial import SWEEP_FOLDER


@dataclass(frozen=True)
class Sweep:
    """A sweep that has ended, read from disk when asked.

    Attributes:
        folder: `runs/NAME/sweep`.
    """

    folder: Path

    @cached_property
    def result(self) -> dict[str, Any]:
        """The content of sweep.json: best trial, recipe as it stood, every trial, importance of each key."""
        result: dict[str, Any] = read_json(self.folder / RESULT_FILE)
        return result

    @property
    def best(self) -> dict[str, Any]:
        """The best trial: number, score, loss, and `values` by key."""
        best: dict[str, Any] = self.result["best"]
        return best

    @property
    def recipe(self) -> Path:
        """The complete recipe with the best values; `burnish.run` takes it."""
        return self.folder / BEST_FILE

    @property
    def trials(self) -> Path:
        """Every trial as CSV."""
        return self.folder / TABLE_FILE

    @property
    def report(self) -> Path:
        """The HTML report."""
        return self.folder / REPORT_FILE


def sweep(
    data: str | Path | Mapping[str, Any],
    *,
    name: str = "",
    out: str | Path = RUNS_FOLDER,
    ranges: Mapping[str, Any] | None = None,
    trials: int | None = None,
    minutes: float | None = None,
    workers: int | None = None,
    **keys: Any,
) -> Sweep:
    """Search hyperparameters on the validation rows; a finished or interrupted sweep of that name is continued.

    Args:
        data: A data file, a recipe file (.yaml), or a recipe as nested mappings.
        name: The run's name; default: the file's name.
        out: The folder that holds runs.
        ranges: What each key may be (`{"method.rank": [4, 8]}`); default: the recipe's, or the method's usual ones.
        trials: Most trainings; default: the recipe's.
        minutes: Most minutes of training; default: the recipe's.
        workers: Trainings at the same time; default: the recipe's.
        **keys: Recipe keys, as `burnish.run` takes them.

    Raises:
        UserError: What is wrong, where, and what to do.
    """
    let_threads_sleep()
    settings = sweep_keys(ranges=ranges, trials=trials, minutes=minutes, workers=workers)
    if settings:
        keys["sweep"] = {**keys.get("sweep", {}), **settings}
    recipe, folder = prepare(data, name=name, out=Path(out), keys=keys)
    finish(start_sweep(recipe, folder))
    return Sweep(folder.root / SWEEP_FOLDER)


def sweep_keys(**settings: Any) -> dict[str, Any]:
    """The keys of the section `sweep` that are given."""
    return {key: value for key, value in settings.items() if value is not None}


def start_sweep(recipe: Recipe, folder: RunFolder) -> Work[None]:
    """Complete the recipe, say what was inferred, and search."""
    completed, said = complete_recipe(recipe)
    for sentence in said:
        yield Note(text=sentence)
    yield from run_sweep(completed, folder)
