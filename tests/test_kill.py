"""A run that is killed goes on with the same command, and comes to the same weights, bit for bit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.making import review_rows, write_csv

SETTINGS = ("training.epochs=4", "training.precision=fp32", "training.threads=1", "training.learning-rate=0.003")
STAGES = ("check", "split", "baseline", "train", "export", "evaluate", "report")


def start_run(data: Path, encoder: Path, out: Path, *settings: str) -> subprocess.Popen[str]:
    options = [option for setting in (*SETTINGS, *settings) for option in ("--set", setting)]
    command = [sys.executable, "-m", "burnish", "run", str(data), "--model", str(encoder), "--out", str(out), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ})


def run_until(line: str, process: subprocess.Popen[str]) -> None:
    """Kill the process when it has said a line that begins like this."""
    assert process.stderr is not None
    for said in process.stderr:
        if said.strip().startswith(line):
            process.send_signal(signal.SIGKILL)
            break
    process.communicate()
    assert process.returncode == -signal.SIGKILL, f"it ended before it said {line!r}"


def run_to_the_end(process: subprocess.Popen[str]) -> str:
    output, errors = process.communicate()
    assert process.returncode == 0, errors
    return output + errors


def weights(run: Path) -> dict[str, bytes]:
    folder = run / "train" / "model"
    return {name: (folder / name).read_bytes() for name in ("model.safetensors", "head.safetensors")}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_csv(tmp_path_factory.mktemp("data") / "reviews.csv", list(review_rows(240, noise=0.2)))


@pytest.fixture(scope="module")
def uninterrupted(data: Path, encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole")
    run_to_the_end(start_run(data, encoder, out))
    return out / "reviews"


def test_killed_in_every_stage(uninterrupted: Path, data: Path, encoder: Path, tmp_path: Path) -> None:
    for stage in STAGES:
        run_until(stage, start_run(data, encoder, tmp_path))
        assert not (tmp_path / "reviews" / "report" / "record.json").exists()
    run_to_the_end(start_run(data, encoder, tmp_path))
    assert weights(tmp_path / "reviews") == weights(uninterrupted)
    assert predictions(tmp_path / "reviews") == predictions(uninterrupted)


def test_killed_within_and_between_epochs(uninterrupted: Path, data: Path, encoder: Path, tmp_path: Path) -> None:
    """Checkpoints at every step: it goes on in the middle of an epoch."""
    often = "training.checkpoint-seconds=0"
    run_until("epoch 1", start_run(data, encoder, tmp_path, often))
    run_until("epoch 2", start_run(data, encoder, tmp_path, often))
    said = run_to_the_end(start_run(data, encoder, tmp_path, often))
    assert "going on from the checkpoint at step" in said
    assert weights(tmp_path / "reviews") == weights(uninterrupted)


def predictions(run: Path) -> str:
    return (run / "evaluate" / "predictions.csv").read_text()


def test_two_runs_in_one_folder(data: Path, encoder: Path, tmp_path: Path) -> None:
    """The second is refused while the first is at work, and the first is not disturbed."""
    first = start_run(data, encoder, tmp_path)
    assert first.stderr is not None
    for said in first.stderr:
        if said.strip().startswith("split"):
            break
    second = start_run(data, encoder, tmp_path)
    _, errors = second.communicate()
    assert second.returncode == 2
    assert "another run is at work" in errors
    assert str(first.pid) in errors
    assert "Traceback" not in errors
    run_to_the_end(first)
    assert json.loads((tmp_path / "reviews" / "evaluate" / "verdict.json").read_text())["decision"]


def test_interrupted_by_the_keyboard(data: Path, encoder: Path, tmp_path: Path) -> None:
    process = start_run(data, encoder, tmp_path)
    assert process.stderr is not None
    for said in process.stderr:
        if said.strip().startswith("baseline"):
            process.send_signal(signal.SIGINT)
            break
    _, errors = process.communicate()
    assert process.returncode == 130
    assert "the same command goes on where it stopped" in errors
    assert "Traceback" not in errors
