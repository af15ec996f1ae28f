"""The loss on examples that nothing is learned from."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import torch

from burnish.training.forward import call
from burnish.training.held_out import mean_loss
from tests.training.schooling import differing, open_school


def test_it_is_the_mean_over_all_counts_and_changes_nothing(encoder: Path) -> None:
    school = open_school(encoder, rows=24)
    training, before = school.begin(), school.weights()
    training.network.train()
    state = torch.get_rng_state()
    found = mean_loss(training, school.lesson)
    assert torch.equal(torch.get_rng_state(), state), "dropout is off"
    assert training.network.training
    assert not differing(before, school.weights())

    school.model.network.eval()
    with torch.inference_mode():
        alone = []
        for example in school.lesson.examples:
            batch = school.lesson.collate(school.model, [example])
            alone.append(school.lesson.loss(call(school.model.network, batch), batch, 0.0)[0].item())
    assert math.isclose(found, sum(alone) / len(alone), rel_tol=1e-5)


def test_rows_with_more_counts_weigh_more(encoder: Path) -> None:
    school = open_school(encoder, rows=4)
    training = school.begin()

    def loss(outputs: torch.Tensor, _batch: object, _smoothing: float) -> tuple[torch.Tensor, torch.Tensor]:
        counts = torch.arange(1.0, len(outputs) + 1)
        return counts * counts, counts

    assert mean_loss(training, replace(school.lesson, loss=loss)) == (1 + 4 + 9 + 16) / (1 + 2 + 3 + 4)
