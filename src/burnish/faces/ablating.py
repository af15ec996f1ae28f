"""The Python face of ablation: `burnish.ablate(...)`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from burnish.ablating.ablation import RESULT_FILE, ablation_folder, run_ablation
from burnish.ablating.arms import Arms, read_arms
from burnish.errors import UserError
from burnish.events import Note, Work, finish
from burnish.faces.python import RUNS_FOLDER, prepare
from burnish.hardware import let_threads_sleep
from burnish.recipe import complete_recipe
from burnish.run_folder import RunFolder, read_json

USUAL_SEEDS = 3


@dataclass(frozen=True)
class Ablation:
    """An ablation that has ended, read from disk when asked.

    Attributes:
        folder: `runs/NAME/ablation/KEY`.
    """

    folder: Path

    @cached_property
    def result(self) -> dict[str, Any]:
        """The content of ablation.json: scores with and without, difference with its interval, and the test."""
        result: dict[str, Any] = read_json(self.folder / RESULT_FILE)
        return result


def ablate(
    data: str | Path | Mapping[str, Any],
    key: str,
    *,
    value: Any = None,
    seeds: int = USUAL_SEEDS,
    name: str = "",
    out: str | Path = RUNS_FOLDER,
    **keys: Any,
) -> Ablation:
    """Train with and without a key of the recipe, and compare on the validation rows.

    Args:
        data: A data file, a recipe file (.yaml), or a recipe as nested mappings.
        key: What to leave out: a section (`augment`) or a key in one (`training.oversample`).
        value: Compare with this value instead of leaving the key out; None leaves it out.
        seeds: With how many seeds each is trained.
        name: The run's name; default: the file's name.
        out: The folder that holds runs.
        **keys: Recipe keys, as `burnish.run` takes them.

    Raises:
        UserError: What is wrong, where, and what to do.
    """
    let_threads_sleep()
    recipe, folder = prepare(data, name=name, out=Path(out), keys=keys)
    arms = read_arms(recipe, key, value, replaced=value is not None)
    finish(start_ablation(arms, folder, seeds))
    return Ablation(ablation_folder(folder, key))


def start_ablation(arms: Arms, folder: RunFolder, seeds: int) -> Work[None]:
    """Complete both recipes, say what was inferred, and compare.

    Raises:
        UserError: There is no seed to train with.
    """
    if seeds < 1:
        raise UserError("an ablation needs at least one seed", where=f"--seeds {seeds}", fix="Give --seeds 3.")
    completed, said = complete_recipe(arms.with_key)
    without, _ = complete_recipe(arms.without)
    for sentence in said:
        yield Note(text=sentence)
    yield from run_ablation(replace(arms, with_key=completed, without=without), folder, seeds)
