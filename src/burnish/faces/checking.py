"""The Python face of looking at data before any training: `burnish.check(...)`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from burnish.events import Note, Work, finish
from burnish.faces.python import RUNS_FOLDER, prepare
from burnish.finding import Finding, Place
from burnish.fitting_task import UnreadError
from burnish.hardware import let_threads_sleep
from burnish.memory_faults import memory_faults_explained
from burnish.pipeline import in_folder, run_stages
from burnish.recipe import AUTO, Recipe, complete_recipe
from burnish.run_folder import RunFolder, read_json
from burnish.stages.check import STAGE
from burnish.stages.check_alone import check_alone


@dataclass(frozen=True)
class Checked:
    """Data that was looked at, read from disk when asked.

    Attributes:
        folder: `runs/NAME/check`.
    """

    folder: Path

    @cached_property
    def ledger(self) -> dict[str, Any]:
        """What became of the rows: how many were `read`, `kept`, `repaired`, `merged`, `redacted` and `dropped`."""
        ledger: dict[str, Any] = read_json(self.folder / "ledger.json")
        return ledger

    @cached_property
    def findings(self) -> list[Finding]:
        """What would spoil the result, warnings first."""
        found = [_finding(values) for values in read_json(self.folder / "findings.json")]
        return sorted(found, key=lambda finding: finding.severity != "warning")

    @property
    def rows(self) -> Path:
        """Every row with its outcome and the reason for it, as CSV."""
        return self.folder / "ledger.csv"

    @property
    def flagged(self) -> Path:
        """Every row that a finding is about, as CSV."""
        return self.folder / "flagged.csv"

    @property
    def report(self) -> Path:
        """The HTML report."""
        return self.folder / "data.html"


def check(
    data: str | Path | Mapping[str, Any], *, name: str = "", out: str | Path = RUNS_FOLDER, **keys: Any
) -> Checked:
    """Look for what would spoil the result, before any training.

    `burnish.run` of the same data and name goes on from there.

    Args:
        data: A data file, a recipe file (.yaml), or a recipe as nested mappings.
        name: The run's name; default: the file's name.
        out: The folder that holds runs.
        **keys: Recipe keys, as `burnish.run` takes them: `checks={"near-duplicates": "drop"}`.

    Raises:
        UserError: What is wrong, where, and what to do; or a finding for which the recipe says `fail`.
    """
    let_threads_sleep()
    recipe, folder = prepare(data, name=name, out=Path(out), keys=keys)
    finish(start_check(recipe, folder))
    return Checked(folder.root / STAGE.name)


def start_check(recipe: Recipe, folder: RunFolder) -> Work[None]:
    """Complete the recipe, say what was inferred, and check the data; a run of that name goes on from there.

    Data that no task reads is checked all the same, and no run goes on from there.
    """
    try:
        with memory_faults_explained(str(recipe.data.train)):
            completed, said = complete_recipe(recipe)
    except UnreadError as unread:
        if recipe.task != AUTO:
            raise
        yield Note(text=f"{unread.what}; it can be checked, and not yet trained on", level="warning")
        yield from in_folder(recipe, folder, check_alone(recipe, folder))
        return
    for sentence in said:
        yield Note(text=sentence)
    yield from in_folder(completed, folder, run_stages(completed, folder, last=STAGE.name))


def _finding(values: Mapping[str, Any]) -> Finding:
    places = tuple(Place(**place) for place in values["places"])
    return Finding(**{**values, "examples": tuple(values["examples"]), "places": places})
