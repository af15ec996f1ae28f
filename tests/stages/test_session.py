"""Settings of training that go by class: refused with a sentence where there are no classes to go by."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from burnish.catalog import get_task
from burnish.errors import UserError
from burnish.recipe import parse_recipe
from burnish.stages.session import _require_classes

TASK = get_task("text-classification")
NUMBERS = replace(
    TASK, name="numbers", columns=tuple(replace(c, kind="number") if c.target else c for c in TASK.columns)
)
BY_CLASS: list[dict[str, Any]] = [{"oversample": "sqrt"}, {"loss": "focal"}, {"class-weights": "balanced"}]


def recipe(method: str, training: dict[str, Any]) -> Any:
    return parse_recipe({"data": {"train": "rows.csv"}, "method": method, "training": training}, "test")


@pytest.mark.parametrize("training", BY_CLASS)
def test_a_task_without_classes_refuses_what_goes_by_class(training: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="numbers predicts no class of a row") as refused:
        _require_classes(NUMBERS, recipe("full", training))
    assert refused.value.where == f"training.{next(iter(training))}"
    _require_classes(TASK, recipe("full", training))
    _require_classes(NUMBERS, recipe("full", {}))


def test_a_method_with_an_objective_of_its_own_refuses_what_would_not_reach_it() -> None:
    for training in BY_CLASS[:2]:
        with pytest.raises(UserError, match="few-shot draws batches and has a loss of its own"):
            _require_classes(TASK, recipe("few-shot", training))
    _require_classes(TASK, recipe("few-shot", BY_CLASS[2]))
