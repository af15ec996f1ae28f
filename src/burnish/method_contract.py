"""The types that methods are made of: what trains, on which objective, and how. Types only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burnish.contracts import Json, LoadedModel

if TYPE_CHECKING:
    import torch
    from pydantic import BaseModel


@dataclass(frozen=True, kw_only=True)
class ParameterGroup:
    """Parameters (by full name) that train together."""

    names: tuple[str, ...]
    rate: float = 1.0  # multiplies the learning rate
    decay: float = 1.0  # multiplies the weight decay
    begin: int = 0  # the epoch (from 0) that they train from; before it they rest


@dataclass(frozen=True, kw_only=True)
class Objective:
    """What a method trains on in place of the task's loss: which rows belong together, seen in their features.

    `loss` takes features (rows, width) and strata int64 (rows,), and gives losses and counts, float (rows,).
    """

    batches: Callable[[Sequence[int], int, int, int], list[list[int]]]  # strata, batch size, seed, epoch -> positions
    loss: Callable[[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]


@dataclass(frozen=True, kw_only=True)
class Method:
    """A way to change weights. It sees a LoadedModel and never a task."""

    name: str
    summary: str
    settings: type[BaseModel]  # its own recipe keys, with defaults
    defaults: Mapping[str, Json]  # its own defaults for keys of `training`, chosen by measurement
    refuse: Callable[[LoadedModel, Any], str]  # a sentence that says why not and what to use instead, or ""
    prepare: Callable[[LoadedModel, Any], tuple[LoadedModel, tuple[ParameterGroup, ...]]]  # in place; rest is frozen
    finish: Callable[[LoadedModel], LoadedModel]  # makes the trained network plain again (merges adapters), for export
    keep: Callable[[LoadedModel, Path], None] | None = None  # writes what it added, alone, into a folder
    objective: Callable[[Any], Objective] | None = None  # its own objective; the head is then fitted to the features
