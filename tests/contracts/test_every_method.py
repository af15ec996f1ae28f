"""What every method keeps to: it resumes to the same weights, and its settings and defaults are well-formed."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
import torch

from burnish.catalog import methods
from burnish.method_contract import Method
from burnish.training.checkpoint import load_checkpoint, save_checkpoint
from burnish.training.lesson import Lesson, with_objective
from burnish.training.loop import Training, begin_training, train_epoch
from burnish.training.settings import TrainingSettings
from tests.contracts.samples import Toy, open_toy

METHODS = sorted(methods())
EPOCHS = 2


def begun(toy: Toy, method: Method) -> tuple[Training, Lesson]:
    """Training by a method, at its beginning."""
    torch.manual_seed(0)
    settings = method.settings()
    model, groups = method.prepare(toy.model, settings)
    shared = TrainingSettings(device="cpu", threads=1, epochs=EPOCHS, batch_size=8, learning_rate=0.003, average="ema")
    training = begin_training(model, groups, shared, features=method.objective is not None)
    lesson = Lesson(
        examples=toy.task.encode(model, toy.train, toy.targets),
        weights=[1.0] * len(toy.train),
        collate=toy.task.collate,
        loss=toy.task.loss,
        settings=shared,
        bf16=False,
        seed=0,
    )
    if method.objective is not None:
        lesson = with_objective(lesson, method.objective(settings), toy.task.strata(toy.train))
    return training, lesson


@pytest.mark.parametrize("name", METHODS)
def test_a_resumed_training_ends_with_the_same_weights_bit_for_bit(name: str, tmp_path: Path) -> None:
    method = methods()[name]
    whole, lesson = begun(open_toy("text-classification", tmp_path / "whole"), method)
    for _ in range(EPOCHS):
        list(train_epoch(whole, lesson))
    first, lesson = begun(open_toy("text-classification", tmp_path / "first"), method)
    list(islice(train_epoch(first, lesson), 3))
    save_checkpoint(tmp_path / "checkpoint", first, {"note": 1})
    second, lesson = begun(open_toy("text-classification", tmp_path / "second"), method)
    assert load_checkpoint(tmp_path / "checkpoint", second) == {"note": 1}
    assert (second.step, second.position) == (3, 3)
    while second.epoch < EPOCHS:
        list(train_epoch(second, lesson))
    for given, wanted in ((second.trained(), whole.trained()), (second.average, whole.average)):
        assert given.keys() == wanted.keys()
        for parameter, weight in wanted.items():
            assert torch.equal(given[parameter], weight), parameter


@pytest.mark.parametrize("name", METHODS)
def test_its_defaults_are_keys_of_training_that_the_recipe_allows(name: str) -> None:
    defaults = methods()[name].defaults
    assert TrainingSettings.model_validate(defaults).model_dump().items() >= defaults.items()


@pytest.mark.parametrize("name", METHODS)
def test_every_setting_is_explained(name: str) -> None:
    for key, field in methods()[name].settings.model_fields.items():
        assert field.description, key
