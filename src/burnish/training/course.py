"""Drive an epoch: points for a curve, checkpoints now and then, and a word when memory is short."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.events import Note

if TYPE_CHECKING:
    from burnish.training.lesson import Lesson
    from burnish.training.loop import StepRecord, Training

_CURVE_POINTS = 200


@dataclass(kw_only=True)
class Course:
    """How a training went so far; travels with its checkpoint. A stage adds what it keeps besides.

    Attributes:
        curve: (step, mean training loss since the last point).
        seconds: Wall seconds spent.
        waiting: Of these, seconds in which batches were made and nothing was computed.
    """

    curve: list[tuple[int, float]] = field(default_factory=list)
    seconds: float = 0.0
    waiting: float = 0.0


def drive_epoch(
    training: Training, lesson: Lesson, course: Course, checkpoint: Path, began: float
) -> Iterator[StepRecord | Note]:
    """Train the rest of an epoch.

    Args:
        training: Stands within the epoch, or at its beginning.
        lesson: What is learned.
        course: Goes into the checkpoints, and is brought up to date.
        checkpoint: The file.
        began: When it would have begun without interruptions, by `time.perf_counter`.
    """
    from burnish.training.checkpoint import save_checkpoint
    from burnish.training.loop import train_epoch

    every = max(1, total_steps(lesson) // _CURVE_POINTS)
    saved, pending = time.perf_counter(), list[float]()
    warned = training.largest_part > 0
    for record in train_epoch(training, lesson):
        pending.append(record.loss)
        course.waiting += record.waiting
        if record.step % every == 0:
            course.curve.append((record.step, sum(pending) / len(pending)))
            pending.clear()
            if time.perf_counter() - saved > lesson.settings.checkpoint_seconds and training.position:
                course.seconds = time.perf_counter() - began
                save_checkpoint(checkpoint, training, asdict(course))
                saved = time.perf_counter()
        if training.largest_part and not warned:
            warned = True
            text = (
                f"memory is too small for {record.rows} rows at once; going on with {training.largest_part} at a time"
            )
            yield Note(text=text, level="warning")
        yield record


def total_steps(lesson: Lesson) -> int:
    """Optimiser steps of all epochs."""
    return lesson.steps_per_epoch * lesson.settings.epochs
