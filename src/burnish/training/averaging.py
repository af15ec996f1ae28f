"""Average weights over training: a moving average, or the mean of the last epochs' ends (Izmailov et al. 2018)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch

from burnish.training.settings import TrainingSettings

if TYPE_CHECKING:
    from burnish.training.loop import Training


def average_step(training: Training, settings: TrainingSettings) -> None:
    """Move the moving average after an optimiser step; nothing where the settings ask for another kind."""
    if settings.average == "ema":
        # A short memory at first: else the average would hang on to the start.
        decay = min(settings.average_decay, (training.averaged + 1) / (training.averaged + 10))
        _move(training, 1 - decay)


def average_epoch(training: Training, settings: TrainingSettings) -> None:
    """Take an epoch's end into the mean, where it is among the last; `training.epoch` counts ended epochs."""
    if settings.average == "last" and training.epoch > settings.epochs - settings.average_epochs:
        _move(training, 1 / (training.averaged + 1))


def _move(training: Training, share: float) -> None:
    """Bring the average nearer to the present weights by a share of the way; the first are taken whole."""
    trained = training.trained()
    with torch.no_grad():
        if not training.average:
            training.average = {name: parameter.detach().clone() for name, parameter in trained.items()}
        else:
            weights = [trained[name].detach() for name in training.average]
            torch._foreach_lerp_(list(training.average.values()), weights, share)
    training.averaged += 1


@contextlib.contextmanager
def averaged_weights(training: Training) -> Iterator[None]:
    """The network with the average's weights inside, and with its own again afterwards."""
    if not training.average:
        yield
        return
    _swap(training)
    try:
        yield
    finally:
        _swap(training)


def _swap(training: Training) -> None:
    trained = training.trained()
    with torch.no_grad():
        for name, mean in training.average.items():
            own = trained[name].detach().clone()
            trained[name].copy_(mean)
            mean.copy_(own)
