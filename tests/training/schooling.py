"""A small model and rows to train it on, for the tests of this room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from burnish.adapting.groups import grouped_by_depth
from burnish.contracts import LoadedModel, Targets
from burnish.method_contract import ParameterGroup
from burnish.tasks.text_classification import TASK
from burnish.training.lesson import Lesson
from burnish.training.loop import Training, begin_training
from burnish.training.settings import TrainingSettings
from tests.making import review_rows


@dataclass(frozen=True, kw_only=True)
class School:
    """A model with everything that training it takes."""

    model: LoadedModel
    rows: list[dict[str, Any]]
    targets: Targets
    groups: tuple[ParameterGroup, ...]
    lesson: Lesson

    def begin(self) -> Training:
        """Training from the model's present weights."""
        return begin_training(self.model, self.groups, self.lesson.settings)

    def weights(self) -> dict[str, torch.Tensor]:
        """A copy of all weights."""
        return {name: tensor.clone() for name, tensor in self.model.network.state_dict().items()}


def open_school(encoder: Path, *, rows: int = 48, dropout: bool = True, **settings: Any) -> School:
    """Load the encoder and encode easy rows; `settings` are training settings."""
    torch.manual_seed(0)
    examples = [{"row": n, "text": text, "label": label} for n, (text, label) in enumerate(review_rows(rows))]
    targets = TASK.targets(examples, {})
    model = TASK.load(encoder, targets, 0)
    if not dropout:
        switch_dropout_off(model.network)
    lesson = Lesson(
        examples=TASK.encode(model, examples, targets),
        weights=[1.0] * rows,
        collate=TASK.collate,
        loss=TASK.loss,
        settings=TrainingSettings(device="cpu", threads=1, batch_size=8, **settings),
        bf16=False,
        seed=0,
    )
    return School(model=model, rows=examples, targets=targets, groups=grouped_by_depth(model), lesson=lesson)


def switch_dropout_off(network: torch.nn.Module) -> None:
    """Make training the same from one pass to the next."""
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0


def differing(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> Sequence[str]:
    """Names of weights that are not the same to the bit."""
    return [name for name in first if not torch.equal(first[name], second[name])]
