"""Two processes on halves of every batch train as one process does on whole batches."""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from burnish.training.loop import train_epoch
from tests.processes import Processes
from tests.training.schooling import open_school


def train_as_told() -> None:
    """The program of a process: three epochs, the weights written by the first of all processes."""
    encoder, out, processes = sys.argv[1:]
    torch.set_num_threads(1)
    school = open_school(Path(encoder), rows=50, dropout=False, learning_rate=0.01, epochs=3, skip_easy=0.5)
    training = school.begin()
    losses = [record.loss for _ in range(3) for record in train_epoch(training, school.lesson)]
    assert training.accelerator.num_processes == int(processes)
    if training.accelerator.is_main_process:
        weights = {name: p.detach().clone() for name, p in training.model.network.named_parameters()}
        save_file({**weights, "losses": torch.tensor(losses)}, out)
    training.accelerator.end_training()
    os._exit(0)  # to let go of what gloo's threads still use can wait for ever: they need the lock that we would hold


def train(encoder: Path, out: Path, count: int, processes: Processes) -> dict[str, torch.Tensor]:
    """Weights and losses after three epochs by so many processes, joined by gloo on loopback."""
    while _another_took_the_port(ended := _trained(encoder, out, count, processes)):
        pass
    assert [code for code, _ in ended] == [0] * count, [said for _, said in ended]
    return load_file(out)


def _trained(encoder: Path, out: Path, count: int, processes: Processes) -> list[tuple[int, str]]:
    """Exit codes and what was said on stderr."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    joined = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(count)}
    joined |= {"ACCELERATE_USE_CPU": "true", "GLOO_SOCKET_IFNAME": "lo"}
    ranks = [{"RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(count)]
    program = f"{__name__}:{train_as_told.__name__}"
    running = [
        processes.start(encoder, out, count, function=program, variables=joined | rank if count > 1 else {})
        for rank in ranks
    ]
    ended = []
    for process in running:
        _, said = process.communicate()
        ended.append((process.wait(), said))
        for other in running if process.returncode != 0 else ():  # they would wait for it
            if other.returncode is None:
                other.send_signal(signal.SIGKILL)
    return ended


def _another_took_the_port(ended: list[tuple[int, str]]) -> bool:
    """Between our letting go of a port and the first process taking it, any other program may have it."""
    return any(code != 0 and "EADDRINUSE" in said for code, said in ended)


def test_one_process_equals_two(encoder: Path, tmp_path: Path, processes: Processes) -> None:
    one, two = (train(encoder, tmp_path / name, count, processes) for name, count in (("one", 1), ("two", 2)))
    assert torch.allclose(one.pop("losses"), two.pop("losses"), atol=1e-4)
    for name, weight in one.items():
        assert torch.allclose(weight, two[name], atol=1e-4), name
