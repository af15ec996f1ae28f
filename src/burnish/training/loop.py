"""The training loop: a generator of step records. Whoever drives it validates, checkpoints and stops."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from burnish.contracts import LoadedModel
from burnish.errors import UserError
from burnish.memory_faults import is_out_of_memory
from burnish.method_contract import ParameterGroup
from burnish.training.averaging import average_step
from burnish.training.batches import parts_of
from burnish.training.forward import HeadInputs, call, units_to_learn
from burnish.training.lesson import Lesson
from burnish.training.memory import give_back, row_too_large
from burnish.training.random_state import random_states, restore_random_states
from burnish.training.settings import TrainingSettings
from burnish.training.skipping import counts_of_epoch


@dataclass(frozen=True, kw_only=True)
class StepRecord:
    """One optimiser step.

    Attributes:
        step: Steps done, this one included.
        epoch: Epoch that the step belongs to, from 0.
        epochs: Epochs done, with the part of this one.
        loss: Mean loss of the step's rows.
        learning_rate: The rate of groups with `rate` 1.
        rows: Rows in the step.
        seconds: Wall seconds that the step took.
        parts: Parts that the batch was computed in.
        waiting: Seconds of these in which the batch was made and nothing was computed.
    """

    step: int
    epoch: int
    epochs: float
    loss: float
    learning_rate: float
    rows: int
    seconds: float
    parts: int
    waiting: float = 0.0


@dataclass(kw_only=True)
class Training:
    """What moves while training; a checkpoint holds exactly this."""

    model: LoadedModel
    names: frozenset[str]  # of the parameters that train
    network: nn.Module  # the model's network as accelerate prepared it
    optimizer: torch.optim.Optimizer
    accelerator: Accelerator
    epoch: int = 0
    position: int = 0  # batches done in the epoch
    step: int = 0
    largest_part: int = 0  # most rows computed at once since memory ran out; 0: it never did
    averaged: int = 0  # how many weights the average holds
    average: dict[str, Tensor] = field(default_factory=dict)  # by parameter; empty: none so far
    start: dict[str, Tensor] = field(default_factory=dict)  # weights at the beginning, where something needs them
    losses: list[float] = field(default_factory=list)  # the latest of each example; empty: nothing goes by them
    counted: list[float] = field(default_factory=list)  # how much each counts in this epoch; empty: all the same
    waited: float = 0.0  # seconds that batches took to make, in this process

    def trained(self) -> dict[str, nn.Parameter]:
        """The parameters that train, by name."""
        return self._trained

    @cached_property
    def _trained(self) -> dict[str, nn.Parameter]:
        return {name: p for name, p in self.model.network.named_parameters() if name in self.names}

    @property
    def head_alone(self) -> bool:
        """Whether nothing but the head trains."""
        return all(name.startswith(f"{self.model.head}.") for name in self.names)

    def let_go(self) -> None:
        """Give back the memory of gradients and optimiser: only weights matter from now on."""
        self.optimizer.zero_grad()
        self.optimizer.state.clear()


def begin_training(
    model: LoadedModel, groups: Sequence[ParameterGroup], settings: TrainingSettings, *, features: bool = False
) -> Training:
    """Freeze all that is in no group, and set up AdamW (Loshchilov & Hutter 2019) for the rest.

    Args:
        model: Its network is moved to the device and changed in place.
        groups: What trains, as the method says.
        settings: Learning rate, weight decay and device.
        features: Train on what flows into the head, not on the network's outputs.

    Raises:
        UserError: The device that the settings ask for is not there.
    """
    accelerator = Accelerator(cpu=settings.device == "cpu")
    if settings.device not in {"auto", accelerator.device.type}:
        raise UserError(
            f"this machine has no {settings.device} device that torch can use; it would compute on "
            f"{accelerator.device.type}",
            where="training.device",
            fix="Write `device: auto`. `burnish doctor` says what this machine has.",
        )
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
                "begin": group.begin,
            }
            for group in groups
        ],
        lr=settings.learning_rate,
        fused=True,
    )
    trained_network = HeadInputs(model) if features else model.network
    # The optimiser stays torch's own: accelerate's stand-in looks for packages on the disk at every step
    network = accelerator.prepare(trained_network)
    names = frozenset(wanted)
    training = Training(model=model, names=names, network=network, optimizer=optimizer, accelerator=accelerator)
    if settings.l2_sp or settings.interpolate:
        training.start = {name: parameter.detach().clone() for name, parameter in training.trained().items()}
    return training


def train_epoch(training: Training, lesson: Lesson) -> Iterator[StepRecord]:
    """Train the rest of the current epoch, from where `training` stands, and leave it at the next one's beginning.

    Raises:
        UserError: The loss is not a finite number; the message names the rows.
    """
    training.network.train()
    if lesson.skips and not training.position:
        _begin_skipping(training, lesson)
    batches = lesson.batches(training.epoch, training.counted)
    while training.position < len(batches):
        began, waited = time.perf_counter(), training.waited
        indices = batches[training.position]
        rate = set_learning_rate(training, lesson, training.position / len(batches))
        loss, parts = _step(training, lesson, indices)
        training.position += 1
        training.step += 1
        yield StepRecord(
            step=training.step,
            epoch=training.epoch,
            epochs=training.epoch + training.position / len(batches),
            loss=loss,
            learning_rate=rate,
            rows=len(indices),
            seconds=time.perf_counter() - began,
            parts=parts,
            waiting=training.waited - waited,
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
    states = random_states()
    by_length = sorted(range(len(lesson.examples)), key=lambda index: lesson.examples[index]["length"])
    middle, size = len(by_length) // 2, lesson.settings.batch_size
    begin = max(0, middle - size // 2)
    training.network.train()
    _backward(training, replace(lesson, bf16=bf16), by_length[begin : begin + size])
    training.optimizer.zero_grad()
    restore_random_states(states)


def _begin_skipping(training: Training, lesson: Lesson) -> None:
    """Say which examples the coming epoch leaves out, by their losses in the epochs before."""
    settings, rows = lesson.settings, len(lesson.examples)
    training.losses = training.losses or [math.nan] * rows
    training.counted = counts_of_epoch(training.losses, settings.skip_easy, lesson.seed, training.epoch)


def learning_rate_share(step: float, total: int, settings: TrainingSettings) -> float:
    """The share of the highest learning rate at a step: up in a line, then down as the schedule says.

    Args:
        step: From 0; parts of a step are possible, where an epoch has fewer steps than usual.
        total: Usual steps of all epochs.
        settings: Warm-up and schedule.
    """
    warm_up = max(1, round(total * settings.warm_up))
    if step < warm_up:
        return min(1.0, (step + 1) / warm_up)
    progress = (step - warm_up) / max(1, total - warm_up)
    progress = min(progress, 1.0)
    match settings.schedule:
        case "linear":
            return 1 - progress
        case "cosine":
            return (1 + math.cos(math.pi * progress)) / 2
        case "constant":
            return 1.0


def set_learning_rate(training: Training, lesson: Lesson, share: float) -> float:
    """Set every group's rate for the coming step, and let rest what does not train yet; returns the rate.

    Args:
        training: Its epoch counts, not its steps: an epoch that leaves rows out has fewer.
        lesson: What is learned.
        share: Of the epoch, what is done.
    """
    usual = lesson.steps_per_epoch
    step, total = (training.epoch + share) * usual, usual * lesson.settings.epochs
    rate = lesson.settings.learning_rate * learning_rate_share(step, total, lesson.settings)
    for group in training.optimizer.param_groups:
        group["lr"] = rate * group["rate"]
        if group["begin"]:
            for parameter in group["params"]:
                parameter.requires_grad_(training.epoch >= group["begin"])
    return rate


def _step(training: Training, lesson: Lesson, indices: Sequence[int]) -> tuple[float, int]:
    """One optimiser step on a batch; returns its mean loss and the number of parts it was computed in.

    Rows that are long together go in parts, which changes nothing but the memory it takes. Where memory runs out, the
    step begins again with parts of half the size, which all later steps keep to.
    """
    states = random_states()
    accelerator = training.accelerator
    mine = indices[accelerator.process_index :: accelerator.num_processes]
    most = math.ceil(len(mine) / lesson.settings.accumulate)
    # Some objectives compare or mix the rows of a batch; and processes must take as many parts as each other
    cut = lesson.company is None and lesson.mix is None and accelerator.num_processes == 1
    units = units_to_learn(training.model) if cut else sys.maxsize
    while True:
        parts = parts_of(mine, lesson.lengths, min(most, training.largest_part or most), units)
        try:
            sums = [_backward(training, lesson, part) for part in parts]
            break
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            if (largest := max(map(len, parts))) == 1:
                raise row_too_large() from error
            training.largest_part = math.ceil(largest / 2)
            training.optimizer.zero_grad()
            restore_random_states(states)
        give_back()  # here, not above: the error holds on to what was computed so far
    total, count = (sum(column) for column in zip(*sums, strict=True))
    if accelerator.num_processes > 1:
        total, count = _of_all_processes(training, indices, mine, total, count)
    loss = total / count
    if not math.isfinite(loss):
        raise _not_finite(lesson, indices, training.step)
    # Processes hold the mean of their gradients, and what is wanted is the mean over rows.
    _scale_gradients(training, accelerator.num_processes / count, lesson.settings.clip)
    training.optimizer.step()
    training.optimizer.zero_grad()
    _pull_to_start(training, lesson.settings.l2_sp)
    average_step(training, lesson.settings)
    return loss, len(parts)


def _of_all_processes(
    training: Training, indices: Sequence[int], mine: Sequence[int], total: float, count: float
) -> tuple[float, float]:
    """The sums of every process; each is told the losses of the others' rows, where something goes by them."""
    own = set(mine)
    told = [training.losses[i] if i in own else 0.0 for i in indices] if training.losses else []
    accelerator = training.accelerator
    total, count, *losses = accelerator.reduce(torch.tensor([total, count, *told], device=accelerator.device)).tolist()
    for index, loss in zip(indices, losses, strict=False):
        training.losses[index] = loss
    return total, count


def _weight(training: Training, lesson: Lesson, index: int) -> float:
    return lesson.weights[index] * (training.counted[index] if training.counted else 1.0)


def _scale_gradients(training: Training, share: float, longest: float) -> None:
    """Multiply all gradients by a share, or by less where they would be longer than allowed; in one pass."""
    trained = (parameter for group in training.optimizer.param_groups for parameter in group["params"])
    gradients = [parameter.grad for parameter in trained if parameter.grad is not None]
    length = torch.nn.utils.get_total_norm(gradients).item()
    torch._foreach_mul_(gradients, min(share, longest / (length + 1e-12)))


def _pull_to_start(training: Training, strength: float) -> None:
    """Pull weights to where they began (L2-SP, Xuhong et al. 2018), decoupled from Adam's scaling as decay is."""
    if not strength:
        return
    head = f"{training.model.head}."  # it has no pre-trained weights to go back to
    kept = {name: parameter for name, parameter in training.trained().items() if not name.startswith(head)}
    rate = max(group["lr"] for group in training.optimizer.param_groups)
    with torch.no_grad():
        start = [training.start[name] for name in kept]
        torch._foreach_lerp_(list(kept.values()), start, min(1.0, rate * strength))


def _backward(training: Training, lesson: Lesson, indices: Sequence[int]) -> tuple[float, float]:
    """Add the gradient of the summed loss of some rows; returns that sum and the sum of counts."""
    began = time.perf_counter()
    batch = lesson.collate(training.model, lesson.taken(indices, training.epoch))
    mixed = lesson.mix(batch, f"{training.epoch}/{indices[0]}") if lesson.mix is not None else None
    batch = batch if mixed is None else mixed.batch
    training.waited += time.perf_counter() - began
    device = training.accelerator.device
    weights = torch.tensor([_weight(training, lesson, index) for index in indices], device=device)
    with torch.autocast(device.type, torch.bfloat16, enabled=lesson.bf16):
        outputs = call(training.network, batch, device)
    smoothing = lesson.settings.label_smoothing
    if mixed is None:
        losses, counts = lesson.loss(outputs, batch, smoothing)
    else:
        losses, counts = mixed.loss(lesson.loss, outputs, smoothing)
    if training.losses:
        for index, loss in zip(indices, (losses.detach() / counts).tolist(), strict=True):
            training.losses[index] = loss
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
