"""One trial: train with other values, on the split and baselines of the sweep's run, in a folder of its own."""

from __future__ import annotations

import shutil
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burnish.errors import UserError
from burnish.events import Note, Progress, Validated
from burnish.memory_faults import memory_faults_explained
from burnish.recipe import Recipe
from burnish.run_folder import RunFolder, read_json
from burnish.stages import train
from burnish.stages.stage import TEST_FILE

SWEEP_FOLDER, TRIALS_FOLDER = "sweep", "trials"
_KEPT = "training.json"
_STAGE = train.STAGE.name


@dataclass(frozen=True, kw_only=True)
class TrialFolder(RunFolder):
    """A run folder whose `train` stage is the trial's, and whose other stages are the sweep's. It has no test rows."""

    shared: RunFolder

    def stage(self, name: str) -> Path:
        """The folder of a stage."""
        return self.root if name == _STAGE else self.shared.stage(name)

    def file(self, stage: str, name: str) -> Path:
        """A file of a stage; never the test rows."""
        if name == TEST_FILE:
            raise ValueError("a trial is chosen on validation rows; it has no test rows")
        return self.stage(stage) / name


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a trial says while it trains; exactly one of its last three is given at its end.

    Attributes:
        share: How much of the training is done.
        epoch: Epochs done.
        score: Of an epoch that has just ended; else None.
        loss: Likewise.
        warning: A sentence for the person who watches, or "".
        ended: Score and loss of the checkpoint that was kept, with epochs and seconds.
        failed: Why the trial is impossible: a UserError as a mapping.
    """

    share: float = 0.0
    epoch: int = 0
    score: float | None = None
    loss: float | None = None
    warning: str = ""
    ended: dict[str, Any] | None = None
    failed: dict[str, str] | None = None


def trial_folder(run: RunFolder, number: int) -> Path:
    """Where a trial keeps what is left of it."""
    return run.root / SWEEP_FOLDER / TRIALS_FOLDER / f"{number:03d}"


def clean_trials(run: RunFolder) -> None:
    """Remove what trials that were killed left behind."""
    for place in sorted((run.root / SWEEP_FOLDER / TRIALS_FOLDER).glob("*")):
        _keep_only_the_story(place)


def run_trial(recipe: Recipe, shared: RunFolder, place: Path) -> Generator[Said, None, None]:
    """Train as a recipe says, keep the story of it, and throw the weights away. Closing it ends the training.

    Args:
        recipe: With the trial's values.
        shared: The run folder whose checked rows, split and baselines are used.
        place: The trial's own folder; emptied first.
    """
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    folder = TrialFolder(root=place, shared=shared)
    share, epoch = 0.0, 0
    try:
        with memory_faults_explained(f"trial {place.name}"):
            for event in train.STAGE.run(recipe, folder):
                match event:
                    case Progress(done=done, total=total) if total:
                        share = done / total
                        yield Said(share=share, epoch=epoch)
                    case Validated():
                        epoch = event.epoch
                        yield Said(share=share, epoch=epoch, score=event.score, loss=event.loss)
                    case Note(level="warning", text=text):
                        yield Said(share=share, epoch=epoch, warning=text)
        yield Said(share=1.0, epoch=epoch, ended=_ending(read_json(place / _KEPT)))
    except UserError as error:
        yield Said(share=share, epoch=epoch, failed=error.as_dict())
    finally:
        _keep_only_the_story(place)


def _ending(training: dict[str, Any]) -> dict[str, Any]:
    kept = training["validations"][training["best"]]
    last = training["validations"][-1]
    return {
        "score": kept["score"],
        "loss": kept["loss"],
        "epochs": round(last["epoch"]),
        "seconds": round(training["seconds"], 3),
        "metric": training["metric"],
    }


def _keep_only_the_story(place: Path) -> None:
    """Remove weights, checkpoints and probes; a trial that did not end leaves nothing."""
    for path in place.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != _KEPT:
            path.unlink()
    if not (place / _KEPT).exists():
        place.rmdir()
