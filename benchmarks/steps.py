"""Where the time of a training step goes: processor milliseconds a step, by part, one thread.

    BURNISH_DATA=path/to/data python -m benchmarks.steps

An epoch of Banking77, 1,000 rows, batches of 16, after an epoch that warms up. What is left over is Python between the
parts: picking rows, learning rates, random states, progress.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.data import write
from benchmarks.measuring import table, until
from benchmarks.systems import chosen_rows, opened_run
from burnish.events import finish

PARTS = ("batch", "forward", "loss", "backward", "clip", "optimiser")


@contextmanager
def timed(owner: Any, name: str, part: str, spent: Counter[str]) -> Iterator[None]:
    """Add up the processor time of an attribute that is called."""
    plain = getattr(owner, name)
    setattr(owner, name, clocked(plain, part, spent))
    try:
        yield
    finally:
        setattr(owner, name, plain)


def clocked(plain: Callable[..., Any], part: str, spent: Counter[str]) -> Callable[..., Any]:
    """The same function, whose processor time is added up."""

    def call(*args: Any, **named: Any) -> Any:
        began = time.process_time()
        try:
            return plain(*args, **named)
        finally:
            spent[part] += time.process_time() - began  # type: ignore[assignment] # seconds, not counts

    return call


def measure(root: Path, method: str) -> tuple[Counter[str], float, int]:
    """Seconds by part, seconds in all, and steps of an epoch."""
    from burnish.recipe import parse_recipe
    from burnish.stages.session import frozen_part, open_session
    from burnish.training import loop
    from burnish.training.casting import cast_once

    opened = opened_run(root)
    values = opened.recipe.as_dict() | {"method": method}
    opened = replace(opened, recipe=parse_recipe(values, "recipe"))
    session = finish(open_session(opened))
    frozen = finish(frozen_part(session))
    training, spent = session.training, Counter[str]()
    lesson = replace(
        session.lesson,
        collate=clocked(session.lesson.collate, "batch", spent),
        loss=clocked(session.lesson.loss, "loss", spent),
    )
    with (
        frozen,
        cast_once(training, bf16=lesson.bf16),
        timed(loop, "call", "forward", spent),
        timed(training.accelerator, "backward", "backward", spent),
        timed(loop, "_scale_gradients", "clip", spent),
        timed(training.optimizer, "step", "optimiser", spent),
    ):
        list(loop.train_epoch(training, lesson))
        spent.clear()
        began = time.process_time()
        steps = len(list(loop.train_epoch(training, lesson)))
        return spent, time.process_time() - began, steps


def main() -> None:
    """Measure some methods and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", nargs="+", default=["full", "freeze", "lora", "head"])
    options = parser.parse_args()
    train, _ = chosen_rows({"rows": "1000", "seed": 0})
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        data = write(Path(folder) / "train.csv", train)
        recipe = {"model": "minilm", "training": {"threads": 1}}
        root = until("baseline", data, Path(folder) / "runs", recipe)
        for method in options.methods:
            spent, total, steps = measure(root, method)
            named = [spent[part] for part in PARTS]
            shares = [*named, total - sum(named), total]
            lines.append([f"`{method}`", *[f"{1000 * seconds / steps:.2f}" for seconds in shares]])
    print(table(["method", *PARTS, "all else", "step"], lines))


if __name__ == "__main__":
    main()
