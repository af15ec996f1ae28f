"""From a specialist's folder to predictions: the one path that evaluation, batch and servers share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from burnish.catalog import get_task
from burnish.contracts import Answers, LoadedModel, Prediction, Row, Rows, Targets, Task
from burnish.errors import UserError, did_you_mean
from burnish.exporting.manifest import Manifest, read_manifest
from burnish.exporting.specialist_folder import BASE_FOLDER, BASELINE_FOLDER
from burnish.memory_faults import memory_faults_explained

if TYPE_CHECKING:
    from burnish.contracts import Features, FloatArray

Engine: TypeAlias = Literal["torch", "onnx"]
_AT_ONCE = 4096  # rows that are encoded together


@dataclass(frozen=True, kw_only=True)
class NetworkAnswers:
    """A network that answers through its task's `predict`."""

    task: Task
    model: LoadedModel
    targets: Targets

    def predict(self, rows: Rows) -> list[Prediction]:
        """One prediction per row."""
        return self.task.predict(self.model, rows, self.targets)

    def weigh(self, rows: Rows) -> FloatArray:
        """How probable the right answers are to it."""
        return weighed(self.task, self.model, rows, self.targets)


def weighed(task: Task, model: LoadedModel, rows: Rows, targets: Targets) -> FloatArray:
    """What the task's `weigh` says of a network and rows."""
    if task.weigh is None:
        raise TypeError(f"{task.name} does not weigh answers: its predictions say all there is")
    return task.weigh(model, rows, targets)


@dataclass(frozen=True, kw_only=True)
class UntouchedModel:
    """The untouched model: features of rows, kept in the user's cache where `digest` is given, and its own answers.

    Attributes:
        task: Encodes and collates.
        load: Loads the untouched model; called when the first rows come.
        digest: Digest of its weights; "" computes anew each time.
        targets: What it is to answer with, where its head is not new.
    """

    task: Task
    load: Callable[[], LoadedModel]
    digest: str = ""
    targets: Targets = field(default_factory=Targets)

    @cached_property
    def model(self) -> LoadedModel:
        """The untouched model."""
        return self.load()

    def __call__(self, rows: Rows) -> Features:
        """Features, float32 (rows, width); some rows are encoded at a time, since that takes far more than features."""
        import numpy as np

        parts = [self._features(rows[begin : begin + _AT_ONCE]) for begin in range(0, max(1, len(rows)), _AT_ONCE)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _features(self, rows: Rows) -> Features:
        from burnish.training.features import cached_features
        from burnish.training.forward import head_inputs

        examples = self.task.encode(self.model, rows, Targets())
        if self.digest:
            return cached_features(self.model, examples, self.task.collate, self.digest)
        return head_inputs(self.model, examples, self.task.collate)

    def predict(self, rows: Rows) -> list[Prediction]:
        """Its answers."""
        return self.task.predict(self.model, rows, self.targets)

    def weigh(self, rows: Rows) -> FloatArray:
        """How probable the right answers are to it."""
        return weighed(self.task, self.model, rows, self.targets)


@dataclass(frozen=True, kw_only=True)
class Specialist:
    """An exported specialist, ready to answer.

    Attributes:
        folder: Where it was loaded from.
        manifest: What it is.
        answers: What answers rows.
    """

    folder: Path
    manifest: Manifest
    answers: Answers

    @property
    def task(self) -> Task:
        """The task it does."""
        return get_task(self.manifest.task)

    def predict(self, inputs: Sequence[Any]) -> list[Prediction]:
        """Answer inputs, one prediction each, in order.

        Args:
            inputs: Rows by role ({"text": …}) or by the column names of the training data; or, for a task that needs
                a single input, the bare values ("some text").

        Raises:
            UserError: An input is of no such form, or is empty; or memory is too small.
        """
        rows = [self._row(value, number) for number, value in enumerate(inputs)]
        with memory_faults_explained(str(self.folder)):
            return self.answers.predict(rows)

    def _row(self, value: Any, number: int) -> Row:
        inputs = [column for column in self.task.columns if not column.target]
        needed = [column for column in inputs if not column.optional]
        raw = dict(value) if isinstance(value, dict) else {needed[0].role: value} if len(needed) == 1 else {}
        for column in inputs:
            if column.role not in raw and self.manifest.columns.get(column.role) in raw:
                raw[column.role] = raw[self.manifest.columns[column.role]]
            if column.role not in raw and not column.optional:
                raise UserError(
                    f"input {number} has no {column.role!r}",
                    where=f"input {number}",
                    fix=did_you_mean(column.role, map(str, raw)) or f"Give {column.summary}.",
                )
        read = self.task.read_row({column.role: raw[column.role] for column in inputs if column.role in raw})
        if isinstance(read, str):
            raise UserError(read, where=f"input {number}", fix="Leave it out or fill it in.")
        return read


def load_specialist(folder: Path, engine: Engine = "torch") -> Specialist:
    """Load a specialist and check its files.

    Args:
        folder: A folder with a manifest.json.
        engine: `torch`, or `onnx` where the specialist has that form.

    Raises:
        UserError: There is none, files have changed, it has no ONNX form, or memory is too small.
    """
    manifest = read_manifest(folder)
    task = get_task(manifest.task)
    if engine == "onnx" and (task.onnx is None or not manifest.onnx):
        raise _no_onnx(manifest, folder)
    with memory_faults_explained(str(folder)):
        answers = _answers(folder, manifest, task, engine)
    return Specialist(folder=folder, manifest=manifest, answers=answers)


def engines_of(manifest: Manifest) -> list[Engine]:
    """What can run a specialist that has been written."""
    return ["torch", "onnx"] if manifest.onnx else ["torch"]


def _answers(folder: Path, manifest: Manifest, task: Task, engine: Engine) -> Answers:
    targets = manifest.targets.targets()
    if manifest.kind == "baseline":
        return _baseline_answers(folder, manifest, task, targets)
    model = task.restore(folder, targets, manifest.longest)
    if engine == "onnx" and task.onnx is not None:
        from burnish.exporting.onnx import OnnxNetwork

        model = replace(model, network=OnnxNetwork(folder / manifest.onnx, task.onnx))
    return NetworkAnswers(task=task, model=model, targets=targets)


def _no_onnx(manifest: Manifest, folder: Path) -> UserError:
    kept = f": it is the baseline {manifest.baseline!r}, which is not a network" if manifest.kind == "baseline" else ""
    return UserError(
        f"this specialist has no ONNX form{kept}",
        where=str(folder),
        fix="Use the torch engine: leave out --engine onnx.",
    )


def _baseline_answers(folder: Path, manifest: Manifest, task: Task, targets: Targets) -> Answers:
    baseline = next(baseline for baseline in task.baselines if baseline.name == manifest.baseline)
    untouched = UntouchedModel(
        task=task, load=lambda: task.load(folder / BASE_FOLDER, targets, manifest.longest), targets=targets
    )
    return baseline.load(folder / BASELINE_FOLDER, targets, untouched)
