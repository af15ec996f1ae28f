"""Averages of weights: a moving one, and the mean of the last epochs' ends."""

from __future__ import annotations

from pathlib import Path

import torch

from burnish.training.averaging import average_epoch, averaged_weights
from burnish.training.loop import train_epoch
from tests.training.schooling import open_school


def test_the_moving_average_follows_the_weights(encoder: Path) -> None:
    school = open_school(encoder, learning_rate=0.01, average="ema", average_decay=0.5)
    training = school.begin()
    expected: dict[str, torch.Tensor] = {}
    for number, _ in enumerate(train_epoch(training, school.lesson)):
        decay = min(0.5, (number + 1) / (number + 10))
        for name, parameter in training.trained().items():
            now = parameter.detach().clone()
            expected[name] = now if name not in expected else expected[name] + (1 - decay) * (now - expected[name])
    for name, mean in training.average.items():
        assert torch.allclose(mean, expected[name], atol=1e-6), name


def test_the_mean_of_the_last_epochs_ends(encoder: Path) -> None:
    school = open_school(encoder, epochs=4, average="last", average_epochs=2)
    training = school.begin()
    ends = []
    for _ in range(4):
        list(train_epoch(training, school.lesson))
        average_epoch(training, school.lesson.settings)
        ends.append({name: p.detach().clone() for name, p in training.trained().items()})
    for name, mean in training.average.items():
        assert torch.allclose(mean, (ends[2][name] + ends[3][name]) / 2, atol=1e-6), name


def test_weights_are_swapped_in_and_back(encoder: Path) -> None:
    school = open_school(encoder, learning_rate=0.01, average="ema")
    training = school.begin()
    list(train_epoch(training, school.lesson))
    own = school.weights()
    mean = {name: tensor.clone() for name, tensor in training.average.items()}
    with averaged_weights(training):
        assert all(torch.equal(p, mean[name]) for name, p in training.trained().items())
        assert any(not torch.equal(p, own[name]) for name, p in training.trained().items())
    assert all(torch.equal(tensor, own[name]) for name, tensor in school.weights().items())
    assert all(torch.equal(tensor, mean[name]) for name, tensor in training.average.items())


def test_without_an_average_nothing_is_swapped(encoder: Path) -> None:
    school = open_school(encoder)
    training = school.begin()
    list(train_epoch(training, school.lesson))
    assert not training.average
    own = school.weights()
    with averaged_weights(training):
        assert all(torch.equal(tensor, own[name]) for name, tensor in school.weights().items())
