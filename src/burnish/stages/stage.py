"""What a stage is, and how stages read what the ones before them wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.catalog import get_metric, get_task
from burnish.contracts import (
    Baseline,
    FittedBaseline,
    LoadedModel,
    Metric,
    Prediction,
    Row,
    Rows,
    Targets,
    Task,
)
from burnish.data.digests import source_digest
from burnish.data.rows import PackedRows, packed, read_rows
from burnish.errors import UserError
from burnish.events import Work
from burnish.exporting.manifest import BaseModelNote, Manifest, TargetsForm
from burnish.hardware import computing_device, set_threads
from burnish.language_model import LanguageModel
from burnish.models.sources import BaseModelFolder, model_files_digest, named_folder, resolve_model, weights_digest
from burnish.predictor import UntouchedModel
from burnish.recipe import AUTO, Recipe
from burnish.run_folder import RunFolder, file_digest, read_json

if TYPE_CHECKING:
    from burnish.contracts import FloatArray

# Files and folders that more than one stage knows by name.
LABEL_ROWS_FILE = "label-rows.json"
SCORES_FILE = "scores.json"  # of the baselines, on validation rows
TOGETHER_FILE = "together.json"
REPLAY_FILE, UNLABELLED_FILE = "replay.parquet", "unlabelled.parquet"
PRETRAIN, BASE_FOLDER = "pretrain", "base"
TEST_FILE, SEAL_FILE = "test.parquet", "seal.json"
ADAPTER_FOLDER = "adapter"
MODEL_FOLDER, PROBES_FILE = "model", "probes.json"
SPECIALIST = "specialist"


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One step of the pipeline.

    Attributes:
        name: Also the name of its folder.
        summary: What it does, in a few words, for people who watch.
        reads: Recipe sections and keys that its result depends on (`data`, `evaluate.metric`).
        files: Digests of what it reads outside the run folder, by the recipe key that names it.
        resumes: True where it goes on from its own unfinished files; else they are removed before it runs.
        applies: Whether a recipe asks for it; where it does not, the run is as if there were no such stage.
        run: Does the work and writes into the stage's folder only.
    """

    name: str
    summary: str
    reads: tuple[str, ...]
    run: Callable[[Recipe, RunFolder], Work[None]]
    files: Callable[[Recipe], Mapping[str, str]] = lambda _recipe: {}
    resumes: bool = False
    applies: Callable[[Recipe], bool] = lambda _recipe: True


def data_files(recipe: Recipe) -> dict[str, str]:
    """Digests of the recipe's data."""
    given = {"data.train": recipe.data.train, "data.test": recipe.data.test, "data.replay": recipe.data.replay}
    if recipe.pretraining is not None:
        given["pretraining.data"] = recipe.pretraining.data
    digests = {name: source_digest(source) for name, source in given.items() if source is not None}
    return {name: digest for name, digest in digests.items() if digest}


def outside_files(recipe: Recipe) -> dict[str, str]:
    """Digests of the recipe's data, and of its model where that is a folder."""
    model = named_folder(recipe.model)
    return data_files(recipe) | ({"model": model_files_digest(model)} if model is not None else {})


def masking_files(recipe: Recipe) -> dict[str, str]:
    """The digest of the model that replaces words, where that is a folder."""
    model = named_folder(recipe.augment.masked_model) if recipe.augment is not None else None
    return {"augment.masked-model": model_files_digest(model)} if model is not None else {}


def open_task(recipe: Recipe) -> Task:
    """The recipe's task."""
    return get_task(recipe.task)


def open_rows(folder: RunFolder, part: str) -> PackedRows:
    """Rows of the `train` or `validation` part. The test part is opened by `evaluate` alone, with its seal."""
    if part not in {"train", "validation"}:
        raise ValueError(f"no stage may open the part {part!r} in this way")
    return read_rows(folder.file("split", f"{part}.parquet"))


def sealed_digest(folder: RunFolder) -> str:
    """The sha256 of the test rows, which must be those that were sealed when the data was split; "" before that.

    Raises:
        UserError: The file has changed since.
    """
    if not folder.file("split", SEAL_FILE).is_file():
        return ""
    path = folder.file("split", TEST_FILE)
    digest = file_digest(path)
    if digest != read_json(folder.file("split", SEAL_FILE))["sha256"]:
        raise UserError(
            "the sealed test rows have changed since the split; no score on them can be believed",
            where=str(path),
            fix="Put the file back, or start a new run with --name.",
        )
    return digest


def open_language(task: Task, folder: Path, longest: int) -> LanguageModel:
    """A base folder, opened to go on pre-training it.

    Raises:
        UserError: There is no such thing for this task, or this model has none.
    """
    if task.language is None:
        raise UserError(
            f"models for {task.name} cannot be pre-trained further",
            where="pretraining",
            fix="Leave the section out; every method works without it.",
        )
    return task.language(folder, longest)


def open_unlabelled(folder: RunFolder) -> PackedRows:
    """Rows without targets to pre-train on, where the recipe names any."""
    return _rows_of(folder.file("check", UNLABELLED_FILE))


def open_replay(folder: RunFolder) -> PackedRows:
    """General rows to mix into training, where the recipe names any."""
    return _rows_of(folder.file("check", REPLAY_FILE))


def _rows_of(path: Path) -> PackedRows:
    return read_rows(path) if path.is_file() else packed([])


@dataclass(frozen=True, kw_only=True)
class OpenRun:
    """What stages after `split` work with.

    Attributes:
        recipe: The completed recipe.
        folder: The run folder.
        task: The recipe's task.
        targets: What the training rows say about the values to predict.
        base: The pre-trained model.
        is_adapted: Whether `base` is what the stage `pretrain` made of it, see `adapted`.
    """

    recipe: Recipe
    folder: RunFolder
    task: Task
    targets: Targets
    base: BaseModelFolder
    is_adapted: bool = False

    def adapted(self) -> OpenRun:
        """The same with what `pretrain` made of the pre-trained model, where the recipe asks for that; else itself.

        Raises:
            UserError: The recipe asks for it, and that stage was not run.
        """
        if self.recipe.pretraining is None:
            return self
        folder = self.folder.file(PRETRAIN, BASE_FOLDER)
        if not folder.is_dir():
            raise UserError(
                "the recipe asks for `pretraining`, and that has not been done here",
                where=str(folder),
                fix="`burnish run` does it before training. Or leave the section out.",
            )
        base = replace(self.base, folder=folder, digest=weights_digest(folder))
        return replace(self, base=base, is_adapted=True)

    def untouched(self) -> LoadedModel:
        """The pre-trained model with a new head."""
        return self.task.load(self.base.folder, self.targets, self.recipe.data.longest)

    def features(self) -> UntouchedModel:
        """What gives rows their features by the untouched model, computed once and kept; and its own answers."""

        def load() -> LoadedModel:
            return placed(self.untouched(), self.recipe)

        return UntouchedModel(task=self.task, load=load, digest=self.base.digest, targets=self.targets)

    def loss_statistics(self, model: LoadedModel, rows: Rows, predictions: Sequence[Prediction]) -> FloatArray:
        """What the task's `validation_loss` is a function of, for a network's predictions of rows with targets."""
        if self.task.weigh is not None:
            return self.task.weigh(model, rows, self.targets)
        return self.task.validation_loss.statistics(self.task.truths(rows), predictions, self.targets)

    def baselines(self) -> list[Baseline]:
        """The task's baselines that could answer here, and so were fitted."""
        fitted = read_json(self.folder.file("baseline", SCORES_FILE))
        return [baseline for baseline in self.task.baselines if baseline.name in fitted]

    def baseline(self, name: str) -> FittedBaseline:
        """A fitted baseline of this run."""
        place = self.folder.file("baseline", name)
        return self.described_baseline(name).load(place, self.targets, self.features())

    def described_baseline(self, name: str) -> Baseline:
        """The task's baseline of that name."""
        return next(baseline for baseline in self.task.baselines if baseline.name == name)

    def with_head(self, name: str, scale: float = 1.0) -> LoadedModel | None:
        """The pre-trained model with a baseline's linear layer as its head, or None where it has none.

        Args:
            name: The baseline's.
            scale: Multiplies the layer: below 1, the same answers are given with less certainty.
        """
        model = self.untouched()
        return model if self.put_head(model, self.baseline(name), scale) else None

    def put_head(self, model: LoadedModel, fitted: FittedBaseline, scale: float) -> bool:
        """Put a fitted baseline's linear layer into a model's head; False where it has none."""
        from burnish.training.head import put_head

        if (layer := fitted.head()) is None:
            return False
        put_head(model, *layer, scale=scale)
        return True

    def label_rows(self) -> list[Row]:
        """The rows that the labels' names are, where the baselines found them worth it."""
        used = read_json(self.folder.file("baseline", LABEL_ROWS_FILE))["used"]
        return self.task.label_rows(self.targets) if used else []

    def metric(self) -> Metric:
        """The metric that decides: the recipe's, or the task's choice for these targets."""
        name = self.recipe.evaluate.metric
        return get_metric(self.task, self.task.default_metric(self.targets) if name == AUTO else name)

    def manifest(self, longest: int) -> Manifest:
        """The manifest of a network of this run, to be completed when its files are written."""
        before = ", after continued pre-training" if self.recipe.pretraining is not None else ""
        return Manifest(
            kind="network",
            task=self.task.name,
            method=f"{self.recipe.method.name}{before}",
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
    # In every stage, and not in training alone: results differ in the last bits between numbers of threads.
    set_threads(recipe.training.threads)
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


def placed(model: LoadedModel, recipe: Recipe) -> LoadedModel:
    """The same model, its network moved to where the recipe lets networks compute."""
    model.network.to(computing_device(recipe.training.device))
    return model


def base_note(base: BaseModelFolder) -> BaseModelNote:
    """What a manifest says of the pre-trained model."""
    return BaseModelNote(name=base.name, base=base.base, licence=base.licence, digest=base.digest, origin=base.origin)
