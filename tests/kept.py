"""A finished run's baselines as specialists, as if the verdict had been to keep them."""

from __future__ import annotations

import shutil
from pathlib import Path

import burnish
from burnish.data.rows import read_rows
from burnish.events import finish
from burnish.faces.python import prepare
from burnish.run_folder import RunFolder
from burnish.stages.evaluate import write_kept
from burnish.stages.stage import OpenRun, open_run
from tests.once import made_once


def opened(run: burnish.Run) -> OpenRun:
    """What the stages of a finished run work with."""
    recipe, _ = prepare(run.folder / "recipe.yaml", name="", out=run.folder.parent, keys={})
    return finish(open_run(recipe, RunFolder(root=run.folder)))


def keep(run: burnish.Run, baseline: str, folder: Path) -> Path:
    """Write a baseline of a shared finished run as a specialist into a new folder, without a card."""

    def make(place: Path) -> None:
        write_kept(opened(run), baseline, read_rows(run.folder / "split" / "test.parquet"), place)

    return Path(shutil.copytree(made_once(run.folder.with_name(f"kept-{baseline}"), make), folder))
