"""The types that plug-ins are made of: Task, Baseline, Metric and what passes between them. Types only.

Methods have a file of their own, `method_contract.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, runtime_checkable

from burnish.finding import Finding

if TYPE_CHECKING:
    import numpy as np
    import torch

    from burnish.language_model import LanguageModel

    FloatArray: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
    Features: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]

Row: TypeAlias = Mapping[str, Any]  # one example by role: {"text": ..., "label": ...}
Rows: TypeAlias = Sequence[Row]
# One encoded row, or a part of a long one: "row" is the row's number, "length" is what bucketing sorts by, and "units",
# where the head answers units (see `LoadedModel.by_unit`), the positions whose answers count.
Example: TypeAlias = dict[str, Any]
Batch: TypeAlias = "dict[str, torch.Tensor]"  # what a network is called with, plus "targets"
Json: TypeAlias = Any  # what `json.dumps` takes
# Rows -> (rows, width) of the untouched model; or, where its head answers units, (units of all rows in order, width).
FeatureFunction: TypeAlias = "Callable[[Rows], Features]"


@dataclass(frozen=True, kw_only=True)
class Column:
    """A role that a column of the user's data plays in a task."""

    role: str  # the recipe key that names the column (`text`, `label`)
    summary: str  # what the column holds, for help texts
    target: bool = False  # what is to be predicted; it may be absent when predicting
    optional: bool = False  # an input that data may lack; only its usual names are taken for it without asking
    # Of its cells: text, label, number, image, audio (files), spans, messages, answer (to write); checks go by it
    kind: str = "text"
    usual_names: tuple[str, ...] = ()  # lower-case column names that are taken for this role without asking


@dataclass(frozen=True, kw_only=True)
class Targets:
    """What the training rows say about the values to predict; part of every specialist."""

    labels: tuple[str, ...] = ()  # names of classes or of kinds of spans, in a fixed order; empty where there are none
    counts: tuple[int, ...] = ()  # how often each label occurs in the training rows, in the same order
    descriptions: Mapping[str, str] = field(default_factory=dict)  # better words than a label's name, from the recipe
    statistics: Mapping[str, float] = field(default_factory=dict)  # of numbers to predict: mean, spread, low, high
    prompt: str = ""  # what a model that is talked to is told before every conversation, from the recipe


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """One answer."""

    value: Json  # a label, a number, a text, a list of spans
    confidence: float  # the probability that the answer is right, as the model sees it, in [0, 1]
    scores: Mapping[str, float] = field(default_factory=dict)  # every number behind it by name; parity compares these
    detail: Json = None  # the answer with all that people want to see of it, where `value` is bare
    interval: tuple[float, float] | None = None  # for a number: holds the truth with the probability `confidence`
    prompt: str = ""  # of a text that was written: all that the model was given to go on from


@dataclass(frozen=True, kw_only=True)
class OwnClasses:
    """The classes that a model was pre-trained to tell apart, by a linear layer on its features."""

    names: tuple[str, ...]
    weight: Features  # float32 (classes, width)
    bias: Features  # float32 (classes,)


@dataclass(frozen=True, kw_only=True)
class LoadedModel:
    """A network in memory and all that methods may know of it. Names are dotted paths of modules in `network`."""

    network: torch.nn.Module  # called with a batch; returns the outputs that the task's `loss` and `predict` read
    processor: Any  # turns raw input into what the network takes (a tokenizer)
    body: str  # the pre-trained network inside: a library's own module, which adapters may wrap
    head: str  # the linear layer that is new for the task; what flows into it are the features
    blocks: tuple[str, ...]  # the repeated layers from the input upward; freezing counts them
    adaptable: tuple[str, ...]  # the linear layers inside the blocks, in the order of use, where adapters may go
    embeddings: str  # the token embedding, or "" where there is none
    longest: int  # most units that one input may have; longer input is cut, or read in windows where `by_unit`
    unit: str = "tokens"  # what lengths are counted in
    by_unit: bool = False  # the head answers every unit of an input, and not the input as a whole
    generates: bool = False  # it writes text, with the head that it was pre-trained with: nothing in it is new
    own_classes: OwnClasses | None = None  # what it could tell apart before, where that is known by name


class Answers(Protocol):
    """Anything that answers rows: a specialist, a baseline, the untouched model."""

    def predict(self, rows: Rows) -> list[Prediction]:
        """One prediction per row, in order."""


@runtime_checkable
class Weighs(Protocol):
    """What can say how probable right answers are to it."""

    def weigh(self, rows: Rows) -> FloatArray:
        """See `Task.weigh`."""


class Untouched(Weighs, Answers, Protocol):
    """The untouched pre-trained model, as baselines may use it. Called with rows, it gives their features."""

    def __call__(self, rows: Rows) -> Features:
        """See `FeatureFunction`."""


class FittedBaseline(Answers, Protocol):
    """A baseline that has learned; plain arrays and JSON on disk."""

    def save(self, folder: Path) -> None:
        """Write all that `Baseline.load` needs into an existing folder."""

    def head(self) -> tuple[Features, Features] | None:
        """Weight (classes, width) and bias (classes,) of an equal linear head on the features, or None."""


@dataclass(frozen=True, kw_only=True)
class BaselineInputs:
    """What a baseline learns from. `features` is computed once and shared."""

    train: Rows
    validation: Rows
    targets: Targets
    features: Untouched
    seed: int
    own_classes: OwnClasses | None = None  # of the untouched model


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """A cheap answer to the same question."""

    name: str
    summary: str
    uses_features: bool  # whether predicting needs the features of the untouched pre-trained model
    fit: Callable[[BaselineInputs], FittedBaseline]
    load: Callable[[Path, Targets, Untouched], FittedBaseline]
    asks_model: bool = False  # whether predicting needs the untouched model's own answers
    applies: Callable[[BaselineInputs], bool] | None = None  # whether it can answer at all; None: always
    scales: bool = False  # whether less of its linear layer gives the same answers, only less surely


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A score that is a function of sums over rows, so that intervals and paired tests are matrix products.

    One that needs ranks is a function of how often each row counts instead: `weighted` stands for `value`.
    """

    name: str
    summary: str
    statistics: Callable[[Sequence[Json], Sequence[Prediction], Targets], FloatArray]  # of every row, (rows, k)
    value: Callable[[FloatArray], FloatArray] | None = None  # sums over rows, float64 (..., k) -> scores (...)
    weighted: Callable[[FloatArray, FloatArray], FloatArray] | None = None  # statistics, weights (..., rows) -> (...)
    higher_is_better: bool = True
    share: bool = True  # scores are shares in [0, 1], shown as percent and compared in percentage points
    relative: bool = False  # the least gain is a share of the best baseline's score: errors in a unit of their own
    paired_test: Literal["mcnemar", "bootstrap"] = "bootstrap"  # mcnemar: the first statistic is 1 (right) or 0


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
    read_row: Callable[[Row], Row | str]  # raw values by role, with or without targets -> clean row, or why to drop it
    examine: Callable[[Rows], list[Finding]]  # task-level findings; UserError where training makes no sense
    truths: Callable[[Rows], list[Json]]  # the right answer to each row, as `Prediction.value` would give it
    strata: Callable[[Rows], list[str]]  # what each row is to be balanced by when splitting
    targets: Callable[[Rows, Mapping[str, str]], Targets]
    label_rows: Callable[[Targets], list[Row]]  # rows that the labels' names or descriptions are by themselves, or []
    load: Callable[[Path, Targets, int], LoadedModel]  # base folder, targets, longest input (0: the model's own)
    save: Callable[[LoadedModel, Path], None]  # plain files that libraries other than burnish can read
    restore: Callable[[Path, Targets, int], LoadedModel]  # what `save` wrote
    lengths: Callable[[LoadedModel, Rows], list[int]]  # units before cutting
    encode: Callable[[LoadedModel, Rows, Targets], list[Example]]  # in the order of rows, one or more for each
    collate: Callable[[LoadedModel, Sequence[Example]], Batch]
    loss: Callable[[Any, Batch, float], tuple[torch.Tensor, torch.Tensor]]  # label smoothing -> row losses, counts
    predict: Callable[[LoadedModel, Rows, Targets], list[Prediction]]
    calibrate: Callable[[LoadedModel, Rows, Targets], dict[str, float]]  # in place, on validation rows
    metrics: tuple[Metric, ...]
    default_metric: Callable[[Targets], str]
    validation_loss: Metric  # shows overfitting, and whether the names of labels help as rows
    baselines: tuple[Baseline, ...]
    start: str  # the baseline whose head training starts from, or ""
    panels: Callable[[Rows, Sequence[Prediction], Targets], list[dict[str, Json]]]  # see panels.py
    onnx: OnnxForm | None
    usage: Callable[[LoadedModel, str], str]  # Python lines that use what `save` wrote, in a folder, without burnish
    label_sets: Callable[[Rows], list[frozenset[str]]] | None = None  # strata where a row may have several, or none
    explain: Callable[[LoadedModel, Rows, Sequence[Prediction], Targets], list[dict[str, Json]]] | None = (
        None  # panels too
    )
    language: Callable[[Path, int], LanguageModel] | None = None  # opens a base folder to go on pre-training it
    usual_method: str = ""  # where the recipe leaves the method open; "": what suits the rows and the model
    inspect: Callable[[LoadedModel, Rows], list[Finding]] | None = None  # what only the model can tell of the rows
    # How probable the right answers are to a network, where predictions do not tell it: what `validation_loss` and
    # `weighed` are functions of, (rows, k)
    weigh: Callable[[LoadedModel, Rows, Targets], FloatArray] | None = None
    weighed: tuple[Metric, ...] = ()  # scores of the systems that can weigh answers
    # Panels of the answers of all systems, by name, beside each other; the first is the specialist, then the best other
    side_by_side: Callable[[Rows, Mapping[str, Sequence[Prediction]]], list[dict[str, Json]]] | None = None
