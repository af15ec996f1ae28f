"""Small sweeps on the toy encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from burnish.events import Event, Note
from burnish.faces.python import prepare
from burnish.recipe import Recipe, complete_recipe
from burnish.run_folder import RunFolder
from burnish.searching.sweep import run_sweep
from tests.processes import Process, Processes

SEES_PROCESSES = Path("/proc/self/cmdline").exists()  # whether the system tells of every process
TRAINING: dict[str, Any] = {"epochs": 2, "precision": "fp32", "threads": 1, "learning-rate": 0.003}
RANGES: dict[str, Any] = {
    "training.learning-rate": {"low": 0.0005, "high": 0.02, "log": True},
    "training.batch-size": [8, 16, 32],
}


def toy_recipe(data: Path, encoder: Path, out: Path, **keys: Any) -> tuple[Recipe, RunFolder]:
    """A completed recipe, and the folder of its run."""
    training = {**TRAINING, **keys.pop("training", {})}
    sweep = {"ranges": RANGES, **keys.pop("sweep", {})}
    name = keys.pop("name", "")
    given = {"model": str(encoder), "training": training, "sweep": sweep, **keys}
    recipe, folder = prepare(data, name=name, out=out, keys=given)
    return complete_recipe(recipe)[0], folder


def sweep_toy(data: Path, encoder: Path, out: Path, **keys: Any) -> tuple[RunFolder, list[Event]]:
    """Sweep to the end; returns the run folder and all that was said."""
    recipe, folder = toy_recipe(data, encoder, out, **keys)
    return folder, list(run_sweep(recipe, folder))


def notes(events: list[Event]) -> list[str]:
    """Every sentence that was said."""
    return [event.text for event in events if isinstance(event, Note)]


def start_sweep_process(processes: Processes, data: Path, encoder: Path, out: Path, *options: str) -> Process:
    """`burnish sweep` as a process of its own, with one thread."""
    settings = [f"training.{key}={value}" for key, value in TRAINING.items()]
    keys = [option for setting in settings for option in ("--set", setting)]
    rates = "training.learning-rate={low: 0.0005, high: 0.02, log: true}"
    words = ("sweep", data, "--model", encoder, "--out", out, *keys, "--range", rates, *options)
    return processes.start(*words, variables={"OMP_NUM_THREADS": "1"})


def workers_of(root: Path) -> list[int]:
    """The processes that do trials for a run folder, by what the system says of every process."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = place.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"burnish.searching.worker" in words and str(root).encode() in words:
            found.append(int(place.parent.name))
    return found
