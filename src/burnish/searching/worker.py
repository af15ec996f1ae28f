"""A process that does trials: told what to train on its standard input, it answers on its standard output.

Every line is one JSON object. After each validation it waits for a line that says whether to go on. When the process
that started it is gone, its input ends, or its next line finds no reader: either ends it.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from burnish.recipe import parse_recipe
from burnish.recipe_problems import read_recipe_file
from burnish.run_folder import RunFolder
from burnish.searching.space import with_values
from burnish.searching.trial import Said, run_trial, trial_folder

_SECONDS_BETWEEN_LINES = 0.3


class Worker:
    """A worker process, as the one that started it sees it."""

    def __init__(self, run: Path, recipe_file: Path, log: Path, threads: int) -> None:
        """Start it.

        Args:
            run: The run folder.
            recipe_file: The completed recipe.
            log: What the process says to its standard error goes here.
            threads: Processor threads that it may use.
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        self.log = log
        self.has_spoken = False
        self._threads = threads
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "TOKENIZERS_PARALLELISM": "false"}
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "burnish.searching.worker", str(run), str(recipe_file)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=environment,
                start_new_session=True,  # Ctrl-C is for the process that started it, which ends it
            )

    def train(self, number: int, values: Mapping[str, Any]) -> None:
        """Let it do a trial."""
        self._tell({"number": number, "values": dict(values), "threads": self._threads})

    def answer(self, *, go_on: bool) -> None:
        """Say whether to go on after a validation."""
        self._tell({"go_on": go_on})

    def lines(self) -> Iterator[Said]:
        """What it says, until it ends."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            yield Said(**json.loads(line))

    def end(self) -> int:
        """End it, whatever it is doing; returns its exit code."""
        self._process.kill()
        code = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                _close(pipe)
        return code

    def exit_code(self) -> int:
        """Its exit code, once it has stopped speaking; negative where a signal ended it."""
        return self._process.wait()

    def _tell(self, message: Mapping[str, Any]) -> None:
        """Send a line. A process that has died does not hear it; that its output ended tells."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return


def _close(pipe: IO[str]) -> None:
    try:
        pipe.close()
    except BrokenPipeError:  # what was not sent yet is of no use any more
        return


def work(run: RunFolder, recipe_file: Path, orders: IO[str], answers: IO[str]) -> None:
    """Do trials as told, until there are no more orders."""
    values, lines = read_recipe_file(recipe_file)
    recipe = parse_recipe(values, str(recipe_file), lines)
    _say(Said(), answers)  # it has begun
    for line in orders:
        order = json.loads(line)
        wanted = with_values(recipe, {**order["values"], "training.threads": order["threads"]})
        trial = run_trial(wanted, run, trial_folder(run, order["number"]))
        last = 0.0
        for said in trial:
            is_progress = said == Said(share=said.share, epoch=said.epoch)
            if is_progress and time.monotonic() - last < _SECONDS_BETWEEN_LINES:
                continue
            last = time.monotonic()
            _say(said, answers)
            if said.score is not None and not json.loads(orders.readline() or '{"go_on": false}')["go_on"]:
                trial.close()
                break


def _say(said: Said, answers: IO[str]) -> None:
    answers.write(json.dumps(asdict(said)) + "\n")
    answers.flush()


def main() -> None:
    """`python -m burnish.searching.worker RUN RECIPE`: what is printed by libraries goes to standard error."""
    warnings.filterwarnings("ignore")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    with contextlib.suppress(BrokenPipeError):  # nobody listens any more
        work(RunFolder(root=Path(sys.argv[1])), Path(sys.argv[2]), sys.stdin, answers)


if __name__ == "__main__":
    main()
