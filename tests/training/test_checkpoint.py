"""A run that is interrupted at any step and goes on gives the same weights, bit for bit."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
import torch

from burnish.training.checkpoint import load_checkpoint, load_weights, save_checkpoint, save_weights
from burnish.training.loop import train_epoch
from tests.training.schooling import differing, open_school


@pytest.mark.parametrize("steps", [1, 5, 6, 7])
def test_resumed_equals_uninterrupted(encoder: Path, tmp_path: Path, steps: int) -> None:
    """6 steps make an epoch: interrupted within, at the end of, and after it."""
    whole = open_school(encoder)
    training = whole.begin()
    for _ in range(2):
        list(train_epoch(training, whole.lesson))

    first = open_school(encoder)
    training = first.begin()
    done = list(islice(train_epoch(training, first.lesson), steps))
    if len(done) < steps:
        list(islice(train_epoch(training, first.lesson), steps - len(done)))
    save_checkpoint(tmp_path / "checkpoint", training, {"best": 0.5})

    second = open_school(encoder)
    torch.manual_seed(99)  # a new process begins with another random state
    training = second.begin()
    assert load_checkpoint(tmp_path / "checkpoint", training) == {"best": 0.5}
    assert training.step == steps
    while training.epoch < 2:
        list(train_epoch(training, second.lesson))
    assert not differing(whole.weights(), second.weights())


def test_no_checkpoint_and_a_damaged_one_are_not_resumed(encoder: Path, tmp_path: Path) -> None:
    school = open_school(encoder)
    training = school.begin()
    path = tmp_path / "checkpoint"
    assert load_checkpoint(path, training) is None
    save_checkpoint(path, training, {})
    path.write_bytes(path.read_bytes()[:-100])
    assert load_checkpoint(path, training) is None
    path.write_bytes(b"")
    assert load_checkpoint(path, training) is None


def test_a_checkpoint_of_other_parameters_is_not_resumed(encoder: Path, tmp_path: Path) -> None:
    school = open_school(encoder)
    save_checkpoint(tmp_path / "checkpoint", school.begin(), {})
    other = open_school(encoder)
    from burnish.training.loop import begin_training

    assert (
        load_checkpoint(tmp_path / "checkpoint", begin_training(other.model, other.groups[:1], other.lesson.settings))
        is None
    )


def test_weights_round_trip(encoder: Path, tmp_path: Path) -> None:
    school = open_school(encoder)
    training = school.begin()
    before = school.weights()
    save_weights(tmp_path / "best", training)
    list(train_epoch(training, school.lesson))
    assert differing(before, school.weights())
    load_weights(tmp_path / "best", training)
    assert not differing(before, school.weights())
