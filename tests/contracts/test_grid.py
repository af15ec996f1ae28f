"""Every task x every method, at toy size: it trains, or it refuses with a sentence that says what to use instead."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from burnish.catalog import methods, tasks
from burnish.exporting.parity import compare_predictions
from burnish.training.lesson import Lesson, with_objective
from burnish.training.loop import begin_training, train_epoch
from burnish.training.settings import TrainingSettings
from tests.contracts.samples import open_toy

EPOCHS = 10
RATES = {"few-shot": 0.3, "head": 15.0, "ia3": 50.0, "prompt": 10.0}  # those that change little need more
GRID = [(task, method) for task in sorted(tasks()) for method in sorted(methods())]


@pytest.mark.parametrize(("task_name", "method_name"), GRID, ids=[f"{t}-{m}" for t, m in GRID])
def test_it_trains_or_refuses(task_name: str, method_name: str, tmp_path: Path) -> None:
    toy, method = open_toy(task_name, tmp_path), methods()[method_name]
    settings = method.settings()
    if refusal := method.refuse(toy.model, settings):
        assert refusal.endswith(".")
        assert any(other in refusal for other in methods())
        return
    torch.manual_seed(0)
    model, groups = method.prepare(toy.model, settings)
    names = [name for group in groups for name in group.names]
    assert names
    assert len(names) == len(set(names)), "a parameter stands in two groups"
    parameters = dict(model.network.named_parameters())
    assert set(names) <= set(parameters)
    frozen = {name: parameter.detach().clone() for name, parameter in parameters.items() if name not in names}
    rate = toy.learning_rate * RATES.get(method_name, 1.0)
    training_settings = TrainingSettings(device="cpu", threads=1, epochs=EPOCHS, batch_size=8, learning_rate=rate)
    own = method.objective is not None
    training = begin_training(model, groups, training_settings, features=own)
    lesson = Lesson(
        examples=toy.task.encode(model, toy.train, toy.targets),
        weights=[1.0] * len(toy.train),
        collate=toy.task.collate,
        loss=toy.task.loss,
        settings=training_settings,
        bf16=False,
        seed=0,
    )
    if method.objective is not None:
        lesson = with_objective(lesson, method.objective(settings), toy.task.strata(toy.train))
    losses = [[record.loss for record in train_epoch(training, lesson)] for _ in range(EPOCHS)]
    assert sum(losses[-1]) < 0.9 * sum(losses[0])
    for name, before in frozen.items():
        assert torch.equal(parameters[name], before), f"{name} was frozen and changed"
    trained = toy.task.predict(model, toy.test, toy.targets)
    if method.keep is not None:
        method.keep(model, tmp_path)
        assert list(tmp_path.glob("*.safetensors")), "nothing was kept"
    plain = method.finish(model)
    finished = toy.task.predict(plain, toy.test, toy.targets)
    assert compare_predictions("finished", trained, finished).passed
    toy.task.save(plain, tmp_path / "saved")
    restored = toy.task.restore(tmp_path / "saved", toy.targets, 0)
    assert compare_predictions("restored", trained, toy.task.predict(restored, toy.test, toy.targets)).passed
