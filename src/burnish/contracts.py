"""The types that plug-ins are made of: Task, Method, Baseline, Metric and what passes between them. Types only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from burnish.finding import Finding

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray
    from pydantic import BaseModel

    FloatArray: TypeAlias = NDArray[np.float64]
    Features: TypeAlias = NDArray[np.float32]

Row: TypeAlias = Mapping[str, Any]  # one example by role: {"text": ..., "label": ...}
Rows: TypeAlias = Sequence[Row]
Example: TypeAlias = dict[str, Any]  # one encoded row; "length" is what bucketing sorts by
Batch: TypeAlias = "dict[str, torch.Tensor]"  # what a network is called with, plus "targets"
Json: TypeAlias = Any  # what `json.dumps` takes


@dataclass(frozen=True, kw_only=True)
class Column:
    """A role that a column of the user's data plays in a task.

    Attributes:
        role: The recipe key that names the column (`text`, `label`).
        summary: What the column holds, for help texts.
        target: True for what is to be predicted; it may be absent when predicting.
        usual_names: Column names, folded to lower case, that are taken for this role without asking.
    """

    role: str
    summary: str
    target: bool = False
    usual_names: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Targets:
    """What the training rows say about the values to predict; part of every specialist.

    Attributes:
        labels: Class names in the order of the network's outputs; empty where there are no classes.
        counts: Training rows per label, in the same order.
        descriptions: Words that describe a label better than its name, where the recipe gives them.
    """

    labels: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    descriptions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """One answer.

    Attributes:
        value: The answer: a label, a number, a text.
        confidence: The probability that the answer is right, as the model sees it, in [0, 1].
        scores: Every number behind the answer by name (a probability per label). Parity compares these.
    """

    value: Json
    confidence: float
    scores: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LoadedModel:
    """A network in memory and all that methods may know of it. Names are dotted paths of modules in `network`.

    Attributes:
        network: Called with a batch; returns the outputs that the task's `loss` and `predict` read.
        processor: Turns raw input into what the network takes (a tokenizer).
        head: The linear layer that is new for the task; what flows into it are the features.
        blocks: The repeated layers from the input upward; freezing counts them.
        adaptable: The linear layers inside the blocks, where adapters may go.
        embeddings: The token embedding, or "" where there is none.
        longest: Most units that one input may have; longer input is cut.
        unit: What lengths are counted in (`tokens`).
    """

    network: torch.nn.Module
    processor: Any
    head: str
    blocks: tuple[str, ...]
    adaptable: tuple[str, ...]
    embeddings: str
    longest: int
    unit: str = "tokens"


class Answers(Protocol):
    """Anything that answers rows: a specialist, a baseline, the untouched model."""

    def predict(self, rows: Rows) -> list[Prediction]:
        """One prediction per row, in order."""
        ...


class FittedBaseline(Answers, Protocol):
    """A baseline that has learned; plain arrays and JSON on disk."""

    def save(self, folder: Path) -> None:
        """Write all that `Baseline.load` needs into an existing folder."""
        ...

    def head(self) -> tuple[Features, Features] | None:
        """Weight (classes, width) and bias (classes,) of an equal linear head on the features, or None."""
        ...


FeatureFunction: TypeAlias = "Callable[[Rows], Features]"  # rows -> (rows, width) of the untouched model


@dataclass(frozen=True, kw_only=True)
class BaselineInputs:
    """What a baseline learns from. `features` is computed once and shared."""

    train: Rows
    validation: Rows
    targets: Targets
    features: FeatureFunction
    seed: int


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """A cheap answer to the same question.

    Attributes:
        uses_features: True where predicting needs the untouched pre-trained model.
    """

    name: str
    summary: str
    uses_features: bool
    fit: Callable[[BaselineInputs], FittedBaseline]
    load: Callable[[Path, Targets, FeatureFunction], FittedBaseline]


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A score that is a function of sums over rows, so that intervals and paired tests are matrix products.

    Attributes:
        statistics: (truths, predictions, targets) -> float64 (rows, k), the sufficient statistics of each row.
        value: Sums over rows, float64 (..., k) -> scores (...).
        share: True where scores are shares in [0, 1], shown as percent and compared in percentage points.
        paired_test: `mcnemar` where each row is right (first statistic 1) or wrong (0), else `bootstrap`.
    """

    name: str
    summary: str
    statistics: Callable[[Sequence[Json], Sequence[Prediction], Targets], FloatArray]
    value: Callable[[FloatArray], FloatArray]
    higher_is_better: bool = True
    share: bool = True
    paired_test: Literal["mcnemar", "bootstrap"] = "bootstrap"


@dataclass(frozen=True, kw_only=True)
class ParameterGroup:
    """Parameters (by full name) that train together; `rate` multiplies the learning rate, `decay` the weight decay."""

    names: tuple[str, ...]
    rate: float = 1.0
    decay: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Method:
    """A way to change weights. It sees a LoadedModel and never a task.

    Attributes:
        settings: The method's own recipe keys, a pydantic model with defaults.
        refuse: A sentence that says why not and what to use instead, or "".
        prepare: Changes the model in place where needed and names what trains; all else is frozen.
        finish: Makes the trained network plain again (merges adapters), for export.
    """

    name: str
    summary: str
    settings: type[BaseModel]
    refuse: Callable[[LoadedModel, Any], str]
    prepare: Callable[[LoadedModel, Any], tuple[ParameterGroup, ...]]
    finish: Callable[[LoadedModel], LoadedModel]


@dataclass(frozen=True, kw_only=True)
class OnnxForm:
    """How a network is written as ONNX: input names with their free dimensions, and the output's name."""

    inputs: Mapping[str, tuple[str, ...]]  # {"input_ids": ("rows", "tokens")}
    output: str


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a specialist does, end to end. Every stage works through these fields and asks for nothing else."""

    name: str
    summary: str
    columns: tuple[Column, ...]
    read_row: Callable[[Row], Row | str]  # raw values by role -> clean row, or the reason to drop it
    examine: Callable[[Rows], list[Finding]]  # task-level findings; UserError where training makes no sense
    truths: Callable[[Rows], list[Json]]  # the right answer to each row, as `Prediction.value` would give it
    strata: Callable[[Rows], list[str]]  # what each row is to be balanced by when splitting
    targets: Callable[[Rows, Mapping[str, str]], Targets]
    load: Callable[[Path, Targets, int], LoadedModel]  # base folder, targets, longest input (0: the model's own)
    save: Callable[[LoadedModel, Path], None]  # plain files that libraries other than burnish can read
    restore: Callable[[Path, Targets, int], LoadedModel]  # what `save` wrote
    lengths: Callable[[LoadedModel, Rows], list[int]]  # units before cutting
    encode: Callable[[LoadedModel, Rows, Targets], list[Example]]
    collate: Callable[[LoadedModel, Sequence[Example]], Batch]
    loss: Callable[[Any, Batch, float], tuple[torch.Tensor, torch.Tensor]]  # label smoothing -> row losses, counts
    predict: Callable[[LoadedModel, Rows, Targets], list[Prediction]]
    calibrate: Callable[[LoadedModel, Rows, Targets], dict[str, float]]  # in place, on validation rows
    metrics: tuple[Metric, ...]
    default_metric: Callable[[Targets], str]
    validation_loss: Metric  # decides between checkpoints that score the same, and shows overfitting
    baselines: tuple[Baseline, ...]
    start: str  # the baseline whose head training starts from, or ""
    panels: Callable[[Rows, Sequence[Prediction], Targets], list[dict[str, Json]]]  # see panels.py
    onnx: OnnxForm | None
    usage: Callable[[LoadedModel, str], str]  # Python lines that use what `save` wrote, in a folder, without burnish
