"""The training loop: schedule, equivalent batches, memory, faults."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from burnish.errors import UserError
from burnish.tasks.text_classification import TASK
from burnish.training import loop
from burnish.training.forward import forward_rows
from burnish.training.lesson import Lesson
from burnish.training.loop import learning_rate_share, rehearse, train_epoch
from burnish.training.settings import TrainingSettings
from tests.training.schooling import differing, open_school


def test_the_loss_falls_and_the_labels_are_learned(encoder: Path) -> None:
    school = open_school(encoder, learning_rate=0.01, epochs=10, skip_easy=0.0)
    training = school.begin()
    losses = [record.loss for _ in range(10) for record in train_epoch(training, school.lesson)]
    assert len(losses) == 60
    assert sum(losses[-6:]) < sum(losses[:6]) / 3
    answers = TASK.predict(school.model, school.rows, school.targets)
    assert [answer.value for answer in answers] == [row["label"] for row in school.rows]


def test_accumulated_parts_give_the_same_step_as_the_whole_batch(encoder: Path) -> None:
    whole = open_school(encoder, dropout=False)
    parts = open_school(encoder, dropout=False, accumulate=4)
    for school in (whole, parts):
        records = list(train_epoch(school.begin(), school.lesson))
        assert {record.parts for record in records} == {school.lesson.settings.accumulate}
    for name, weight in whole.weights().items():
        assert torch.allclose(weight, parts.weights()[name], atol=2e-5), name


def test_rows_that_are_long_together_go_in_parts_and_the_step_is_the_same(
    encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, parts = open_school(encoder, dropout=False), open_school(encoder, dropout=False)
    list(train_epoch(whole.begin(), whole.lesson))
    units = 3 * max(parts.lesson.lengths)
    monkeypatch.setattr(loop, "units_to_learn", lambda _model: units)
    records = list(train_epoch(parts.begin(), parts.lesson))
    assert max(record.parts for record in records) >= 3
    for name, weight in whole.weights().items():
        assert torch.allclose(weight, parts.weights()[name], atol=2e-5), name


def test_an_objective_of_its_own_sees_the_whole_batch(encoder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    school = open_school(encoder)
    lesson = replace(school.lesson, company=school.lesson.batches)
    monkeypatch.setattr(loop, "units_to_learn", lambda _model: 1)
    assert {record.parts for record in train_epoch(school.begin(), lesson)} == {1}


def test_bucketing_and_padding_change_no_rows_loss(encoder: Path) -> None:
    school = open_school(encoder)
    examples = school.lesson.examples
    together = forward_rows(school.model, examples, TASK.collate)
    alone = np.stack([forward_rows(school.model, [example], TASK.collate)[0] for example in examples])
    assert np.abs(together - alone).max() < 1e-5


def test_row_weights_scale_what_a_row_counts(encoder: Path) -> None:
    """A row of weight 2 counts as the row given twice."""
    doubled = open_school(encoder, rows=6, dropout=False)
    twice = open_school(encoder, rows=6, dropout=False)
    lesson = replace(doubled.lesson, weights=[2.0, 1, 1, 1, 1, 1])
    list(train_epoch(doubled.begin(), lesson))
    lesson = replace(twice.lesson, examples=[*twice.lesson.examples, twice.lesson.examples[0]], weights=[1.0] * 7)
    list(train_epoch(twice.begin(), lesson))
    for name, weight in doubled.weights().items():
        assert torch.allclose(weight, twice.weights()[name], atol=2e-5), name


@pytest.mark.parametrize("schedule", ["linear", "cosine", "constant"])
def test_the_learning_rate_rises_then_falls(schedule: Any) -> None:
    settings = TrainingSettings(schedule=schedule, warm_up=0.1)
    shares = [learning_rate_share(step, 100, settings) for step in range(100)]
    assert max(learning_rate_share(step / 7, 100, settings) for step in range(700)) == 1, "between steps, too"
    assert shares[:10] == pytest.approx([0.1 * (step + 1) for step in range(10)])
    assert max(shares) == 1.0
    if schedule == "constant":
        assert set(shares[10:]) == {1.0}
    else:
        assert shares[10:] == sorted(shares[10:], reverse=True)
        assert 0 < shares[-1] < 0.02


def test_a_loss_that_is_not_finite_names_the_rows(encoder: Path) -> None:
    school = open_school(encoder)

    def poisoned(outputs: Any, batch: Any, smoothing: float) -> Any:
        losses, counts = TASK.loss(outputs, batch, smoothing)
        return losses * float("nan"), counts

    lesson = replace(school.lesson, loss=poisoned)
    first = ", ".join(str(school.lesson.examples[index]["row"]) for index in lesson.batches(0)[0])
    before = school.weights()
    with pytest.raises(UserError) as caught:
        list(train_epoch(school.begin(), lesson))
    assert first in caught.value.where
    assert not differing(before, school.weights())


def too_small(largest: int, lesson: Lesson) -> Lesson:
    """The lesson on a machine whose memory holds only so many rows at once."""

    def collate(model: Any, examples: Any) -> Any:
        if len(examples) > largest:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes.")
        return TASK.collate(model, examples)

    return replace(lesson, collate=collate)


def test_when_memory_runs_out_the_batch_is_halved_and_the_step_is_the_same(encoder: Path) -> None:
    roomy, tight = open_school(encoder, dropout=False), open_school(encoder, dropout=False)
    list(train_epoch(roomy.begin(), roomy.lesson))
    training = tight.begin()
    records = list(train_epoch(training, too_small(3, tight.lesson)))
    assert training.largest_part == 2
    assert {record.parts for record in records} == {4}
    for name, weight in roomy.weights().items():
        assert torch.allclose(weight, tight.weights()[name], atol=2e-5), name


def test_a_row_that_does_not_fit_alone_is_an_error_with_advice(encoder: Path) -> None:
    school = open_school(encoder)
    with pytest.raises(UserError, match="single row does not fit"):
        list(train_epoch(school.begin(), too_small(0, school.lesson)))


def test_other_errors_are_not_taken_for_lack_of_memory(encoder: Path) -> None:
    school = open_school(encoder)

    def broken(model: Any, examples: Any) -> Any:
        raise RuntimeError("shape mismatch")

    with pytest.raises(RuntimeError, match="shape mismatch"):
        list(train_epoch(school.begin(), replace(school.lesson, collate=broken)))


def test_a_rehearsal_leaves_no_trace(encoder: Path) -> None:
    school = open_school(encoder)
    training = school.begin()
    before, random_state = school.weights(), torch.get_rng_state()
    for bf16 in (False, True):
        rehearse(training, school.lesson, bf16)
    assert not differing(before, school.weights())
    assert torch.equal(random_state, torch.get_rng_state())
    assert all(parameter.grad is None for parameter in school.model.network.parameters())


def test_what_is_in_no_group_does_not_change_by_a_bit(encoder: Path) -> None:
    school = open_school(encoder)
    before = school.weights()
    only_head = tuple(
        replace(group, names=tuple(name for name in group.names if name.startswith("head."))) for group in school.groups
    )
    training = loop.begin_training(school.model, [group for group in only_head if group.names], school.lesson.settings)
    list(train_epoch(training, school.lesson))
    assert set(differing(before, school.weights())) == {"head.weight", "head.bias"}
