"""Training as it is set up for a recipe: the model, the method, what is learned from, and how it is validated."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from burnish.contracts import BaselineInputs, Example, FittedBaseline, LoadedModel, Row, Rows, Task
from burnish.data.rows import ROW
from burnish.errors import UserError
from burnish.events import Note, Work
from burnish.hardware import cores
from burnish.method_contract import Method, ParameterGroup
from burnish.metrics.intervals import score_rows, standard_error
from burnish.predictor import UntouchedModel
from burnish.recipe import Recipe
from burnish.section import kebab
from burnish.stages.augmentation import open_augmentation
from burnish.stages.stage import OpenRun, open_replay, open_rows
from burnish.stages.warm_start import warm_weights

if TYPE_CHECKING:
    from burnish.training.lesson import Lesson
    from burnish.training.loop import Training


@dataclass(kw_only=True)
class Session:
    """Training as it is set up for this recipe."""

    opened: OpenRun
    model: LoadedModel
    method: Method
    training: Training
    lesson: Lesson
    train: Rows
    validation: Rows
    trained_parameters: int
    augmentation: Mapping[str, Any]

    def validate(self) -> dict[str, float]:
        """Score, its standard error, and loss on the validation rows, of the averaged weights where there are any."""
        import torch

        task, targets = self.opened.task, self.opened.targets
        if self.method.objective is not None:
            self._fit_head()
        with torch.autocast(self.training.accelerator.device.type, torch.bfloat16, enabled=self.lesson.bf16):
            predictions = task.predict(self.model, self.validation, targets)
            losses = self.opened.loss_statistics(self.model, self.validation, predictions)
        metric = self.opened.metric()
        statistics = metric.statistics(task.truths(self.validation), predictions, targets)
        return {
            "score": score_rows(metric, statistics),
            "error": standard_error(metric, statistics, self.opened.recipe.seed),
            "loss": score_rows(task.validation_loss, losses),
        }

    def _fit_head(self) -> None:
        """Fit the head anew to the features as they are now, as the task's `start` baseline does."""
        now = replace(self.opened.features(), load=lambda: self.model, digest="")
        fitted = _fitted_start(self.opened, self.train, self.validation, now)
        self.opened.put_head(self.model, fitted, 1.0)

    def plain(self) -> LoadedModel:
        """The network on the processor, with its full vocabulary; adapters are still beside it."""
        from burnish.training.vocabulary import restore_vocabulary

        self.model.network.to("cpu")
        restore_vocabulary(self.model)
        self.model.network.eval()
        return self.model


def open_session(opened: OpenRun) -> Work[Session]:
    """Set up training: the starting model, what trains, the rows, the precision.

    Raises:
        UserError: The method refuses the model or the task.
    """
    from burnish.training.balancing import focal
    from burnish.training.lesson import Lesson, oversampled, with_objective
    from burnish.training.loop import begin_training
    from burnish.training.network_settings import apply_network_settings
    from burnish.training.vocabulary import cut_vocabulary

    opened = opened.adapted()
    _require_classes(opened.task, opened.recipe)
    recipe, task, settings = opened.recipe, opened.task, opened.recipe.training
    own = open_rows(opened.folder, "train")
    rows: list[Row] = [*own, *opened.label_rows()]
    validation = open_rows(opened.folder, "validation")
    general = open_replay(opened.folder)
    model, method, groups = yield from _prepared_model(opened, rows, validation)
    apply_network_settings(model, settings)
    examples = task.encode(model, [*rows, *general], opened.targets)
    used = _tokens_in_use(model, [*examples, *task.encode(model, validation, opened.targets)])
    augmentation = yield from open_augmentation(opened, model, own, examples)
    # Changed texts may hold other tokens
    if augmentation.augment is None and cut_vocabulary(model, groups, used):
        yield Note(text=f"{len(used)} tokens occur in the data; the embeddings of the others rest while training")
    strata = _of_examples(examples, [*rows, *general], task.strata([*rows, *general]))
    lesson = Lesson(
        examples=examples,
        weights=_row_weights(strata, settings.class_weights == "balanced"),
        collate=task.collate,
        loss=focal(task.loss, settings.focal_gamma) if settings.loss == "focal" else task.loss,
        settings=settings,
        bf16=False,
        seed=recipe.seed,
        replayed=len(_of_rows(examples, general)),
        augment=augmentation.augment,
        mix=augmentation.mix,
    )
    if settings.oversample != "none":
        lesson = oversampled(lesson, strata)
    if method.objective is not None:
        lesson = with_objective(lesson, method.objective(recipe.method.parsed()), strata)
    training = begin_training(model, groups, settings, features=method.objective is not None)
    measured_for = f"{opened.base.digest} {method.name} {settings.batch_size} {settings.threads or cores()}"
    bf16, reason = decide_precision(lesson, training, measured_for)
    yield Note(text=reason)
    parameters = dict(model.network.named_parameters())
    return Session(
        opened=opened,
        model=model,
        method=method,
        training=training,
        lesson=replace(lesson, bf16=bf16),
        train=rows,
        validation=validation,
        trained_parameters=sum(parameters[name].numel() for group in groups for name in group.names),
        augmentation=augmentation.facts,
    )


def _require_classes(task: Task, recipe: Recipe) -> None:
    """Refuse settings that go by class where the task predicts none, or where the method has an objective of its own.

    Raises:
        UserError: It names the setting.
    """
    plain = {"class_weights": "none", "oversample": "none", "loss": "task"}
    asked = [kebab(name) for name, value in plain.items() if getattr(recipe.training, name) != value]
    if not asked:
        return
    where = ", ".join(f"training.{name}" for name in asked)
    if not any(column.target and column.kind == "label" for column in task.columns):
        raise UserError(
            f"{task.name} predicts no class of a row, so none can count more than others",
            where=where,
            fix="Leave the setting out.",
        )
    if recipe.method.method().objective is not None and asked != ["class-weights"]:
        raise UserError(
            f"{recipe.method.name} draws batches and has a loss of its own, which this setting would not reach",
            where=where,
            fix="Leave the setting out, use `class-weights: balanced`, or use `method: full`.",
        )


def frozen_part(session: Session) -> Work[AbstractContextManager[Any]]:
    """Compute once what lies below all that trains; within the context that is returned, it is reused."""
    from burnish.training.frozen import Refused, open_frozen_part

    task, model, lesson = session.opened.task, session.model, session.lesson
    lowest = model.network.get_submodule((*model.blocks, model.head)[0])
    rests = not any(parameter.requires_grad for parameter in lowest.parameters())
    if not rests or session.method.objective is not None:
        return contextlib.nullcontext()
    if lesson.changes:
        yield Note(text="states of frozen layers are not reused: augmentation changes rows in every epoch")
        return contextlib.nullcontext()
    part = open_frozen_part(model, lesson.examples, lesson.collate, bf16=lesson.bf16)
    if isinstance(part, Refused):
        yield Note(text=part.reason)
        return contextlib.nullcontext()
    yield Note(text=part.sentence)
    validation = task.encode(model, session.validation, session.opened.targets)
    yield from part.precompute([*lesson.examples, *validation], lesson.collate)
    return part


def _prepared_model(
    opened: OpenRun, train: Rows, validation: Rows
) -> Work[tuple[LoadedModel, Method, tuple[ParameterGroup, ...]]]:
    """The starting model as the method wants it, and what trains."""
    method, settings = opened.recipe.method.method(), opened.recipe.method.parsed()
    if method.objective is not None and not opened.task.start:
        raise UserError(
            f"{method.name} fits the head to features, and {opened.task.name} has no baseline that does so",
            where=f"method: {method.name}",
            fix="Use `method: full` or `method: lora`.",
        )
    model = yield from _starting_model(opened, train, validation)
    if refusal := method.refuse(model, settings):
        raise UserError(refusal, where=f"method: {method.name}")
    prepared, groups = method.prepare(model, settings)
    return prepared, method, groups


def _starting_model(opened: OpenRun, train: Rows, validation: Rows) -> Work[LoadedModel]:
    """The model before any method changes it, with the head that the recipe asks to start from."""
    task, settings = opened.task, opened.recipe.training
    model = opened.untouched()
    warm = yield from warm_weights(opened, model)
    if settings.start != "probe" or not task.start or warm == "all":
        return model
    if opened.is_adapted or warm:  # the baseline knows the features of the model as it was
        now = replace(opened.features(), load=lambda: model, digest="" if warm else opened.base.digest)
        fitted = _fitted_start(opened, train, validation, now)
        words = (
            f"the baseline {task.start}, fitted anew to the model as {'it is now' if warm else 'pre-training left it'}"
        )
    else:
        fitted, words = opened.baseline(task.start), f"the baseline {task.start}"
    scale = settings.start_scale if opened.described_baseline(task.start).scales else 1.0
    if opened.put_head(model, fitted, scale):
        yield Note(text=f"the head starts from {words}")
    return model


def _fitted_start(opened: OpenRun, train: Rows, validation: Rows, model: UntouchedModel) -> FittedBaseline:
    """The task's `start` baseline, fitted to a model's features."""
    return opened.described_baseline(opened.task.start).fit(
        BaselineInputs(
            train=train, validation=validation, targets=opened.targets, features=model, seed=opened.recipe.seed
        )
    )


def _of_rows(examples: Sequence[Example], rows: Rows) -> list[Example]:
    """The examples that come from these rows."""
    numbers = {row[ROW] for row in rows}
    return [example for example in examples if example["row"] in numbers]


def _of_examples(examples: Sequence[Example], rows: Rows, values: Sequence[str]) -> list[str]:
    """For every example the value of its row: a row may be encoded in several parts."""
    by_row = {row[ROW]: value for row, value in zip(rows, values, strict=True)}
    return [by_row[example["row"]] for example in examples]


def _tokens_in_use(model: LoadedModel, examples: Sequence[Example]) -> set[int]:
    """Every token id that training and validation will look up, padding included."""
    used = {token for example in examples for token in example.get("input_ids", ())}
    padding = getattr(model.processor, "pad_token_id", None)
    return used if padding is None else used | {padding}


def _row_weights(strata: list[str], balanced: bool) -> list[float]:
    """1 for every row; or, balanced, such that every stratum weighs the same and the mean stays 1."""
    if not balanced:
        return [1.0] * len(strata)
    counts: Mapping[str, int] = Counter(strata)
    return [len(strata) / (len(counts) * counts[stratum]) for stratum in strata]


def decide_precision(lesson: Lesson, training: Training, what: str) -> tuple[bool, str]:
    """Whether to train in bf16, as asked or as measured; and why, in a sentence."""
    from burnish.training.loop import rehearse
    from burnish.training.precision import bf16_pays

    if lesson.settings.precision != "auto":
        return lesson.settings.precision == "bf16", f"precision: {lesson.settings.precision}, as the recipe says"
    if training.head_alone and not lesson.changes:
        return False, "fp32: only the head trains, on features that are computed once"
    return bf16_pays(lambda bf16: rehearse(training, lesson, bf16), what, training.accelerator.device)
