"""What is learned of conversations, what is answered to them, and how probable their right answers are."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from burnish.contracts import Batch, LoadedModel, Prediction, Rows
from burnish.models.causal_language import NextTokens
from burnish.models.chat_batches import NO_TARGET, collate_conversations, encode_conversations
from burnish.models.chat_template import ChatProcessor
from burnish.models.generation import Written, write_answers
from burnish.predictions import CLOSEST
from burnish.training.batches import reading_batches
from burnish.training.forward import call, device_of, evaluating, units_at_once
from burnish.training.memory import in_parts
from burnish.training.token_losses import token_losses

if TYPE_CHECKING:
    from burnish.contracts import FloatArray

_ANSWERED_AT_ONCE, _UNITS_AT_ONCE = 32, 8192
_MUCH_SHORTER, _WORTH_A_BATCH = 0.6, 4


def conversation_losses(outputs: NextTokens, batch: Batch, label_smoothing: float) -> tuple[Tensor, Tensor]:
    """The summed cross-entropy of the tokens that are learned of every conversation, and how many these are.

    Args:
        outputs: The network's.
        batch: Of `collate_conversations`.
        label_smoothing: Share of each target that is spread over the whole vocabulary.

    Returns:
        float32 (conversations,) and float32 (conversations,).
    """
    device = outputs.states.device
    targets = batch["targets"].to(device)
    learned = targets != NO_TARGET
    if "owners" in batch:
        owners = batch["owners"].to(device)
        count = int(owners.max()) + 1
    else:
        count = len(targets)
        owners = torch.arange(count, device=device).unsqueeze(1).expand_as(targets)
    states, weight = outputs.states[learned], outputs.head.weight
    if outputs.head.bias is not None:  # a bias is the weight of a state that is always 1
        states = torch.cat([states, states.new_ones(len(states), 1)], dim=1)
        weight = torch.cat([weight, outputs.head.bias.unsqueeze(1)], dim=1)
    losses = token_losses(states, weight, targets[learned], smoothing=label_smoothing, precision=outputs.precision)
    empty = losses.new_zeros(count)
    mine = owners[learned]
    return empty.index_add(0, mine, losses), empty.index_add(0, mine, torch.ones_like(losses))


def answer_conversations(model: LoadedModel, rows: Rows) -> list[Prediction]:
    """What the model answers to every conversation: the most probable token each time (greedy), so always the same.

    Args:
        model: A causal language model.
        rows: Rows with `messages`.
    """
    processor: ChatProcessor = model.processor
    room = model.longest - processor.longest_answer
    prompts = [processor.asked(row["messages"], room).ids for row in rows]
    results: list[Prediction | None] = [None] * len(rows)

    def written(numbers: Sequence[int]) -> list[Written]:
        return write_answers(model, [prompts[number] for number in numbers])

    lengths = [len(prompt) + processor.longest_answer for prompt in prompts]
    with evaluating(model.network), torch.inference_mode():
        for numbers in _alike(reading_batches(lengths, _UNITS_AT_ONCE, _ANSWERED_AT_ONCE), prompts):
            for part in in_parts(numbers, written):
                for number, one in zip(part.items, part.result, strict=True):
                    results[number] = _prediction(processor, prompts[number], one)
    return [prediction for prediction in results if prediction is not None]


def weigh_answers(model: LoadedModel, rows: Rows) -> FloatArray:
    """How probable every row's answer is to the model, float64 (rows, 2).

    Returns:
        The negative logarithm of the probability of all its tokens (nats), and how many these are; both 0 where nothing
        of the answer fits in.
    """
    statistics = np.zeros((len(rows), 2))
    examples = encode_conversations(model, rows, last=True)
    device = device_of(model.network)

    def sums(numbers: Sequence[int]) -> list[tuple[float, float]]:
        batch = collate_conversations(model, [examples[number] for number in numbers])
        losses, counts = conversation_losses(call(model.network, batch, device), batch, 0.0)
        return list(zip(losses.tolist(), counts.tolist(), strict=True))

    with evaluating(model.network), torch.inference_mode():
        for numbers in reading_batches([example["length"] for example in examples], units_at_once(model)):
            for part in in_parts(numbers, sums):
                for number, found in zip(part.items, part.result, strict=True):
                    statistics[examples[number]["place"]] = found
    return statistics


def _alike(batches: Sequence[Sequence[int]], prompts: Sequence[Sequence[int]]) -> Iterator[Sequence[int]]:
    """Batches, longest first, cut where prompts get much shorter: padding is computed like everything else."""
    for batch in batches:
        begin = 0
        for place, number in enumerate(batch):
            if len(prompts[number]) < _MUCH_SHORTER * len(prompts[batch[begin]]) and place - begin >= _WORTH_A_BATCH:
                yield batch[begin:place]
                begin = place
        yield batch[begin:]


def _prediction(processor: ChatProcessor, prompt: Sequence[int], written: Written) -> Prediction:
    tokenizer = processor.tokenizer
    mean = written.log_probability / max(1, written.tokens)
    return Prediction(
        value=tokenizer.decode(written.ids, skip_special_tokens=True).strip(),
        confidence=min(1.0, math.exp(mean)),
        scores={"log-probability": mean, "finished": float(written.finished), CLOSEST: written.closest},
        prompt=tokenizer.decode(list(prompt), skip_special_tokens=False),
    )
