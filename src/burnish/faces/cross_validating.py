"""The Python face of cross-validation: `burnish.cross_validate(...)`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from burnish.events import Note, Work, finish
from burnish.faces.python import RUNS_FOLDER, merged, prepare
from burnish.folding.cross_validation import run_cross_validation
from burnish.folding.plan import CROSS_VALIDATION, fold_keys
from burnish.folding.results import PREDICTIONS_FILE, REPORT_FILE, SCORES_FILE, VERDICT_FILE, WRONG_FILE, run_command
from burnish.hardware import let_threads_sleep
from burnish.recipe import Recipe, complete_recipe
from burnish.run_folder import RunFolder, read_json


@dataclass(frozen=True)
class CrossValidation:
    """A cross-validation that has ended, read from disk when asked.

    Attributes:
        folder: `runs/NAME/cross-validation`.
    """

    folder: Path

    @cached_property
    def verdict(self) -> dict[str, Any]:
        """The content of verdict.json, in the form of a run's verdict."""
        verdict: dict[str, Any] = read_json(self.folder / VERDICT_FILE)
        return verdict

    @cached_property
    def scores(self) -> dict[str, Any]:
        """The content of scores.json: every metric of every system in each fold, means, intervals and tests."""
        scores: dict[str, Any] = read_json(self.folder / SCORES_FILE)
        return scores

    @property
    def predictions(self) -> Path:
        """What every system answered to each row that it had not seen, as CSV."""
        return self.folder / PREDICTIONS_FILE

    @property
    def wrong(self) -> Path:
        """Rows that the specialist answered wrong in every repeat, as CSV."""
        return self.folder / WRONG_FILE

    @property
    def report(self) -> Path:
        """The HTML report."""
        return self.folder / REPORT_FILE

    @property
    def command(self) -> str:
        """The command that trains a specialist by the same recipe."""
        return run_command(RunFolder(root=self.folder.parent))


def cross_validate(
    data: str | Path | Mapping[str, Any],
    *,
    folds: int | None = None,
    repeats: int | None = None,
    name: str = "",
    out: str | Path = RUNS_FOLDER,
    **keys: Any,
) -> CrossValidation:
    """Test every row of the data in turn; a finished or interrupted cross-validation of that name is continued.

    Args:
        data: A data file, a recipe file (.yaml), or a recipe as nested mappings.
        folds: How many folds; default: the recipe's, or 5.
        repeats: How often the folds are drawn anew; default: the recipe's, or 1.
        name: The run's name; default: the file's name.
        out: The folder that holds runs.
        **keys: Recipe keys, as `burnish.run` takes them.

    Raises:
        UserError: What is wrong, where, and what to do.
    """
    let_threads_sleep()
    recipe, folder = prepare(data, name=name, out=Path(out), keys=with_fold_keys(keys, folds, repeats))
    finish(start_cross_validation(recipe, folder))
    return CrossValidation(folder.root / CROSS_VALIDATION)


def with_fold_keys(keys: Mapping[str, Any], folds: int | None, repeats: int | None) -> dict[str, Any]:
    """Recipe keys, with what is asked of the folds."""
    asked = fold_keys(folds, repeats)
    return merged(keys, {"evaluate": asked}) if asked else dict(keys)


def start_cross_validation(recipe: Recipe, folder: RunFolder) -> Work[None]:
    """Complete the recipe, say what was inferred, and run the folds."""
    completed, said = complete_recipe(recipe)
    for sentence in said:
        yield Note(text=sentence)
    yield from run_cross_validation(completed, folder)
