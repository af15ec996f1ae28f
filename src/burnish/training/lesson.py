"""What is trained on, and how: all that does not change while training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from burnish.augmenting.mixing import Loss, Mixed
from burnish.contracts import Batch, Example, LoadedModel
from burnish.method_contract import Objective
from burnish.training.balancing import Oversampling, with_copies
from burnish.training.batches import rows_of_epoch, training_batches
from burnish.training.forward import Collate
from burnish.training.settings import TrainingSettings


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
        oversampling: Where rare classes are to occur more often: which of the examples an epoch takes, copies included.
        augment: Where examples change from epoch to epoch: (examples, epoch) -> what they are in it.
        mix: Where the rows of a batch are mixed with each other: (batch, name of the step) -> the mixed batch.
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
    oversampling: Oversampling | None = None
    augment: Callable[[Sequence[Example], int], list[Example]] | None = None
    mix: Callable[[Batch, str], Mixed] | None = None
    company: Callable[[int], list[list[int]]] | None = None

    @property
    def changes(self) -> bool:
        """Whether what the network is given of a row differs from epoch to epoch, so that nothing of it can be kept."""
        return self.augment is not None or self.mix is not None

    def taken(self, indices: Sequence[int], epoch: int) -> list[Example]:
        """The examples at some positions, as they are in an epoch."""
        chosen = [self.examples[index] for index in indices]
        return chosen if self.augment is None else self.augment(chosen, epoch)

    @property
    def skips(self) -> bool:
        """Whether an epoch may leave out rows: not where a method draws its own batches or rows are mixed."""
        return self.settings.skip_easy > 0 and self.company is None and self.mix is None

    def batches(self, epoch: int, counted: Sequence[float] = ()) -> list[list[int]]:
        """Positions of the examples of every batch of an epoch.

        Args:
            epoch: Epoch number, from 0.
            counted: How much each example counts in it, where some are left out; those with 0 are.
        """
        if self.company is not None:
            return self.company(epoch)
        own, share = len(self.examples) - self.replayed, self.settings.replay_share
        rows = rows_of_epoch(own, self.replayed, share, self.seed, epoch)
        if self.oversampling is not None:
            rows = [*self.oversampling.rows(self.seed, epoch), *rows[own:]]
        rows = [row for row in rows if counted[row]] if counted else rows
        return training_batches(self.lengths, rows, self.settings.batch_size, self.seed, epoch)

    @cached_property
    def steps_per_epoch(self) -> int:
        """Optimiser steps in an epoch; a method's own batches may vary by a few."""
        return len(self.batches(0))

    @cached_property
    def lengths(self) -> list[int]:
        """Units of every example."""
        return [example["length"] for example in self.examples]


def oversampled(lesson: Lesson, strata: Sequence[str]) -> Lesson:
    """The lesson with rare classes of its own rows more often, as its settings say.

    Args:
        lesson: Its own examples come first, general ones after them.
        strata: The class of each example.
    """
    own = len(lesson.examples) - lesson.replayed
    examples, originals, oversampling = with_copies(lesson.examples[:own], strata[:own], lesson.settings.oversample)
    return replace(
        lesson,
        examples=[*examples, *lesson.examples[own:]],
        weights=[*(lesson.weights[position] for position in originals), *lesson.weights[own:]],
        oversampling=oversampling,
    )


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

    return replace(lesson, examples=examples, collate=collate, loss=loss, replayed=0, company=company)
