"""Toy rows for every task, so that the shared suites can try it. A new task adds its sample here, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from burnish.catalog import tasks
from burnish.contracts import BaselineInputs, FittedBaseline, LoadedModel, Rows, Targets, Task
from burnish.data.split import stratified_split
from burnish.predictor import UntouchedModel
from tests.chats import chat_rows, make_chat_model
from tests.making import make_encoder, order_rows, review_rows
from tests.pictures import OWN_CLASSES, make_image_encoder, shape_rows


def _texts_with_labels() -> list[dict[str, Any]]:
    return [{"text": text, "label": label} for text, label in review_rows(90)]


def _texts_with_numbers() -> list[dict[str, Any]]:
    """The number is told by the label that words tell, give or take a little."""
    told = {"negative": -2.0, "neutral": 0.0, "positive": 2.0}
    return [
        {"text": text, "label": 10 + told[label] + (number % 7) / 20}
        for number, (text, label) in enumerate(review_rows(90))
    ]


def _image_encoder(folder: Path) -> Path:
    return make_image_encoder(folder, classes=OWN_CLASSES)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """How to make a toy model and toy rows for a task."""

    make_model: Callable[[Path], Path]
    make_rows: Callable[[], list[dict[str, Any]]]
    learning_rate: float


SAMPLES = {
    "chat": Sample(make_model=make_chat_model, make_rows=lambda: chat_rows(60), learning_rate=0.01),
    "token-classification": Sample(make_model=make_encoder, make_rows=lambda: order_rows(90), learning_rate=0.01),
    "text-classification": Sample(make_model=make_encoder, make_rows=_texts_with_labels, learning_rate=0.01),
    "image-classification": Sample(make_model=_image_encoder, make_rows=shape_rows, learning_rate=0.003),
    "text-regression": Sample(make_model=make_encoder, make_rows=_texts_with_numbers, learning_rate=0.01),
}


@dataclass(frozen=True, kw_only=True)
class Toy:
    """A task with its toy rows, split, and its toy model loaded."""

    task: Task
    base: Path
    model: LoadedModel
    targets: Targets
    train: Rows
    validation: Rows
    test: Rows
    learning_rate: float

    @cached_property
    def fitted(self) -> dict[str, FittedBaseline]:
        """Every baseline of the task by name, fitted once; tests only ask them."""
        return {baseline.name: baseline.fit(self.inputs()) for baseline in self.task.baselines}

    def inputs(self) -> BaselineInputs:
        """What baselines are fitted on."""
        untouched = UntouchedModel(task=self.task, load=lambda: self.model, targets=self.targets)
        return BaselineInputs(
            train=self.train,
            validation=self.validation,
            targets=self.targets,
            features=untouched,
            seed=0,
            own_classes=self.model.own_classes,
        )


def open_toy(name: str, folder: Path) -> Toy:
    """Make the toy of a task in an empty folder."""
    task, sample = tasks()[name], SAMPLES[name]
    base = sample.make_model(folder / "base")
    rows: list[dict[str, Any]] = []
    for number, raw in enumerate(sample.make_rows()):
        read = task.read_row(raw)
        assert not isinstance(read, str), read
        rows.append({"row": number, **read})
    parts = stratified_split(task.strata(rows), (0.6, 0.2, 0.2), 0)
    train, validation, test = ([rows[place] for place in part] for part in parts)
    targets = task.targets(train, {})
    return Toy(
        task=task,
        base=base,
        model=task.load(base, targets, 0),
        targets=targets,
        train=train,
        validation=validation,
        test=test,
        learning_rate=sample.learning_rate,
    )
