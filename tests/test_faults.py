"""Real faults of the machine: too little memory, a full disk, no permission."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

import burnish
from burnish.exporting.manifest import MANIFEST, Manifest, write_manifest
from tests.making import make_encoder, review_rows, write_csv
from tests.processes import Processes


def with_little_memory(processes: Processes, what: str, *words: object) -> tuple[int, str, str]:
    """Run a program of `tests.little_memory`: its exit code, and what it says to stdout and to stderr."""
    variables = {"OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
    process = processes.start(*words, function=f"tests.little_memory:{what}", variables=variables)
    output, errors = process.communicate()
    return process.wait(), output, errors


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what counts against the limit")
def test_a_batch_that_does_not_fit_is_halved_and_training_goes_on(tmp_path: Path, processes: Processes) -> None:
    """Training may take 130 MB more than what the process holds before it.

    Measured: a batch of 512 rows takes 650 MB more (400 MB of it are tensors that any attention kernel keeps for the
    backward pass), and half of it is still too much; a batch of 8 rows takes 32 MB.
    """
    encoder = make_encoder(tmp_path / "encoder", width=128, layers=2)
    data = write_csv(tmp_path / "long.csv", [(" ".join([text] * 20), label) for text, label in review_rows(300)])
    code, said, notes = with_little_memory(processes, "training", 130, 256, data, encoder, tmp_path / "runs")
    assert code == 0, notes
    assert "warning: memory is too small for 256 rows at once; going on with" in notes
    assert "verdict: " in said


def enlarge_vocabulary(folder: Path, gigabytes: float) -> None:
    """Give a model a table of zeros for many more tokens, as a hole in its file that takes no space on the disk."""
    from safetensors.numpy import load_file

    weights, table = folder / "model.safetensors", "embeddings.word_embeddings.weight"
    tensors = load_file(weights)
    width = tensors.pop(table).shape[1]
    tokens = int(gigabytes * 1e9 / 4 / width)
    content = b"".join(tensor.tobytes() for tensor in tensors.values())
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, tensor in tensors.items():
        header[name] = {"dtype": "F32", "shape": tensor.shape, "data_offsets": [end, end + tensor.nbytes]}
        end += tensor.nbytes
    header[table] = {"dtype": "F32", "shape": [tokens, width], "data_offsets": [end, end + 4 * tokens * width]}
    written = json.dumps(header).encode()
    written += b" " * (-len(written) % 8)
    with weights.open("wb") as file:
        file.write(len(written).to_bytes(8, "little") + written + content)
        file.truncate(8 + len(written) + end + 4 * tokens * width)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "vocab_size": tokens}))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what counts against the limit")
@pytest.mark.parametrize("command", ["run", "predict"])
def test_a_model_that_does_not_fit_is_said(
    command: str, reviews: Path, finished: burnish.Run, tmp_path: Path, processes: Processes
) -> None:
    """Its weights take 1.1 GB, three times what is left. Measured: what comes before them takes less than 200 MB."""
    if command == "run":
        folder = make_encoder(tmp_path / "large")
        arguments: tuple[object, ...] = ("run", reviews, "--model", folder, "--out", tmp_path / "runs")
    else:
        folder = Path(shutil.copytree(finished.specialist_folder, tmp_path / "large"))
        arguments = ("predict", folder, "--text", "great")
    enlarge_vocabulary(folder, 1.1)
    if command == "predict":
        write_manifest(folder, Manifest.model_validate_json((folder / MANIFEST).read_bytes()))
    code, _, errors = with_little_memory(processes, "command", 360, *arguments)
    message = " ".join(errors.split())
    assert code == 2, message
    assert "the memory is too small" in message
    assert "what to do: " in message
    assert "Traceback" not in message


FAST = ("--set", "training.epochs=2", "--set", "training.precision=fp32", "--set", "training.threads=1")


@pytest.mark.parametrize(
    ("largest_file", "method", "stages_before"),
    [
        (2_000, "full", ""),
        (36_000, "full", "check split"),
        (80_000, "full", "check split baseline"),
        (110_000, "head", "check split baseline train"),
    ],
)
def test_a_full_disk_is_said_and_the_run_goes_on_when_there_is_room(
    largest_file: int,
    method: str,
    stages_before: str,
    encoder: Path,
    tmp_path: Path,
    processes: Processes,
) -> None:
    """No file may grow beyond a size: it fails in check, in baseline, in train, and in export."""
    data = write_csv(tmp_path / "reviews.csv", list(review_rows(480)))
    command = ("run", data, "--model", encoder, "--method", method, "--out", tmp_path / "runs", *FAST)
    full = processes.run(*command, largest_file=largest_file)
    message = " ".join(full.stderr.split())
    assert full.returncode == 2, message
    assert "the disk is full" in message
    assert "what to do: Free some space and run the same command again" in message
    assert "Traceback" not in message
    half_written = [path for path in (tmp_path / "runs").rglob("*") if path.name.endswith(".tmp")]
    assert not half_written
    done = {path.parent.name for path in (tmp_path / "runs").rglob("record.json")}
    assert done == set(stages_before.split())
    if "train" in done:
        roomy = processes.run(*command)
        assert roomy.returncode == 0, roomy.stderr


def test_no_permission_to_write(encoder: Path, reviews: Path, tmp_path: Path, processes: Processes) -> None:
    """The superuser may write into any folder but the kernel's own."""
    closed = tmp_path / "closed" if os.geteuid() else Path("/sys/kernel")
    if not closed.exists():
        closed.mkdir(mode=0o555)
    before = sorted(closed.iterdir())
    done = processes.run("run", reviews, "--model", encoder, "--out", closed, *FAST)
    message = " ".join(done.stderr.split())
    assert done.returncode == 2, message
    assert "no permission" in message
    assert str(closed) in message
    assert "Traceback" not in message
    assert sorted(closed.iterdir()) == before
