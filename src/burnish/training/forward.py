"""Run encoded rows through a network, in batches of similar length, with the results in the rows' order."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from burnish.contracts import Batch, Example, LoadedModel
from burnish.training.batches import reading_batches
from burnish.training.memory import in_parts

TOKENS = "tokens"
UNITS_PER_THREAD, MOST_UNITS = 1024, 4096
MOST_PADDING = 16  # tokens of MiniLM in ONNX Runtime that take as long as reading its weights once more
Collate = Callable[[LoadedModel, Sequence[Example]], Batch]


def forward_rows(model: LoadedModel, examples: Sequence[Example], collate: Collate) -> np.ndarray:
    """The network's outputs, in fp32 and without gradients.

    Args:
        model: Its network may be torch's or ONNX's.
        examples: Encoded rows with their `length`, and with their `units` where the head answers units.
        collate: The task's.

    Returns:
        float32 (rows, ...); where the head answers units, (units, ...): those of all examples, in order.
    """
    results = forward_each(model, examples, collate)
    if not model.by_unit:
        return np.stack(results) if results else np.zeros((0, 0), dtype=np.float32)
    return chosen_units(results, examples)


def chosen_units(states: Sequence[np.ndarray], examples: Sequence[Example]) -> np.ndarray:
    """Of the states of every position of every example, those at its `units`, float32 (units of all examples, ...)."""
    chosen = [of_one[example["units"]] for of_one, example in zip(states, examples, strict=True)]
    return np.concatenate(chosen) if chosen else np.zeros((0, 0), dtype=np.float32)


def forward_each(model: LoadedModel, examples: Sequence[Example], collate: Collate) -> list[np.ndarray]:
    """The outputs of every example, float32: (...), or (padded length, ...) where the head answers units."""
    device = device_of(model.network)

    def outputs(indices: Sequence[int]) -> np.ndarray:
        batch = collate(model, [examples[index] for index in indices])
        return np.asarray(call(model.network, batch, device).float().cpu().numpy())

    results: list[Any] = [None] * len(examples)
    with evaluating(model.network), torch.inference_mode():
        units, padding = units_at_once(model), padding_at_once(model)
        for indices in reading_batches([example["length"] for example in examples], units, most_padding=padding):
            for part in in_parts(indices, outputs):
                for index, output in zip(part.items, part.result, strict=True):
                    results[index] = output
    return results


def units_at_once(model: LoadedModel) -> int:
    """Padded units to read in one pass: of tokens, on a processor, as many as its caches hold; it is faster so."""
    device = device_of(model.network)
    if device.type != "cpu":
        return 4 * MOST_UNITS
    return min(MOST_UNITS, UNITS_PER_THREAD * torch.get_num_threads()) if model.unit == TOKENS else MOST_UNITS


def padding_at_once(model: LoadedModel) -> int:
    """Padding to accept in one pass: of tokens, on a processor, as much as another pass costs; else any."""
    cut = model.unit == TOKENS and device_of(model.network).type == "cpu"
    return MOST_PADDING if cut else sys.maxsize


def units_to_learn(model: LoadedModel) -> int:
    """Padded units to learn from in one pass: of tokens, a processor takes what its caches hold, and little memory."""
    cut = model.unit == TOKENS and device_of(model.network).type == "cpu"
    return UNITS_PER_THREAD // 2 * torch.get_num_threads() if cut else sys.maxsize


def call(network: nn.Module, batch: Batch, device: torch.device | None = None) -> Any:
    """Call a network with the inputs of a batch (all but `targets`), on its device, which takes time to look up."""
    device = device or device_of(network)
    inputs = {name: tensor.to(device) for name, tensor in batch.items() if name != "targets"}
    return network(**inputs)


def device_of(network: nn.Module) -> torch.device:
    """The device of the network's first parameter; the processor where it has none."""
    return next((parameter.device for parameter in network.parameters()), torch.device("cpu"))


def head_inputs(model: LoadedModel, examples: Sequence[Example], collate: Collate) -> np.ndarray:
    """The features: what flows into the head, float32 (rows, width); or (units of all examples, width)."""
    with _answering_features(model) as features:
        return forward_rows(features, examples, collate)


def head_inputs_each(model: LoadedModel, examples: Sequence[Example], collate: Collate) -> list[np.ndarray]:
    """What flows into the head for every example, float32: (width,), or (length, width) where it answers units."""
    with _answering_features(model) as features:
        found = forward_each(features, examples, collate)
    return [of_one[: e["length"]] if model.by_unit else of_one for of_one, e in zip(found, examples, strict=True)]


@contextlib.contextmanager
def _answering_features(model: LoadedModel) -> Iterator[LoadedModel]:
    network = HeadInputs(model)
    try:
        yield replace(model, network=network)
    finally:
        network.remove()


class HeadInputs(nn.Module):
    """A network that answers with what flows into its head; gradients pass.

    Args:
        model: Its network does the work; a hook stays in it until `remove`.
    """

    def __init__(self, model: LoadedModel) -> None:
        super().__init__()
        self.network = model.network
        self._caught: list[Tensor] = []
        self._hook = model.network.get_submodule(model.head).register_forward_pre_hook(self._catch)

    def _catch(self, _head: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        self._caught.append(inputs[0])

    def forward(self, **batch: Tensor) -> Tensor:
        """What flows into the head, float (rows, ..., width)."""
        self._caught.clear()
        self.network(**batch)
        return self._caught.pop()

    def remove(self) -> None:
        """Take the hook out of the network."""
        self._hook.remove()


@contextlib.contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Switch dropout and the like off, and back to what it was."""
    before = [(module, module.training) for module in network.modules()]  # parts may be at rest while others train
    network.eval()
    try:
        yield
    finally:
        for module, training in before:
            module.training = training
