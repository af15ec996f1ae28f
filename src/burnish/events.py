"""What a stage tells while it works.

Stages are generators of these events. Whoever drives them (the pipeline, a face, a test) shows, logs or ignores
them, so nothing below a face knows about terminals.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypeVar


@dataclass(frozen=True, kw_only=True)
class Note:
    """A sentence for the person who watches.

    Attributes:
        text: The sentence.
        level: `info`, or `warning` where the person may want to act.
    """

    text: str
    level: Literal["info", "warning"] = "info"


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a long piece of work has come.

    Attributes:
        work: What is being done; events with the same name belong to one bar.
        done: Units finished so far.
        total: Units in all, or None when unknown.
        figures: Values worth showing beside the bar, already short (loss, accuracy, rows a second).
    """

    work: str
    done: float
    total: float | None = None
    figures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class StageStarted:
    """A stage begins, with the reason where it had been done before."""

    stage: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class StageDone:
    """A stage has ended, or its earlier result still holds (`skipped`)."""

    stage: str
    seconds: float
    skipped: bool = False


@dataclass(frozen=True, kw_only=True)
class Validated:
    """The model in training was scored on the validation rows.

    Attributes:
        epoch: Epochs done.
        step: Steps done.
        score: The deciding metric.
        loss: The task's validation loss.
    """

    epoch: int
    step: int
    score: float
    loss: float


Event: TypeAlias = Note | Progress | Validated | StageStarted | StageDone
Result = TypeVar("Result")
Work: TypeAlias = Generator[Event, None, Result]


def finish(work: Work[Result]) -> Result:
    """Run a piece of work to its end without showing anything, and return its result."""
    while True:
        try:
            next(work)
        except StopIteration as stop:
            result: Result = stop.value
            return result
