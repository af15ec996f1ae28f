"""Run one system in a process of its own, on one thread, and measure processor seconds and memory."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from burnish.events import StageDone
from burnish.faces.python import prepare, start

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"), "1")
QUIET = {"TOKENIZERS_PARALLELISM": "false", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "TRANSFORMERS_VERBOSITY": "error"}
MARK = "RESULT "


def processor_seconds() -> float:
    """Processor seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def in_own_process(module: str, system: str, **settings: Any) -> dict[str, Any]:
    """Run `python -m MODULE --system SYSTEM` on one thread and return what it reports, with its peak memory.

    Args:
        module: The benchmark's module.
        system: The name of the system to run.
        settings: JSON-able settings, passed on.

    Raises:
        RuntimeError: The process failed; its last lines are in the message.
    """
    command = [sys.executable, "-m", module, "--system", system, "--settings", json.dumps(settings)]
    environment = {**os.environ, **ONE_THREAD, **QUIET}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith(MARK)]
    if done.returncode or not lines:
        raise RuntimeError(f"{system} failed:\n" + "\n".join((done.stdout + done.stderr).splitlines()[-25:]))
    found: dict[str, Any] = json.loads(lines[-1].removeprefix(MARK))
    return found


def kept(results: Path | None, module: str, system: str, **settings: Any) -> dict[str, Any]:
    """What a case found: from a file of results where it is there, else measured now and appended to it.

    Args:
        results: JSON Lines, one case a line; None: nothing is kept.
        module: The benchmark's module.
        system: The name of the system to run.
        settings: JSON-able settings; a case is known by these three.

    Raises:
        RuntimeError: The system failed.
    """
    case = {"module": module, "system": system, "settings": settings}
    if results is not None and results.is_file():
        for line in results.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            if entry["case"] == case:
                return dict(entry["found"])
    began = time.perf_counter()
    found = in_own_process(module, system, **settings)
    print(f"{system} {settings}: {found} ({time.perf_counter() - began:.0f} s)", flush=True)
    if results is not None:
        with results.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"case": case, "found": found}) + "\n")
    return found


def add_results_option(parser: argparse.ArgumentParser) -> None:
    """The option that makes a benchmark go on where it was stopped."""
    parser.add_argument("--results", type=Path, help="JSON Lines file: cases in it are not measured again")


@contextlib.contextmanager
def without_states() -> Iterator[None]:
    """Let nothing that was computed before be found; afterwards it is there again, for what is not measured."""
    from burnish.fetch.cache import cache_folder

    states, aside = cache_folder() / "states", cache_folder() / "states-aside"
    if aside.is_dir():  # of a benchmark that was killed
        shutil.rmtree(states, ignore_errors=True)
    elif states.is_dir():
        states.rename(aside)
    try:
        yield
    finally:
        shutil.rmtree(states, ignore_errors=True)
        if aside.is_dir():
            aside.rename(states)


def until(stage: str, data: Path, out: Path, recipe: dict[str, Any]) -> Path:
    """Run the pipeline up to the end of a stage, and return the run folder.

    Args:
        stage: The last stage to run.
        data: The data file.
        out: Folder that holds runs.
        recipe: Recipe keys.
    """
    prepared, folder = prepare(data, name="", out=out, keys=recipe)
    for event in start(prepared, folder):
        if isinstance(event, StageDone) and event.stage == stage:
            break
    return folder.root


def report(result: dict[str, Any]) -> None:
    """Print a worker's result, with the peak memory of its process, for `in_own_process` to read."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(MARK + json.dumps({**result, "peak_megabytes": round(peak)}))


def serve_worker(workers: Mapping[str, Worker]) -> bool:
    """Answer one call of `in_own_process`: run a worker and print its result. False where this is no such call."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--system")
    parser.add_argument("--settings", type=json.loads)
    options, _ = parser.parse_known_args()
    if options.settings:
        report(workers[options.system](options.settings))
    return bool(options.settings)


def table(headings: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


Worker = Callable[[dict[str, Any]], dict[str, Any]]
