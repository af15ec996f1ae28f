"""Run burnish with little memory: the programs of processes that tests start.

What a process holds before it works differs between machines (libraries, threads), so no fixed limit suits them all:
this one measures what it holds and allows itself some megabytes more.
"""

from __future__ import annotations

import ctypes
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


def give_back_at_once() -> None:
    """Freed memory goes back to the system, so that what is held is what is needed."""
    threshold = -3  # M_MMAP_THRESHOLD of the C library's malloc.h: larger pieces are mapped, and unmapped when freed
    assert ctypes.CDLL(None).mallopt(threshold, 131072)


def training() -> None:
    """Train with little memory and many rows at once; notes go to stderr, the verdict to stdout.

    The command line gives megabytes, rows, the data, the encoder, and a folder for the run. On a processor, long rows
    are learned from in parts that its caches hold, so that memory hardly ever runs out; here they are taken at once,
    as on other devices.
    """
    megabytes, rows, data, encoder, out = sys.argv[1:]
    give_back_at_once()
    settings = {"batch-size": int(rows), "epochs": 1, "precision": "fp32", "threads": 1, "device": "cpu"}
    split = {"train": 0.88, "validation": 0.06, "test": 0.06}
    keys = {"model": encoder, "training": settings, "split": split}
    recipe, folder = prepare(data, name="", out=Path(out), keys=keys)
    with patch.object(loop, "units_to_learn", return_value=sys.maxsize):
        for event in with_little_memory(start(recipe, folder), int(megabytes)):
            if isinstance(event, Note):
                print(f"{event.level}: {event.text}", file=sys.stderr)
    print(f"verdict: {Run(folder.root).verdict['decision']}")


def command() -> None:
    """Run `burnish` with little memory; the command line gives megabytes, then its arguments."""
    megabytes = int(sys.argv.pop(1))
    give_back_at_once()
    allow(megabytes)
    cli.main()
