"""A warm start: whose weights training goes on from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

import burnish
from burnish.contracts import LoadedModel, Targets
from burnish.errors import UserError
from burnish.events import Note
from burnish.stages.stage import OpenRun
from burnish.stages.warm_start import Warm, warm_weights
from tests.kept import keep, opened


def started(run: OpenRun, specialist: Path | None) -> tuple[Warm, LoadedModel, list[str]]:
    """What is taken of a specialist, the model as it starts then, and what is said of it."""
    training = run.recipe.training.model_copy(update={"warm_start": specialist})
    warm = replace(run, recipe=run.recipe.model_copy(update={"training": training}))
    model = warm.untouched()
    said: list[str] = []
    work = warm_weights(warm, model)
    while True:
        try:
            event = next(work)
        except StopIteration as stop:
            return stop.value, model, said
        assert isinstance(event, Note)
        said.append(event.text)


def test_the_weights_and_the_head_of_the_same_labels_are_taken(finished: burnish.Run) -> None:
    run = opened(finished)
    warm, model, said = started(run, finished.specialist_folder)
    trained = run.task.restore(finished.specialist_folder, run.targets, 0)
    own = model.network.state_dict()
    assert (warm, said) == ("all", ["training goes on from the specialist's weights"])
    assert all(torch.equal(own[name], value) for name, value in trained.network.state_dict().items())


def test_other_labels_get_a_new_head(finished: burnish.Run) -> None:
    run = opened(finished)
    more = replace(run, targets=Targets(labels=(*run.targets.labels, "mixed"), counts=(1, 1, 1, 1)))
    warm, model, said = started(more, finished.specialist_folder)
    assert (warm, said) == ("body", ["training goes on from the specialist's weights, with a new head"])
    assert not model.network.get_submodule("head").state_dict()["weight"].any()
    cold = started(run, None)
    assert cold[0] == ""
    assert not torch.equal(
        next(iter(model.network.state_dict().values())), next(iter(cold[1].network.state_dict().values()))
    )


def test_what_is_no_such_network_gives_nothing_or_is_refused(
    finished: burnish.Run, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    run = opened(finished)
    warm, _, said = started(run, keep(finished, "tfidf-linear", tmp_path / "kept"))
    assert (warm, said) == ("", ["no warm start: the specialist is the baseline 'tfidf-linear'"])
    other = replace(run, task=replace(run.task, name="something-else"))
    with pytest.raises(UserError, match="this specialist does text-classification"):
        started(other, finished.specialist_folder)
