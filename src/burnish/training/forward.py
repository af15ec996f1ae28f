"""Run encoded rows through a network, in batches of similar length, with the results in the rows' order."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from burnish.contracts import Batch, Example, LoadedModel
from burnish.training.batches import reading_batches
from burnish.training.memory import in_parts

UNITS_AT_ONCE = 4096
Collate = Callable[[LoadedModel, Sequence[Example]], Batch]


def forward_rows(model: LoadedModel, examples: Sequence[Example], collate: Collate) -> np.ndarray:
    """The network's outputs for every example, float32 (rows, ...), in fp32 and without gradients.

    Args:
        model: Its network may be torch's or ONNX's.
        examples: Encoded rows with their `length`.
        collate: The task's.
    """

    def outputs(indices: Sequence[int]) -> np.ndarray:
        batch = collate(model, [examples[index] for index in indices])
        return np.asarray(call(model.network, batch).float().cpu().numpy())

    results: list[Any] = [None] * len(examples)
    with evaluating(model.network), torch.inference_mode():
        for indices in reading_batches([example["length"] for example in examples], UNITS_AT_ONCE):
            for part in in_parts(indices, outputs):
                for index, output in zip(part.items, part.result, strict=True):
                    results[index] = output
    return np.stack(results) if results else np.zeros((0, 0), dtype=np.float32)


def call(network: nn.Module, batch: Batch) -> Any:
    """Call a network with the inputs of a batch (all but `targets`), on the network's device."""
    device = device_of(network)
    inputs = {name: tensor.to(device) for name, tensor in batch.items() if name != "targets"}
    return network(**inputs)


def device_of(network: nn.Module) -> torch.device:
    """The device of the network's first parameter; the processor where it has none."""
    return next((parameter.device for parameter in network.parameters()), torch.device("cpu"))


def head_inputs(model: LoadedModel, examples: Sequence[Example], collate: Collate) -> np.ndarray:
    """The features of every example: what flows into the head, float32 (rows, ..., width)."""
    network = HeadInputs(model)
    try:
        return forward_rows(replace(model, network=network), examples, collate)
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
