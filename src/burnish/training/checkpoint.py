"""Save and restore what moves while training, so that a killed run goes on to the same weights, bit for bit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from burnish.run_folder import atomic_path
from burnish.training.loop import Training
from burnish.training.random_state import random_states, restore_random_states

_PROGRESS = "progress"
_COUNTERS = ("epoch", "position", "step", "largest_part", "averaged")
_BY_EXAMPLE = ("losses", "counted")


def save_checkpoint(path: Path, training: Training, notes: dict[str, Any]) -> None:
    """Write weights, optimiser state, random state and position into one safetensors file, atomically.

    Args:
        path: The file; replaced in one step.
        training: What to save.
        notes: JSON-able facts of whoever drives the loop (history, best score); returned by `load_checkpoint`.
    """
    tensors = {f"weight/{name}": p.detach().contiguous() for name, p in training.trained().items()}
    for name, state in _optimizer_states(training).items():
        tensors |= {f"optimizer/{name}/{key}": _tensor(value) for key, value in state.items()}
    tensors |= {f"average/{name}": mean.contiguous() for name, mean in training.average.items()}
    tensors |= {f"random/{name}": state for name, state in random_states().items()}
    tensors |= {f"example/{name}": torch.tensor(getattr(training, name), dtype=torch.float64) for name in _BY_EXAMPLE}
    progress = {name: getattr(training, name) for name in _COUNTERS} | {"notes": notes}
    with atomic_path(path) as temporary:
        save_file(tensors, temporary, metadata={_PROGRESS: json.dumps(progress)})


def save_weights(path: Path, training: Training) -> None:
    """Write the parameters that train, and nothing else, atomically."""
    tensors = {name: p.detach().contiguous() for name, p in training.trained().items()}
    with atomic_path(path) as temporary:
        save_file(tensors, temporary)


def load_weights(path: Path, training: Training) -> None:
    """Read what `save_weights` wrote into the parameters that train."""
    tensors = load_file(path)
    with torch.no_grad():
        for name, parameter in training.trained().items():
            parameter.copy_(tensors[name])


def load_checkpoint(path: Path, training: Training) -> dict[str, Any] | None:
    """Bring `training` to where the checkpoint was taken.

    Returns:
        The notes that were saved with it, or None where there is no readable checkpoint of these parameters.
    """
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
            progress = json.loads(file.metadata()[_PROGRESS])
    except (SafetensorError, OSError, KeyError, ValueError):
        return None
    trained = training.trained()
    if {f"weight/{name}" for name in trained} != {name for name in tensors if name.startswith("weight/")}:
        return None
    with torch.no_grad():
        for name, parameter in trained.items():
            parameter.copy_(tensors[f"weight/{name}"])
    _restore_optimizer(training, tensors)
    training.average = {
        name: tensors[f"average/{name}"].to(parameter.device)
        for name, parameter in trained.items()
        if f"average/{name}" in tensors
    }
    prefix = "random/"
    restore_random_states({k.removeprefix(prefix): state for k, state in tensors.items() if k.startswith(prefix)})
    for name in _BY_EXAMPLE:
        setattr(training, name, tensors[f"example/{name}"].tolist() if f"example/{name}" in tensors else [])
    for name in _COUNTERS:
        setattr(training, name, progress[name])
    notes: dict[str, Any] = progress["notes"]
    return notes


def _optimizer_states(training: Training) -> dict[str, dict[str, Any]]:
    names = {id(parameter): name for name, parameter in training.trained().items()}
    return {names[id(parameter)]: state for parameter, state in training.optimizer.state.items()}


def _restore_optimizer(training: Training, tensors: dict[str, Tensor]) -> None:
    for name, parameter in training.trained().items():
        prefix = f"optimizer/{name}/"
        saved = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
        if saved:
            training.optimizer.state[parameter] = {
                key: value if key == "step" else value.to(parameter.device) for key, value in saved.items()
            }


def _tensor(value: Any) -> Tensor:
    return (value.detach() if isinstance(value, Tensor) else torch.tensor(value)).contiguous()
