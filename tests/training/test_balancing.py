"""Rare classes: oversampling is even, repeatable and resumes to the bit; the focal loss is what the paper says."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch.nn import functional

from burnish.contracts import Batch
from burnish.training.balancing import focal, with_copies
from burnish.training.checkpoint import load_checkpoint, save_checkpoint
from burnish.training.lesson import oversampled
from burnish.training.loop import train_epoch
from burnish.training.settings import TrainingSettings
from tests.training.schooling import School, differing, open_school


@given(classes=st.lists(st.sampled_from("abcd"), min_size=1, max_size=60), how=st.sampled_from(["balanced", "sqrt"]))
@settings(max_examples=80, deadline=None)
def test_every_row_is_taken_and_classes_are_as_often_as_asked(classes: list[str], how: str) -> None:
    examples = [{"row": row, "length": 1} for row in range(len(classes))]
    found, originals, oversampling = with_copies(examples, classes, how)
    counts = Counter(classes)
    for epoch in range(3):
        taken = oversampling.rows(7, epoch)
        assert len(taken) == len(set(taken)), "each copy is an example of its own"
        assert taken == oversampling.rows(7, epoch)
        assert set(range(len(classes))) <= set(taken)
        drawn = Counter(classes[originals[position]] for position in taken)
        for name, count in counts.items():
            ratio = max(counts.values()) / count
            assert drawn[name] == round(count * (ratio if how == "balanced" else math.sqrt(ratio)))
        rows = Counter(found[position]["row"] for position in taken)
        for name in counts:
            times = [rows[row] for row, of in enumerate(classes) if of == name]
            assert max(times) - min(times) <= 1, "copies are spread evenly over the rows of a class"


def test_other_copies_in_every_epoch() -> None:
    examples = [{"row": row, "length": 1} for row in range(130)]
    _, _, oversampling = with_copies(examples, ["usual"] * 100 + ["rare"] * 30, "balanced")
    assert oversampling.rows(0, 0) != oversampling.rows(0, 1)
    assert oversampling.rows(0, 0) != oversampling.rows(1, 0)


def uneven_school(encoder: Path, how: str, replayed: int = 0) -> School:
    """A school with three rows of one class, nine of others, and general rows behind them."""
    school = open_school(encoder, rows=12 + replayed, oversample=how)
    strata = ["rare" if number < 3 else "usual" for number in range(12 + replayed)]
    return replace(school, lesson=oversampled(replace(school.lesson, replayed=replayed), strata))


def test_copies_weigh_what_their_row_weighs_and_general_rows_stay_last(encoder: Path) -> None:
    school = open_school(encoder, rows=16, oversample="balanced")
    lesson = replace(school.lesson, replayed=4, weights=[float(number) for number in range(16)])
    found = oversampled(lesson, ["rare"] * 3 + ["usual"] * 13)
    assert [example["row"] for example in found.examples] == [*range(12), 0, 1, 2, 0, 1, 2, 12, 13, 14, 15]
    assert found.weights == [float(example["row"]) for example in found.examples]
    taken = [found.examples[position]["row"] for batch in found.batches(0) for position in batch]
    assert Counter(row < 3 for row in taken if row < 12) == {True: 9, False: 9}
    assert 0 < sum(row >= 12 for row in taken) <= 4


@pytest.mark.parametrize("how", ["balanced", "sqrt"])
def test_resumed_equals_uninterrupted(encoder: Path, tmp_path: Path, how: str) -> None:
    whole = uneven_school(encoder, how, replayed=3)
    training = whole.begin()
    for _ in range(2):
        list(train_epoch(training, whole.lesson))
    halted = uneven_school(encoder, how, replayed=3)
    training = halted.begin()
    list(train_epoch(training, halted.lesson))
    next(train_epoch(training, halted.lesson))
    save_checkpoint(tmp_path / "checkpoint", training, {})
    resumed = uneven_school(encoder, how, replayed=3)
    torch.manual_seed(99)
    training = resumed.begin()
    assert load_checkpoint(tmp_path / "checkpoint", training) == {}
    list(train_epoch(training, resumed.lesson))
    assert not differing(whole.weights(), resumed.weights())


def cross_entropy(outputs: Any, batch: Batch, label_smoothing: float) -> tuple[torch.Tensor, torch.Tensor]:
    losses = functional.cross_entropy(outputs, batch["targets"], reduction="none", label_smoothing=label_smoothing)
    return losses, torch.ones_like(losses)


def test_focal_with_gamma_0_is_cross_entropy_to_the_bit() -> None:
    logits = torch.randn(50, 4, generator=torch.Generator().manual_seed(0)).requires_grad_()
    batch = {"targets": torch.arange(50) % 4}
    plain, _ = cross_entropy(logits, batch, 0.0)
    same, counts = focal(cross_entropy, 0.0)(logits, batch, 0.0)
    assert torch.equal(same, plain)
    assert torch.equal(counts, torch.ones(50))
    (gradient,) = torch.autograd.grad(plain.sum(), logits, retain_graph=True)
    (other,) = torch.autograd.grad(same.sum(), logits)
    assert torch.equal(gradient, other)


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0, 5.0])
def test_focal_is_the_formula_of_the_paper(gamma: float) -> None:
    logits = 3 * torch.randn(50, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    targets = torch.arange(50) % 4
    found, _ = focal(cross_entropy, gamma)(logits, {"targets": targets}, 0.0)
    right = logits.softmax(-1)[torch.arange(50), targets]
    assert torch.allclose(found, -((1 - right) ** gamma) * right.log(), rtol=1e-9)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal_has_a_slope_where_the_answer_is_certain(gamma: float) -> None:
    logits = torch.tensor([[200.0, 0.0], [-200.0, 0.0]], requires_grad=True)
    losses, _ = focal(cross_entropy, gamma)(logits, {"targets": torch.tensor([0, 0])}, 0.0)
    (gradient,) = torch.autograd.grad(losses.sum(), logits)
    assert torch.isfinite(gradient).all()
    assert losses.tolist() == pytest.approx([0, 200])


def test_settings_that_work_against_each_other_are_refused() -> None:
    with pytest.raises(ValidationError, match="Leave one out"):
        TrainingSettings(oversample="sqrt", class_weights="balanced")
    with pytest.raises(ValidationError, match="Leave one out"):
        TrainingSettings(loss="focal", label_smoothing=0.1)
