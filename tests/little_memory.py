"""Run burnish with little memory.

    python -m tests.little_memory training MEGABYTES ROWS DATA ENCODER OUT
    python -m tests.little_memory command MEGABYTES ARGUMENTS

What a process holds before it works differs between machines (libraries, threads), so no fixed limit suits them all:
this one measures what it holds and allows itself MEGABYTES more, while it trains with ROWS rows at once, or for one
command. Give it MALLOC_MMAP_THRESHOLD_: then freed memory goes back to the system, and what is held is what is needed.
"""

from __future__ import annotations

import importlib
import resource
import sys
from pathlib import Path
from unittest.mock import patch

from burnish.events import Note, StageDone, StageStarted, Work
from burnish.faces import cli
from burnish.faces.python import Run, prepare, start
from burnish.training import loop


def held_bytes() -> int:
    """What counts against RLIMIT_DATA, as the kernel counts it."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmData:")) * 1024


def allow(megabytes: int) -> None:
    """Allow this process so much more than it holds now."""
    _, highest = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (held_bytes() + megabytes * 1_000_000, highest))


def allow_all() -> None:
    """Take the limit away."""
    _, highest = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (highest, highest))


def with_little_memory(work: Work[None], megabytes: int) -> Work[None]:
    """The pipeline's events. Nothing is computed between an event and what is done about it here."""
    for event in work:
        if isinstance(event, StageStarted) and event.stage == "train":
            allow(megabytes)
        if isinstance(event, StageDone) and event.stage == "train":
            allow_all()
        yield event


def training(megabytes: str, rows: str, data: str, encoder: str, out: str) -> None:
    """Train with ROWS rows at once; notes go to stderr, the verdict to stdout.

    On a processor, long rows are learned from in parts that its caches hold, so that memory hardly ever runs out; here
    they are taken at once, as on other devices.
    """
    settings = {"batch-size": int(rows), "epochs": 1, "precision": "fp32", "threads": 1, "device": "cpu"}
    recipe, folder = prepare(data, name="", out=Path(out), keys={"model": encoder, "training": settings})
    with patch.object(loop, "units_to_learn", return_value=sys.maxsize):
        for event in with_little_memory(start(recipe, folder), int(megabytes)):
            if isinstance(event, Note):
                print(f"{event.level}: {event.text}", file=sys.stderr)
    print(f"verdict: {Run(folder.root).verdict['decision']}")


def command(megabytes: str, *arguments: str) -> None:
    """`burnish ARGUMENTS`, with the libraries loaded before anything is measured."""
    for library in ("torch", "transformers", "sklearn.linear_model", "polars", "accelerate"):
        importlib.import_module(library)
    allow(int(megabytes))
    sys.argv = ["burnish", *arguments]
    cli.main()


if __name__ == "__main__":
    training(*sys.argv[2:]) if sys.argv[1] == "training" else command(*sys.argv[2:])
