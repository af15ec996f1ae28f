"""Every task x every method, at toy size: it trains, or it refuses with a sentence that says what to use instead."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from burnish.catalog import methods, tasks
from burnish.exporting.parity import compare_predictions
from burnish.training.loop import Lesson, begin_training, train_epoch
from burnish.training.settings import TrainingSettings
from tests.contracts.samples import open_toy

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
    before = {name: tensor.clone() for name, tensor in toy.model.network.state_dict().items()}
    groups = method.prepare(toy.model, settings)
    names = [name for group in groups for name in group.names]
    assert names
    assert len(names) == len(set(names)), "a parameter stands in two groups"
    assert set(names) <= {name for name, _ in toy.model.network.named_parameters()}
    training_settings = TrainingSettings(
        device="cpu", threads=1, epochs=6, batch_size=8, learning_rate=toy.learning_rate
    )
    training = begin_training(toy.model, groups, training_settings)
    lesson = Lesson(
        examples=toy.task.encode(toy.model, toy.train, toy.targets),
        weights=[1.0] * len(toy.train),
        collate=toy.task.collate,
        loss=toy.task.loss,
        settings=training_settings,
        bf16=False,
        seed=0,
    )
    losses = [[record.loss for record in train_epoch(training, lesson)] for _ in range(6)]
    assert sum(losses[-1]) < 0.9 * sum(losses[0])
    trained = toy.task.predict(toy.model, toy.test, toy.targets)
    plain = method.finish(toy.model)
    finished = toy.task.predict(plain, toy.test, toy.targets)
    assert compare_predictions("finished", trained, finished).passed
    after = plain.network.state_dict()
    for name, tensor in before.items():
        if name not in names and name in after and not _reaches(name, names):
            assert torch.equal(tensor, after[name]), f"{name} was frozen and changed"


def _reaches(name: str, trained: list[str]) -> bool:
    """Whether a merged adapter may have changed the weight: something beside it trained."""
    module = name.rpartition(".")[0]
    return any(other.startswith(f"{module}.") for other in trained)
