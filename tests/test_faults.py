"""Real faults of the machine: too little memory, a full disk, no permission."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.making import make_encoder, review_rows, write_csv


def burnish_process(
    *arguments: object, limits: Callable[[], None] | None = None, user: int | None = None
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "burnish", *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "300"}
    return subprocess.run(
        command, capture_output=True, text=True, env=environment, preexec_fn=limits, user=user, check=False
    )


def test_a_batch_that_does_not_fit_is_halved_and_training_goes_on(tmp_path: Path) -> None:
    encoder = make_encoder(tmp_path / "encoder", width=256, layers=4)
    rows = [(" ".join([text] * 20)[:600], label) for text, label in review_rows(600)]
    data = write_csv(tmp_path / "long.csv", rows)
    settings = ("training.batch-size=256", "training.epochs=1", "training.precision=fp32", "training.threads=1")
    options = [part for setting in settings for part in ("--set", setting)]

    def little_memory() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (2_200_000_000, 2_200_000_000))

    done = burnish_process("run", data, "--model", encoder, "--out", tmp_path / "runs", *options, limits=little_memory)
    assert done.returncode == 0, done.stderr
    assert "memory is too small for 256 rows at once; going on with" in done.stderr
    assert "verdict:" in done.stdout


FAST = ("--set", "training.epochs=2", "--set", "training.precision=fp32", "--set", "training.threads=1")


@pytest.mark.parametrize(
    ("largest_file", "goes_on"), [(2_000, False), (25_000, False), (120_000, False), (190_000, True)]
)
def test_a_full_disk_is_said_and_the_run_goes_on_when_there_is_room(
    largest_file: int, goes_on: bool, encoder: Path, reviews: Path, tmp_path: Path
) -> None:
    """No file may grow beyond a size: it fails in check, in baseline, in train, and in export."""

    def little_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    command = ("run", reviews, "--model", encoder, "--out", tmp_path / "runs", *FAST)
    full = burnish_process(*command, limits=little_disk)
    message = " ".join(full.stderr.split())
    assert full.returncode == 2, message
    assert "the disk is full" in message
    assert "what to do: Free some space and run the same command again" in message
    assert "Traceback" not in message
    half_written = [path for path in (tmp_path / "runs").rglob("*") if path.name.endswith(".tmp")]
    assert not half_written
    if goes_on:
        roomy = burnish_process(*command)
        assert roomy.returncode == 0, roomy.stderr


def test_no_permission_to_write(encoder: Path, reviews: Path, tmp_path: Path) -> None:
    """The superuser may write into any folder but the kernel's own."""
    closed = tmp_path / "closed" if os.geteuid() else Path("/sys/kernel")
    if not closed.exists():
        closed.mkdir(mode=0o555)
    before = sorted(closed.iterdir())
    done = burnish_process("run", reviews, "--model", encoder, "--out", closed, *FAST)
    message = " ".join(done.stderr.split())
    assert done.returncode == 2, message
    assert "no permission" in message
    assert str(closed) in message
    assert "Traceback" not in message
    assert sorted(closed.iterdir()) == before
