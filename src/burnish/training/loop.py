"""The training loop: a generator of step records. Whoever drives it validates, checkpoints and stops."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from burnish.contracts import Batch, Example, LoadedModel, ParameterGroup
from burnish.errors import UserError
from burnish.training.batches import training_batches
from burnish.training.forward import Collate, call
from burnish.training.memory import is_out_of_memory, row_too_large
from burnish.training.settings import TrainingSettings


@dataclass(frozen=True, kw_only=True)
class StepRecord:
    """One optimiser step.

    Attributes:
        step: Steps done, this one included.
        epoch: Epoch that the step belongs to, from 0.
        loss: Mean loss of the step's rows.
        learning_rate: The rate of groups with `rate` 1.
        rows: Rows in the step.
        seconds: Wall seconds that the step took.
        parts: Parts that the batch was computed in; more than asked for means that memory was short.
    """

    step: int
    epoch: int
    loss: float
    learning_rate: float
    rows: int
    seconds: float
    parts: int


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What is trained on, and how: all that does not change while training.

    Attributes:
        examples: Encoded rows, with `length` and `row`.
        weights: How much each example counts.
        collate: Makes a batch of examples.
        loss: (outputs, batch, label smoothing) -> per-row losses and counts, both float (rows,).
        settings: The recipe's training settings.
        bf16: Whether to compute in bfloat16 where autocast finds it safe.
        seed: The run's seed.
    """

    examples: Sequence[Example]
    weights: Sequence[float]
    collate: Collate
    loss: Callable[[Any, Batch, float], tuple[Tensor, Tensor]]
    settings: TrainingSettings
    bf16: bool
    seed: int

    def batches(self, epoch: int) -> list[list[int]]:
        """Positions of the examples of every batch of an epoch."""
        lengths = [example["length"] for example in self.examples]
        return training_batches(lengths, self.settings.batch_size, self.seed, epoch)

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps in an epoch."""
        return math.ceil(len(self.examples) / self.settings.batch_size)


@dataclass(kw_only=True)
class Training:
    """What moves while training; a checkpoint holds exactly this."""

    model: LoadedModel
    network: nn.Module  # the model's network as accelerate prepared it
    optimizer: Any
    accelerator: Accelerator
    epoch: int = 0
    position: int = 0  # batches done in the epoch
    step: int = 0
    largest_part: int = 0  # most rows computed at once since memory ran out; 0: it never did

    def trained(self) -> dict[str, nn.Parameter]:
        """The parameters that train, by name."""
        return {name: p for name, p in self.model.network.named_parameters() if p.requires_grad}

    def let_go(self) -> None:
        """Give back the memory of gradients and optimiser: only weights matter from now on."""
        self.optimizer.zero_grad()
        self.optimizer.state.clear()


def begin_training(model: LoadedModel, groups: Sequence[ParameterGroup], settings: TrainingSettings) -> Training:
    """Freeze all that is in no group, and set up AdamW (Loshchilov & Hutter 2019) for the rest.

    Args:
        model: Its network is moved to the device and changed in place.
        groups: What trains, as the method says.
        settings: Learning rate, weight decay and device.
    """
    accelerator = Accelerator(cpu=settings.device == "cpu")
    model.network.to(accelerator.device)
    wanted = {name for group in groups for name in group.names}
    for name, parameter in model.network.named_parameters():
        parameter.requires_grad_(name in wanted)
    parameters = dict(model.network.named_parameters())
    optimizer = torch.optim.AdamW(
        [
            {
                "params": [parameters[name] for name in group.names],
                "rate": group.rate,
                "weight_decay": settings.weight_decay * group.decay,
            }
            for group in groups
        ],
        lr=settings.learning_rate,
        fused=True,
    )
    network, optimizer = accelerator.prepare(model.network, optimizer)
    return Training(model=model, network=network, optimizer=optimizer, accelerator=accelerator)


def train_epoch(training: Training, lesson: Lesson) -> Iterator[StepRecord]:
    """Train the rest of the current epoch, from where `training` stands, and leave it at the next one's beginning.

    Raises:
        UserError: The loss is not a finite number; the message names the rows.
    """
    training.network.train()
    batches = lesson.batches(training.epoch)
    while training.position < len(batches):
        began = time.perf_counter()
        indices = batches[training.position]
        rate = _set_learning_rate(training, lesson)
        loss, parts = _step(training, lesson, indices)
        training.position += 1
        training.step += 1
        yield StepRecord(
            step=training.step,
            epoch=training.epoch,
            loss=loss,
            learning_rate=rate,
            rows=len(indices),
            seconds=time.perf_counter() - began,
            parts=parts,
        )
    training.epoch += 1
    training.position = 0


def rehearse(training: Training, lesson: Lesson, bf16: bool) -> None:
    """Compute one batch's gradient and throw it away: weights and random state stay as they are.

    Args:
        training: Left as it was.
        lesson: Its middle batch by length is taken.
        bf16: The precision to try.
    """
    random_state = torch.get_rng_state()
    by_length = sorted(range(len(lesson.examples)), key=lambda index: lesson.examples[index]["length"])
    middle, size = len(by_length) // 2, lesson.settings.batch_size
    begin = max(0, middle - size // 2)
    training.network.train()
    _backward(training, replace(lesson, bf16=bf16), by_length[begin : begin + size])
    training.optimizer.zero_grad()
    torch.set_rng_state(random_state)


def learning_rate_share(step: int, total: int, settings: TrainingSettings) -> float:
    """The share of the highest learning rate at a step (from 0): up in a line, then down as the schedule says."""
    warm_up = max(1, round(total * settings.warm_up))
    if step < warm_up:
        return (step + 1) / warm_up
    progress = (step - warm_up) / max(1, total - warm_up)
    match settings.schedule:
        case "linear":
            return 1 - progress
        case "cosine":
            return (1 + math.cos(math.pi * progress)) / 2
        case "constant":
            return 1.0


def _set_learning_rate(training: Training, lesson: Lesson) -> float:
    total = lesson.steps_per_epoch * lesson.settings.epochs
    rate = lesson.settings.learning_rate * learning_rate_share(training.step, total, lesson.settings)
    for group in training.optimizer.param_groups:
        group["lr"] = rate * group["rate"]
    return rate


def _step(training: Training, lesson: Lesson, indices: Sequence[int]) -> tuple[float, int]:
    """One optimiser step on a batch; returns its mean loss and the number of parts it was computed in.

    Where memory runs out, the step begins again with parts of half the size, which all later steps keep to.
    """
    random_state = torch.get_rng_state()
    most = math.ceil(len(indices) / lesson.settings.accumulate)
    while True:
        size = min(most, training.largest_part or most)
        parts = [indices[begin : begin + size] for begin in range(0, len(indices), size)]
        try:
            sums = [_backward(training, lesson, part) for part in parts]
            break
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            if size == 1:
                raise row_too_large() from error
            training.largest_part = math.ceil(size / 2)
            training.optimizer.zero_grad()
            torch.set_rng_state(random_state)
    count = sum(counts for _, counts in sums)
    loss = sum(losses for losses, _ in sums) / count
    if not math.isfinite(loss):
        raise _not_finite(lesson, indices, training.step)
    trained = [p for group in training.optimizer.param_groups for p in group["params"]]
    torch._foreach_div_([p.grad for p in trained if p.grad is not None], count)
    training.accelerator.clip_grad_norm_(trained, lesson.settings.clip)
    training.optimizer.step()
    training.optimizer.zero_grad()
    return loss, len(parts)


def _backward(training: Training, lesson: Lesson, indices: Sequence[int]) -> tuple[float, float]:
    """Add the gradient of the summed loss of some rows; returns that sum and the sum of counts."""
    batch = lesson.collate(training.model, [lesson.examples[index] for index in indices])
    device = training.accelerator.device
    weights = torch.tensor([lesson.weights[index] for index in indices], device=device)
    with torch.autocast(device.type, torch.bfloat16, enabled=lesson.bf16):
        outputs = call(training.network, batch)
    losses, counts = lesson.loss(outputs, batch, lesson.settings.label_smoothing)
    total = (losses * weights).sum()
    training.accelerator.backward(total)
    return total.item(), (counts * weights).sum().item()


def _not_finite(lesson: Lesson, indices: Sequence[int], step: int) -> UserError:
    rows = ", ".join(str(lesson.examples[index].get("row", index)) for index in indices[:20])
    return UserError(
        f"the loss is not a finite number at step {step + 1}",
        where=f"training rows {rows} (numbers as in check/ledger.csv)",
        fix="Look at these rows; lower `learning-rate` under `training:`, or set `precision: fp32`.",
    )
