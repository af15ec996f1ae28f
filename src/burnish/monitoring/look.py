"""One look at a window of requests: every test that can be made, and what is known of quality, speed and truth."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from burnish.metrics.intervals import share_interval
from burnish.monitoring.drift import (
    Test,
    estimated_accuracy,
    input_drift,
    level_of_a_look,
    numbers_drift,
    prediction_drift,
)
from burnish.monitoring.reference import Reference
from burnish.monitoring.store import Answered

if TYPE_CHECKING:
    from burnish.contracts import Features, Row


@dataclass(frozen=True, kw_only=True)
class Watching:
    """How a log is looked at.

    Attributes:
        window: Requests in a look.
        every: Requests from one look to the next.
        requests_per_false_alarm: Requests without change in which one false alarm is accepted, on average.
    """

    window: int = 250
    every: int = 100
    requests_per_false_alarm: int = 100_000


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a look found.

    Attributes:
        begins: Time of the window's first request, seconds since 1970.
        ends: Time of its last.
        last: The number of its last prediction.
        requests: How many there are.
        tests: The tests.
        level: The level of each.
        facts: Latency, empty inputs, estimated accuracy, and accuracy by feedback, by name.
    """

    begins: float
    ends: float
    last: str
    requests: int
    tests: tuple[Test, ...]
    level: float
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def alarms(self) -> tuple[Test, ...]:
        """The tests that say that something has changed."""
        return tuple(test for test in self.tests if test.p < self.level)

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON-able values."""
        return {**asdict(self), "alarms": [test.name for test in self.alarms]}


def look_at(
    window: Sequence[Answered],
    reference: Reference,
    watching: Watching,
    features: Callable[[Sequence[Row]], Features] | None,
) -> Look:
    """Test a window of requests against the reference.

    Args:
        window: Logged predictions in the order of time; at least one.
        reference: What was known when the specialist was made.
        watching: How often there is a look.
        features: Embeds rows as the reference's were; None where nothing does.
    """
    tests = list(_tests(window, reference, features))
    level = level_of_a_look(
        between=watching.every, tests=len(tests), requests_per_false_alarm=watching.requests_per_false_alarm
    )
    return Look(
        begins=window[0].entry.time,
        ends=window[-1].entry.time,
        last=window[-1].entry.id,
        requests=len(window),
        tests=tuple(tests),
        level=level,
        facts=_facts(window, reference),
    )


def _tests(
    window: Sequence[Answered], reference: Reference, features: Callable[[Sequence[Row]], Features] | None
) -> list[Test]:
    tests = []
    rows = [row for answered in window if (row := answered.inputs())]
    if features is not None and reference.embedding is not None and len(rows) > 1:
        tests.append(input_drift(features(rows), reference.embedding))
    values = [answered.entry.value for answered in window]
    if reference.values:
        if all(_is_number(value) for value in (*values, *reference.values)):
            tests.append(numbers_drift("predictions", [*map(float, values)], [*map(float, reference.values)]))
        else:
            tests.append(prediction_drift([*map(_shown, values)], [*map(_shown, reference.values)]))
    if len(reference.confidences):
        confidences = [answered.entry.confidence for answered in window]
        tests.append(numbers_drift("confidence", confidences, reference.confidences))
    if rows and len(reference.characters):
        tests.append(numbers_drift("length", [float(characters(row)) for row in rows], reference.characters))
    return tests


def characters(row: Row) -> int:
    """Characters of all texts of a row."""
    return sum(len(value) for value in row.values() if isinstance(value, str))


def _facts(window: Sequence[Answered], reference: Reference) -> dict[str, Any]:
    seconds = [answered.entry.seconds for answered in window]
    confidences = [answered.entry.confidence for answered in window]
    facts: dict[str, Any] = {
        "median_seconds": float(np.median(seconds)),
        "p99_seconds": float(np.quantile(seconds, 0.99)),
        "mean_confidence": float(np.mean(confidences)),
        "repeated_inputs": len(window) - len({answered.entry.digest for answered in window}),
    }
    if reference.right is not None and len(reference.confidences):
        facts["estimated_accuracy"] = estimated_accuracy(confidences, reference.confidences, reference.right)
    told = [answered for answered in window if answered.truth is not None]
    if told and reference.right is not None:
        right = sum(json.loads(answered.entry.value) == answered.truth for answered in told)
        facts["accuracy"] = {**share_interval(right, len(told)).as_dict(), "rows": len(told)}
    return facts


def _is_number(value: str) -> bool:
    return isinstance(json.loads(value), int | float)


def _shown(value: str) -> str:
    found = json.loads(value)
    return found if isinstance(found, str) else value
