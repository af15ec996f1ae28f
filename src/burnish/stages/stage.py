"""What a stage is, and how stages read what the ones before them wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from burnish.catalog import get_metric, get_task
from burnish.contracts import Baseline, FittedBaseline, LoadedModel, Metric, Targets, Task
from burnish.data.rows import read_rows
from burnish.errors import UserError
from burnish.events import Work
from burnish.exporting.manifest import BaseModelNote, Manifest, TargetsForm
from burnish.models.sources import BaseModelFolder, resolve_model
from burnish.predictor import UntouchedFeatures
from burnish.recipe import AUTO, Recipe
from burnish.run_folder import RunFolder, file_digest, read_json

# Files and folders that more than one stage knows by name.
TEST_FILE, SEAL_FILE = "test.parquet", "seal.json"
MODEL_FOLDER, PROBES_FILE = "model", "probes.json"
SPECIALIST = "specialist"


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One step of the pipeline.

    Attributes:
        name: Also the name of its folder.
        summary: What it does, in a few words, for people who watch.
        reads: Recipe sections and keys that its result depends on (`data`, `evaluate.metric`).
        files: Files outside the run folder that its result depends on, by name.
        resumes: True where it goes on from its own unfinished files; else they are removed before it runs.
        run: Does the work and writes into the stage's folder only.
    """

    name: str
    summary: str
    reads: tuple[str, ...]
    run: Callable[[Recipe, RunFolder], Work[None]]
    files: Callable[[Recipe], Mapping[str, str]] = lambda _recipe: {}
    resumes: bool = False


def data_files(recipe: Recipe) -> dict[str, str]:
    """Digests of the recipe's data files."""
    given = {"data.train": recipe.data.train, "data.test": recipe.data.test}
    return {name: file_digest(path) for name, path in given.items() if path is not None and path.is_file()}


def open_task(recipe: Recipe) -> Task:
    """The recipe's task."""
    return get_task(recipe.task)


def open_rows(folder: RunFolder, part: str) -> list[dict[str, Any]]:
    """Rows of the `train` or `validation` part. The test part is opened by `evaluate` alone, with its seal."""
    if part not in {"train", "validation"}:
        raise ValueError(f"no stage may open the part {part!r} in this way")
    return read_rows(folder.file("split", f"{part}.parquet"))


@dataclass(frozen=True, kw_only=True)
class OpenRun:
    """What stages after `split` work with.

    Attributes:
        recipe: The completed recipe.
        folder: The run folder.
        task: The recipe's task.
        targets: What the training rows say about the values to predict.
        base: The pre-trained model.
    """

    recipe: Recipe
    folder: RunFolder
    task: Task
    targets: Targets
    base: BaseModelFolder

    def untouched(self) -> LoadedModel:
        """The pre-trained model with a new head."""
        return self.task.load(self.base.folder, self.targets, self.recipe.data.longest)

    def features(self) -> UntouchedFeatures:
        """What gives rows their features by the untouched model, computed once and kept."""
        return UntouchedFeatures(task=self.task, model=self.untouched(), digest=self.base.digest)

    def baseline(self, name: str) -> FittedBaseline:
        """A fitted baseline of this run."""
        place = self.folder.file("baseline", name)
        return self.described_baseline(name).load(place, self.targets, self.features())

    def described_baseline(self, name: str) -> Baseline:
        """The task's baseline of that name."""
        return next(baseline for baseline in self.task.baselines if baseline.name == name)

    def with_head(self, name: str) -> LoadedModel | None:
        """The pre-trained model with a baseline's linear layer as its head, or None where it has none."""
        import torch

        if (layer := self.baseline(name).head()) is None:
            return None
        model = self.untouched()
        head: Any = model.network.get_submodule(model.head)
        with torch.no_grad():
            head.weight.copy_(torch.from_numpy(layer[0]))
            head.bias.copy_(torch.from_numpy(layer[1]))
        return model

    def metric(self) -> Metric:
        """The metric that decides: the recipe's, or the task's choice for these targets."""
        name = self.recipe.evaluate.metric
        return get_metric(self.task, self.task.default_metric(self.targets) if name == AUTO else name)

    def manifest(self, longest: int) -> Manifest:
        """The manifest of a network of this run, to be completed when its files are written."""
        return Manifest(
            kind="network",
            task=self.task.name,
            method=self.recipe.method.name,
            columns=self.recipe.data.columns,
            targets=TargetsForm.of(self.targets),
            longest=longest,
            base=base_note(self.base),
        )


def open_run(recipe: Recipe, folder: RunFolder) -> Work[OpenRun]:
    """Open what the run has so far.

    Raises:
        UserError: The pre-trained model is not the one that the run began with, or cannot be found any more.
    """
    base = yield from resolve_model(recipe.model)
    noted = BaseModelNote.model_validate(read_json(folder.file("check", "model.json")))
    if base.digest != noted.digest:
        raise UserError(
            f"the weights of {recipe.model!r} are not those that this run began with",
            where=str(base.folder),
            fix="Put the first ones back, or start a new run with --name.",
        )
    targets = TargetsForm.model_validate(read_json(folder.file("split", "targets.json"))).targets()
    return OpenRun(recipe=recipe, folder=folder, task=open_task(recipe), targets=targets, base=base)


def base_note(base: BaseModelFolder) -> BaseModelNote:
    """What a manifest says of the pre-trained model."""
    return BaseModelNote(name=base.name, base=base.base, licence=base.licence, digest=base.digest, origin=base.origin)
