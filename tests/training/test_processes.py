"""Two processes on halves of every batch train as one process does on whole batches."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

_TRAIN = """
import sys
from pathlib import Path
import torch
from safetensors.torch import save_file
from burnish.training.loop import train_epoch
from tests.training.schooling import open_school

torch.set_num_threads(1)
school = open_school(Path(sys.argv[1]), rows=50, dropout=False, learning_rate=0.01)
training = school.begin()
losses = [record.loss for _ in range(2) for record in train_epoch(training, school.lesson)]
if training.accelerator.is_main_process:
    weights = {name: p.detach().clone() for name, p in training.model.network.named_parameters()}
    save_file({**weights, "losses": torch.tensor(losses)}, sys.argv[2])
    assert training.accelerator.num_processes == int(sys.argv[3])
training.accelerator.end_training()
"""


def train(encoder: Path, out: Path, processes: int) -> dict[str, torch.Tensor]:
    """Weights and losses after two epochs by so many processes, joined by gloo on loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", _TRAIN, str(encoder), str(out), str(processes)]
    joined = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(processes)}
    joined |= {"ACCELERATE_USE_CPU": "true", "GLOO_SOCKET_IFNAME": "lo"}
    ranks = [{"RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(processes)]
    environments = [{**os.environ, **(joined | rank if processes > 1 else {})} for rank in ranks]
    running = [subprocess.Popen(command, env=environment) for environment in environments]
    assert [process.wait(timeout=240) for process in running] == [0] * processes
    return load_file(out)


def test_one_process_equals_two(encoder: Path, tmp_path: Path) -> None:
    one, two = train(encoder, tmp_path / "one", 1), train(encoder, tmp_path / "two", 2)
    assert torch.allclose(one.pop("losses"), two.pop("losses"), atol=1e-4)
    for name, weight in one.items():
        assert torch.allclose(weight, two[name], atol=1e-4), name
