"""What is trained on, and how: all that does not change while training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from burnish.contracts import Batch, Example, LoadedModel, Objective
from burnish.training.batches import rows_of_epoch, training_batches
from burnish.training.forward import Collate
from burnish.training.settings import TrainingSettings

Loss = Callable[[Any, Batch, float], tuple[Tensor, Tensor]]


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What is trained on, and how.

    Attributes:
        examples: Encoded rows, with `length` and `row`; rows to replay come last.
        weights: How much each example counts.
        collate: Makes a batch of examples.
        loss: (outputs, batch, label smoothing) -> per-row losses and counts, both float (rows,).
        settings: The recipe's training settings.
        bf16: Whether to compute in bfloat16 where autocast finds it safe.
        seed: The run's seed.
        replayed: How many of the examples, at the end, are general rows to mix in.
        company: Where a method has its own objective: (epoch) -> its batches of example positions.
    """

    examples: Sequence[Example]
    weights: Sequence[float]
    collate: Collate
    loss: Loss
    settings: TrainingSettings
    bf16: bool
    seed: int
    replayed: int = 0
    company: Callable[[int], list[list[int]]] | None = None

    def batches(self, epoch: int) -> list[list[int]]:
        """Positions of the examples of every batch of an epoch."""
        if self.company is not None:
            return self.company(epoch)
        own, share = len(self.examples) - self.replayed, self.settings.replay_share
        rows = rows_of_epoch(own, self.replayed, share, self.seed, epoch)
        return training_batches(self._lengths, rows, self.settings.batch_size, self.seed, epoch)

    @cached_property
    def steps_per_epoch(self) -> int:
        """Optimiser steps in an epoch; a method's own batches may vary by a few."""
        return len(self.batches(0))

    @cached_property
    def _lengths(self) -> list[int]:
        return [example["length"] for example in self.examples]


def with_objective(lesson: Lesson, objective: Objective, strata: Sequence[str]) -> Lesson:
    """The lesson with a method's own objective in place of the task's loss; the network must answer with features.

    Args:
        lesson: The task's.
        objective: The method's.
        strata: What each example belongs to.
    """
    number = {stratum: index for index, stratum in enumerate(sorted(set(strata)))}
    numbers = [number[stratum] for stratum in strata]
    examples = [{**e, "stratum": n} for e, n in zip(lesson.examples, numbers, strict=True)]
    size = lesson.settings.batch_size

    def collate(model: LoadedModel, chosen: Sequence[Example]) -> Batch:
        return {**lesson.collate(model, chosen), "targets": torch.tensor([example["stratum"] for example in chosen])}

    def loss(features: Any, batch: Batch, _smoothing: float) -> tuple[Tensor, Tensor]:
        return objective.loss(features, batch["targets"].to(features.device))

    def company(epoch: int) -> list[list[int]]:
        return objective.batches(numbers, size, lesson.seed, epoch)

    return Lesson(
        examples=examples,
        weights=lesson.weights,
        collate=collate,
        loss=loss,
        settings=lesson.settings,
        bf16=lesson.bf16,
        seed=lesson.seed,
        company=company,
    )
