"""Whether `torch.compile` and channels-last pay on a processor: what the decision about them goes by.

    BURNISH_DATA=path/to/data python -m benchmarks.compiling

The network is compiled with free dimensions, as batches of similar length have many shapes. Processor seconds on one
thread, in one process: the first epoch of Banking77 compiles, the second does not. Pictures are random, in batches of
16 at 224 pixels: what a convolution costs does not depend on them.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from benchmarks.data import write
from benchmarks.measuring import table, until
from benchmarks.systems import chosen_rows, opened_run
from burnish.contracts import Targets
from burnish.events import finish
from burnish.models.sources import resolve_model
from burnish.training import loop

_STEPS = 5


@contextmanager
def compiled(network: torch.nn.Module) -> Iterator[None]:
    """Let the training loop call the network compiled."""
    plain = vars(loop)["call"]
    fast: Any = torch.compile(network, dynamic=True)

    def call(_network: torch.nn.Module, *rest: Any) -> Any:
        return plain(fast, *rest)

    vars(loop)["call"] = call
    try:
        yield
    finally:
        vars(loop)["call"] = plain


def epochs(root: Path, *, compiling: bool) -> list[float]:
    """Processor seconds of the first two epochs."""
    from burnish.stages.session import open_session
    from burnish.training.casting import cast_once

    session = finish(open_session(opened_run(root)))
    training, seconds = session.training, []
    with cast_once(training, bf16=session.lesson.bf16):
        for _ in range(2):
            began = time.process_time()
            if compiling:
                with compiled(training.network):
                    list(loop.train_epoch(training, session.lesson))
            else:
                list(loop.train_epoch(training, session.lesson))
            seconds.append(time.process_time() - began)
    return seconds


def text() -> list[list[str]]:
    """Two epochs of fine-tuning, as they are and compiled."""
    train, _ = chosen_rows({"rows": "1000", "seed": 0})
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        data = write(Path(folder) / "train.csv", train)
        recipe = {"model": "minilm", "method": "full", "training": {"threads": 1}}
        root = until("baseline", data, Path(folder) / "runs", recipe)
        for compiling in (False, True):
            first, second = epochs(root, compiling=compiling)
            lines.append(["compiled" if compiling else "as it is", f"{first:.1f}", f"{second:.1f}"])
    return lines


def pictures() -> list[list[str]]:
    """Milliseconds a picture, reading and learning, by memory format of the pixels and precision."""
    from burnish.tasks.image_classification import TASK

    base = finish(resolve_model("efficientnet-lite0"))
    network: Any = TASK.load(base.folder, Targets(labels=("a", "b")), 224).network
    lines = []
    for bf16 in (False, True):
        for form, shown in ((torch.contiguous_format, "contiguous"), (torch.channels_last, "channels-last")):
            batch = torch.randn(16, 3, 224, 224).contiguous(memory_format=form)
            with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                read = _timed(network.eval().body, batch, learn=False)
                learn = _timed(network.train().body, batch, learn=True)
            lines.append(["bf16" if bf16 else "fp32", shown, f"{read:.1f}", f"{learn:.1f}"])
    return lines


def _timed(network: Any, batch: torch.Tensor, *, learn: bool) -> float:
    """Milliseconds a picture: the fastest of a few passes."""
    best = float("inf")
    with torch.set_grad_enabled(learn):
        for _ in range(_STEPS):
            began = time.process_time()
            output: torch.Tensor = network(batch)
            if learn:
                torch.autograd.backward(output.float().square().sum())
            best = min(best, time.process_time() - began)
    return 1000 * best / len(batch)


def main() -> None:
    """Measure and print both tables."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    torch.set_num_threads(1)
    print(table(["precision", "memory format", "reading, ms a picture", "learning, ms a picture"], pictures()))
    print("\n" + table(["network", "CPU s, first epoch", "CPU s, second epoch"], text()))


if __name__ == "__main__":
    main()
