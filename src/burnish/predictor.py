"""From a specialist's folder to predictions: the one path that evaluation, batch and servers share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from burnish.catalog import get_task
from burnish.contracts import Answers, LoadedModel, Prediction, Row, Rows, Targets, Task
from burnish.errors import UserError, did_you_mean
from burnish.exporting.manifest import Manifest, read_manifest
from burnish.exporting.specialist_folder import BASE_FOLDER, BASELINE_FOLDER

if TYPE_CHECKING:
    from burnish.contracts import Features

Engine: TypeAlias = Literal["torch", "onnx"]


@dataclass(frozen=True, kw_only=True)
class NetworkAnswers:
    """A network that answers through its task's `predict`."""

    task: Task
    model: LoadedModel
    targets: Targets

    def predict(self, rows: Rows) -> list[Prediction]:
        """One prediction per row."""
        return self.task.predict(self.model, rows, self.targets)


@dataclass(frozen=True, kw_only=True)
class UntouchedFeatures:
    """Features of rows by the untouched model, kept in the user's cache where `digest` is given.

    Attributes:
        task: Encodes and collates.
        model: The untouched model.
        digest: Digest of its weights; "" computes anew each time.
    """

    task: Task
    model: LoadedModel
    digest: str = ""

    def __call__(self, rows: Rows) -> Features:
        """Features, float32 (rows, width)."""
        from burnish.training.features import cached_features
        from burnish.training.forward import head_inputs

        examples = self.task.encode(self.model, rows, Targets())
        if self.digest:
            return cached_features(self.model, examples, self.task.collate, self.digest)
        return head_inputs(self.model, examples, self.task.collate)


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
            inputs: Rows by role ({"text": …}) or by the column names of the training data; or, for a task with a
                single input, the bare values ("some text").

        Raises:
            UserError: An input is of no such form, or is empty.
        """
        return self.answers.predict([self._row(value, number) for number, value in enumerate(inputs)])

    def _row(self, value: Any, number: int) -> Row:
        inputs = [column for column in self.task.columns if not column.target]
        raw = dict(value) if isinstance(value, dict) else {inputs[0].role: value} if len(inputs) == 1 else {}
        for column in inputs:
            if column.role not in raw and self.manifest.columns.get(column.role) in raw:
                raw[column.role] = raw[self.manifest.columns[column.role]]
            if column.role not in raw:
                raise UserError(
                    f"input {number} has no {column.role!r}",
                    where=f"input {number}",
                    fix=did_you_mean(column.role, map(str, raw)) or f"Give {column.summary}.",
                )
        row = {column.role: raw[column.role] for column in inputs}
        # A stand-in target lets the task's own reading of rows judge the inputs.
        stand_ins = {column.role: self._stand_in() for column in self.task.columns if column.target}
        read = self.task.read_row(row | stand_ins)
        if isinstance(read, str):
            raise UserError(read, where=f"input {number}", fix="Leave it out or fill it in.")
        return {column.role: read[column.role] for column in inputs}

    def _stand_in(self) -> str:
        return self.manifest.targets.labels[0] if self.manifest.targets.labels else "0"


def load_specialist(folder: Path, engine: Engine = "torch") -> Specialist:
    """Load a specialist and check its files.

    Args:
        folder: A folder with a manifest.json.
        engine: `torch`, or `onnx` where the specialist has that form.

    Raises:
        UserError: There is none, files have changed, or it has no ONNX form.
    """
    manifest = read_manifest(folder)
    task = get_task(manifest.task)
    targets = manifest.targets.targets()
    if manifest.kind == "baseline":
        answers: Answers = _baseline_answers(folder, manifest, task, targets)
    else:
        model = task.restore(folder, targets, manifest.longest)
        answers = NetworkAnswers(task=task, model=_with_engine(model, task, manifest, folder, engine), targets=targets)
    return Specialist(folder=folder, manifest=manifest, answers=answers)


def _with_engine(model: LoadedModel, task: Task, manifest: Manifest, folder: Path, engine: Engine) -> LoadedModel:
    if engine == "torch":
        return model
    if task.onnx is None or not manifest.onnx:
        raise UserError("this specialist has no ONNX form", where=str(folder), fix="Use the torch engine.")
    from burnish.exporting.onnx import OnnxNetwork

    return replace(model, network=OnnxNetwork(folder / manifest.onnx, task.onnx))


def _baseline_answers(folder: Path, manifest: Manifest, task: Task, targets: Targets) -> Answers:
    baseline = next(baseline for baseline in task.baselines if baseline.name == manifest.baseline)

    def features(rows: Rows) -> Features:
        return loaded()(rows)

    def loaded() -> UntouchedFeatures:
        if not kept:
            kept.append(UntouchedFeatures(task=task, model=task.load(folder / BASE_FOLDER, targets, manifest.longest)))
        return kept[0]

    kept: list[UntouchedFeatures] = []
    return baseline.load(folder / BASELINE_FOLDER, targets, features)
