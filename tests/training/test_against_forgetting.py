"""What keeps the network near to where it began: the pull to the start, the mix of weights, and rows to replay."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from burnish.training.batches import rows_of_epoch
from burnish.training.interpolation import SHARES, best_mix
from burnish.training.loop import Training, train_epoch
from tests.training.schooling import open_school


def way(training: Training, start: dict[str, torch.Tensor]) -> float:
    """How far the pre-trained weights have moved."""
    own = {name: p for name, p in training.trained().items() if not name.startswith("head.")}
    return float(sum(((p.detach() - start[name]) ** 2).sum() for name, p in own.items()) ** 0.5)


def test_the_stronger_the_pull_the_nearer_the_weights_stay(encoder: Path) -> None:
    ways = []
    for strength in (0.0, 20.0, 80.0):
        school = open_school(encoder, learning_rate=0.01, epochs=4, l2_sp=strength)
        start, training = school.weights(), school.begin()
        for _ in range(4):
            list(train_epoch(training, school.lesson))
        ways.append(way(training, start))
    assert ways[0] > ways[1] > ways[2] > 0


@pytest.mark.parametrize("wanted", [1.0, 0.6, 0.1])
def test_the_share_that_scores_best_is_taken(encoder: Path, wanted: float) -> None:
    school = open_school(encoder, learning_rate=0.01, interpolate=True)
    start, training = school.weights(), school.begin()
    list(train_epoch(training, school.lesson))
    tuned = school.weights()
    target = {name: torch.lerp(start[name], tuned[name], wanted) for name in training.trained()}

    def validate() -> dict[str, float]:
        off = sum(((p - target[name]) ** 2).sum() for name, p in training.trained().items())
        return {"score": float(off), "error": 0.0}

    assert best_mix(training, validate, higher_is_better=False) == wanted
    for name, parameter in training.trained().items():
        assert torch.allclose(parameter, target[name], atol=1e-6), name
    assert wanted in SHARES


@pytest.mark.parametrize(("error", "kept"), [(0.35, 0.8), (0.05, 0.5), (2.0, 1.0)])
def test_of_mixes_within_a_standard_error_the_nearest_to_the_tuned_weights_is_kept(
    encoder: Path, error: float, kept: float
) -> None:
    school = open_school(encoder, interpolate=True)
    training = school.begin()
    list(train_epoch(training, school.lesson))
    scores = iter([0, 0, 0, 0, 1, 0.8, 0.6, 0.7, 0.3, 0.2])  # from the start to the tuned weights
    assert best_mix(training, lambda: {"score": next(scores), "error": error}, higher_is_better=True) == kept


def test_each_epoch_takes_every_own_row_and_other_general_ones() -> None:
    epochs = [rows_of_epoch(100, 40, 0.1, seed=3, epoch=epoch) for epoch in range(20)]
    assert all(len(rows) == 110 and rows[:100] == list(range(100)) for rows in epochs)
    general = Counter(row for rows in epochs for row in rows[100:])
    assert set(general) <= set(range(100, 140))
    assert len(general) > 35
    assert rows_of_epoch(100, 40, 0.1, seed=3, epoch=7) == epochs[7]
    assert len(rows_of_epoch(100, 4, 0.1, seed=3, epoch=7)) == 104  # all there are
    assert rows_of_epoch(5, 0, 0.5, seed=0, epoch=0) == [0, 1, 2, 3, 4]


def test_replayed_rows_are_trained_on(encoder: Path) -> None:
    school = open_school(encoder)
    lesson = replace(school.lesson, replayed=16)
    assert lesson.steps_per_epoch == -(-(32 + 6) // 8)
    rows = [row for batch in lesson.batches(0) for row in batch]
    assert len(set(rows)) == 32 + round(0.2 * 32)
