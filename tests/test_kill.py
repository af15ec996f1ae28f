"""A run that is killed goes on with the same command, and comes to the same weights, bit for bit."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.making import review_rows, write_csv
from tests.once import new_cache
from tests.processes import Process, Processes

SETTINGS = ("training.epochs=4", "training.precision=fp32", "training.threads=1", "training.learning-rate=0.003")
STAGES = ("check", "split", "baseline", "train", "export", "evaluate", "report")


@dataclass(frozen=True, kw_only=True)
class Runs:
    """Starts runs on the same data."""

    processes: Processes
    data: Path
    encoder: Path
    like: Path  # a cache with the graphs that all share

    def start(self, out: Path, *settings: str) -> Process:
        """A run with a cache of its own: what other tests have kept was computed beside other rows."""
        options = [option for setting in (*SETTINGS, *settings) for option in ("--set", setting)]
        cache = {"BURNISH_CACHE": str(new_cache(out / "cache", self.like))}
        return self.processes.start("run", self.data, "--model", self.encoder, "--out", out, *options, variables=cache)


def run_until(line: str, process: Process) -> None:
    """Kill the process when it has said a line that begins like this."""
    for said in process.stderr:
        if said.strip().startswith(line):
            process.send_signal(signal.SIGKILL)
            break
    process.communicate()
    assert process.returncode == -signal.SIGKILL, f"it ended before it said {line!r}"


def run_to_the_end(process: Process) -> str:
    output, errors = process.communicate()
    assert process.returncode == 0, errors
    return output + errors


def same(first: object, second: object) -> bool:
    """Whether they are equal; pytest would explain a difference of many bytes for hours."""
    return first == second


def weights(run: Path) -> dict[str, bytes]:
    folder = run / "train" / "model"
    return {name: (folder / name).read_bytes() for name in ("model.safetensors", "head.safetensors")}


@pytest.fixture(scope="module")
def runs(
    tmp_path_factory: pytest.TempPathFactory, encoder: Path, processes: Processes, cache_of_the_session: Path
) -> Runs:
    data = write_csv(tmp_path_factory.mktemp("data") / "reviews.csv", list(review_rows(240, noise=0.2)))
    return Runs(processes=processes, data=data, encoder=encoder, like=cache_of_the_session)


@pytest.fixture(scope="module")
def uninterrupted(runs: Runs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole")
    run_to_the_end(runs.start(out))
    return out / "reviews"


def test_killed_in_every_stage(uninterrupted: Path, runs: Runs, tmp_path: Path) -> None:
    for stage in STAGES:
        run_until(stage, runs.start(tmp_path))
        assert not (tmp_path / "reviews" / "report" / "record.json").exists()
    run_to_the_end(runs.start(tmp_path))
    assert same(weights(tmp_path / "reviews"), weights(uninterrupted))
    assert predictions(tmp_path / "reviews") == predictions(uninterrupted)


def test_killed_within_and_between_epochs(uninterrupted: Path, runs: Runs, tmp_path: Path) -> None:
    """Checkpoints at every step: it goes on in the middle of an epoch."""
    often = "training.checkpoint-seconds=0"
    run_until("epoch 1", runs.start(tmp_path, often))
    run_until("epoch 2", runs.start(tmp_path, often))
    said = run_to_the_end(runs.start(tmp_path, often))
    assert "going on from the checkpoint at step" in said
    assert same(weights(tmp_path / "reviews"), weights(uninterrupted))


def predictions(run: Path) -> str:
    return (run / "evaluate" / "predictions.csv").read_text()


def test_two_runs_in_one_folder(runs: Runs, tmp_path: Path) -> None:
    """The second is refused while the first is at work, and the first is not disturbed."""
    first = runs.start(tmp_path)
    for said in first.stderr:
        if said.strip().startswith("split"):
            break
    second = runs.start(tmp_path)
    _, errors = second.communicate()
    assert second.returncode == 2
    assert "another run is at work" in errors
    assert str(first.pid) in errors
    assert "Traceback" not in errors
    run_to_the_end(first)
    assert json.loads((tmp_path / "reviews" / "evaluate" / "verdict.json").read_text())["decision"]


def test_interrupted_by_the_keyboard(runs: Runs, tmp_path: Path) -> None:
    process = runs.start(tmp_path)
    for said in process.stderr:
        if said.strip().startswith("baseline"):
            process.send_signal(signal.SIGINT)
            break
    _, errors = process.communicate()
    assert process.returncode == 130
    assert "the same command goes on where it stopped" in errors
    assert "Traceback" not in errors
