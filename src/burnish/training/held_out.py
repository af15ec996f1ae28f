"""The mean loss on examples that nothing is learned from."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from burnish.training.batches import reading_batches
from burnish.training.forward import call, device_of, evaluating, units_at_once
from burnish.training.lesson import Lesson
from burnish.training.loop import Training
from burnish.training.memory import in_parts


def mean_loss(training: Training, lesson: Lesson) -> float:
    """The loss per counted unit over all examples of a lesson, without dropout or smoothing.

    Args:
        training: Its model answers; it is left as it is.
        lesson: With at least one example; its precision holds.
    """
    model, examples = training.model, lesson.examples
    device = device_of(model.network)

    def sums(indices: Sequence[int]) -> tuple[float, float]:
        batch = lesson.collate(model, [examples[index] for index in indices])
        losses, counts = lesson.loss(call(model.network, batch, device), batch, 0.0)
        return losses.double().sum().item(), counts.sum().item()

    total, count = 0.0, 0.0
    with (
        evaluating(model.network),
        torch.inference_mode(),
        torch.autocast(device.type, torch.bfloat16, enabled=lesson.bf16),
    ):
        for indices in reading_batches([example["length"] for example in examples], units_at_once(model)):
            for part in in_parts(indices, sums):
                total, count = total + part.result[0], count + part.result[1]
    return total / count
