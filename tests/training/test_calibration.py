"""The temperature that is folded into the head."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from burnish.contracts import LoadedModel
from burnish.metrics.temperature import negative_log_likelihood
from burnish.predictions import softmax
from burnish.tasks.text_classification import TASK
from burnish.training.calibration import calibrate_head
from burnish.training.forward import forward_rows, head_inputs
from tests.training.schooling import School, open_school


@pytest.fixture
def school(encoder: Path) -> School:
    """A model whose logits are spread out."""
    school = open_school(encoder, rows=240)
    features = head_inputs(school.model, school.lesson.examples, TASK.collate)
    torch.manual_seed(1)
    nn.init.normal_(
        head_of(school.model).weight, std=3.0 / float(features.std(axis=0).mean() * features.shape[1] ** 0.5)
    )
    return school


def head_of(model: LoadedModel) -> nn.Linear:
    head = model.network.get_submodule(model.head)
    assert isinstance(head, nn.Linear)
    return head


def logits_of(school: School) -> np.ndarray:
    return forward_rows(school.model, school.lesson.examples, TASK.collate)


def drawn_truths(logits: np.ndarray) -> np.ndarray:
    """Truths as if the honest logits were a third of these: the model is far too sure."""
    generator = np.random.default_rng(2)
    return np.array([generator.choice(len(row), p=row) for row in softmax(logits / 3)])


def test_the_networks_own_logits_become_calibrated(school: School) -> None:
    before = logits_of(school)
    truths = drawn_truths(before)
    facts = calibrate_head(school.model, before, truths)
    after = logits_of(school)
    assert facts["temperature"] == pytest.approx(3.0, rel=0.4)
    assert np.abs(after - before / facts["temperature"]).max() < 1e-4
    assert facts["validation_loss_before"] == pytest.approx(negative_log_likelihood(before.astype(float), truths))
    assert facts["validation_loss_after"] == pytest.approx(
        negative_log_likelihood(after.astype(float), truths), abs=1e-5
    )
    assert facts["validation_loss_after"] < 0.9 * facts["validation_loss_before"]
    assert np.array_equal(after.argmax(axis=1), before.argmax(axis=1)), "no answer changes"


def test_a_second_time_changes_nothing(school: School) -> None:
    logits = logits_of(school)
    truths = drawn_truths(logits)
    calibrate_head(school.model, logits, truths)
    assert calibrate_head(school.model, logits_of(school), truths)["temperature"] == pytest.approx(1.0, abs=0.01)


def test_rows_of_classes_that_training_has_not_seen_do_not_count(school: School) -> None:
    logits = logits_of(school)
    truths = drawn_truths(logits)
    rest = head_of(school.model).weight.detach().clone()
    expected = calibrate_head(school.model, logits[10:], truths[10:])
    with torch.no_grad():
        head_of(school.model).weight.copy_(rest)
    assert calibrate_head(school.model, logits, np.where(np.arange(len(truths)) < 10, -1, truths)) == expected


def test_without_any_row_nothing_changes(school: School) -> None:
    before = head_of(school.model).weight.detach().clone()
    facts = calibrate_head(school.model, logits_of(school), np.full(240, -1))
    assert facts == {"temperature": 1.0, "validation_loss_before": 0.0, "validation_loss_after": 0.0}
    assert torch.equal(head_of(school.model).weight, before)


def test_a_head_without_bias(school: School) -> None:
    width, classes = head_of(school.model).in_features, head_of(school.model).out_features
    head = nn.Linear(width, classes, bias=False)
    model = replace(school.model, network=nn.Sequential(head), head="0")
    states = torch.randn(48, width)
    with torch.no_grad():
        before = (20 * head(states)).numpy()
        head.weight.mul_(20)
        facts = calibrate_head(model, before, drawn_truths(before))
        assert np.abs(head(states).numpy() - before / facts["temperature"]).max() < 1e-4
