"""Easy rows rest: on average the gradient is the same, and a resumed training comes to the same bits."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish.augmenting.mixing import Mixed
from burnish.training.checkpoint import load_checkpoint, save_checkpoint
from burnish.training.loop import Training, train_epoch
from burnish.training.skipping import counts_of_epoch
from tests.training.schooling import School, differing, open_school

LOSSES = st.lists(st.floats(0, 20) | st.just(math.nan), min_size=1, max_size=60)


@given(losses=LOSSES, share=st.floats(0.05, 0.9), seed=st.integers(0, 99), epoch=st.integers(0, 6))
@settings(max_examples=100, deadline=None)
def test_only_rows_below_the_mean_rest_and_those_like_them_count_for_them(
    losses: list[float], share: float, seed: int, epoch: int
) -> None:
    counts = counts_of_epoch(losses, share, seed, epoch)
    assert counts == counts_of_epoch(losses, share, seed, epoch)
    known = [loss for loss in losses if not math.isnan(loss)]
    if epoch == 0 or not known:
        assert counts == [1.0] * len(losses)
        return
    mean = math.fsum(known) / len(known)
    for loss, count in zip(losses, counts, strict=True):
        assert count in {0.0, 1 / (1 - share)} if loss < mean else count == 1.0


def test_on_average_over_epochs_every_row_counts_once() -> None:
    losses = [0.1] * 40 + [5.0] * 10
    counts = torch.tensor([counts_of_epoch(losses, 0.6, 3, epoch) for epoch in range(1, 4000)])
    assert torch.allclose(counts.mean(dim=0), torch.ones(50), atol=0.1)
    assert (counts[:, :40] == 0).float().mean().item() == pytest.approx(0.6, abs=0.01)


def school_of_easy_rows(encoder: Path, share: float) -> School:
    """A school of four epochs, with a rate at which losses come apart."""
    return open_school(encoder, rows=40, epochs=4, learning_rate=0.01, skip_easy=share)


def taken_in(training: Training, school: School) -> int:
    """Rows that the next epoch computes."""
    return sum(record.rows for record in train_epoch(training, school.lesson))


def test_fewer_rows_after_the_first_epoch(encoder: Path) -> None:
    school = school_of_easy_rows(encoder, 0.8)
    training = school.begin()
    first, *others = (taken_in(training, school) for _ in range(4))
    assert first == 40
    assert max(others) < 40
    assert training.step < 4 * school.lesson.steps_per_epoch


def test_the_losses_kept_are_those_of_the_rows(encoder: Path) -> None:
    school = open_school(encoder, rows=40, epochs=4, learning_rate=1e-12, dropout=False, skip_easy=0.5)
    torch.nn.init.normal_(school.model.network.get_parameter(f"{school.model.head}.weight"))
    training = school.begin()
    records = list(train_epoch(training, school.lesson))
    kept = training.losses
    assert [record.loss for record in records] == pytest.approx(
        [sum(kept[index] for index in batch) / len(batch) for batch in school.lesson.batches(0)], rel=1e-5
    )
    assert len(set(kept)) > 1


def rates(school: School) -> list[tuple[float, float]]:
    """Epochs done and learning rate of every step."""
    training = school.begin()
    return [(r.epochs, r.learning_rate) for _ in range(4) for r in train_epoch(training, school.lesson)]


def test_the_learning_rate_falls_to_its_end_though_steps_are_fewer(encoder: Path) -> None:
    fewer, usual = rates(school_of_easy_rows(encoder, 0.8)), rates(school_of_easy_rows(encoder, 0.0))
    assert len(fewer) < len(usual)
    assert fewer[-1][0] == usual[-1][0] == 4
    assert fewer[-1][1] < 1.6 * usual[-1][1], "but for the last step's size it ends as usual"
    falling = [rate for place, rate in fewer if place > 1]
    assert falling == sorted(falling, reverse=True)


@pytest.mark.parametrize("stopped_at", [6, 8])
def test_resumed_equals_uninterrupted(encoder: Path, tmp_path: Path, stopped_at: int) -> None:
    whole = school_of_easy_rows(encoder, 0.6)
    training = whole.begin()
    losses = [record.loss for _ in range(4) for record in train_epoch(training, whole.lesson)]
    assert len(losses) > stopped_at
    halted = school_of_easy_rows(encoder, 0.6)
    training = halted.begin()
    while training.step < stopped_at:
        for _ in train_epoch(training, halted.lesson):
            if training.step == stopped_at:
                break
    save_checkpoint(tmp_path / "checkpoint", training, {})
    resumed = school_of_easy_rows(encoder, 0.6)
    torch.manual_seed(99)
    training = resumed.begin()
    assert load_checkpoint(tmp_path / "checkpoint", training) == {}
    while training.epoch < 4:
        list(train_epoch(training, resumed.lesson))
    assert not differing(whole.weights(), resumed.weights())


def test_nothing_rests_where_rows_are_mixed_or_a_method_draws_batches(encoder: Path) -> None:
    lesson = school_of_easy_rows(encoder, 0.5).lesson
    assert lesson.skips
    assert not replace(lesson, company=lambda _epoch: [[0, 1]]).skips
    assert not replace(lesson, mix=lambda batch, _name: Mixed(batch=batch, partner=torch.arange(8), share=1.0)).skips
