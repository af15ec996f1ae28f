"""The space of a sweep: usual ranges per method, checked against the real keys before anything is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from burnish.catalog import METHODS, methods
from burnish.errors import UserError
from burnish.recipe import Recipe, complete_recipe, parse_recipe
from burnish.searching.space import Dimension, label_of, read_space, usual_ranges, with_values
from tests.making import review_rows, write_csv

ROOT = Path(__file__).parents[2]


@pytest.fixture
def recipe_of(tmp_path: Any) -> Any:
    """A completed recipe with some keys."""
    data = write_csv(tmp_path / "rows.csv", list(review_rows(30)))

    def make(ranges: Any = None, **keys: Any) -> Recipe:
        values = {"data": {"train": str(data)}, "model": "minilm", "sweep": {"ranges": ranges or {}}, **keys}
        return complete_recipe(parse_recipe(values, "recipe"))[0]

    return make


@pytest.mark.parametrize("name", sorted(METHODS))
def test_usual_ranges_of_every_method_hold_its_defaults(name: str, recipe_of: Any) -> None:
    space = read_space(recipe_of(method=name))
    assert 3 <= len(space) <= 5
    assert "training.learning-rate" in {dimension.key for dimension in space}
    assert [dimension.key for dimension in space if not dimension.holds_own()] == []


def test_a_method_of_elsewhere_has_ranges_around_its_defaults(recipe_of: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("burnish.searching.space._USUAL", {})
    space = {dimension.key: dimension for dimension in read_space(recipe_of(method="lora"))}
    assert set(space) == {"training.learning-rate", "training.batch-size", "training.epochs"}
    rate = methods()["lora"].defaults["learning_rate"]
    assert (space["training.learning-rate"].low, space["training.learning-rate"].high) == (rate / 10, rate * 10)
    assert all(dimension.holds_own() for dimension in space.values())


def test_frozen_blocks_that_are_counted_leave_no_share_to_search(recipe_of: Any) -> None:
    assert "method.share" in usual_ranges(recipe_of(method="freeze"))
    assert "method.share" not in usual_ranges(recipe_of(method={"name": "freeze", "blocks": 2}))


def test_values_are_what_the_recipe_reads(recipe_of: Any) -> None:
    ranges = {"training.learning-rate": ["1e-3", 0.001, 0.01], "training.epochs": {"low": 2, "high": 9, "step": 3}}
    rate, epochs = read_space(recipe_of(ranges))
    assert rate.values == (0.001, 0.01)
    assert (epochs.kind, epochs.low, epochs.high) == ("whole", 2, 8)
    assert epochs.members() == [2, 5, 8]
    assert all(isinstance(member, int) for member in epochs.members())


@pytest.mark.parametrize(
    ("ranges", "told"),
    [
        (
            {"training.learnin-rate": [0.1]},
            "`sweep.ranges.training.learnin-rate` is not a key. Did you mean 'training.l",
        ),
        ({"learning-rate": [0.1]}, "Did you mean 'training.learning-rate'"),
        ({"method.rank": [4]}, "`sweep.ranges.method.rank` is not a key"),  # of lora, and this is full
        ({"method.name": ["full", "head"]}, "each method has keys of its own"),
        ({"seed": [1, 2]}, "a seed that scores better is luck"),
        ({"data.longest": [64, 128]}, "trials share the checked data"),
        ({"split.train": [0.5]}, "trials share the checked data"),
        ({"training.epochs": [3, 0]}, "greater than or equal to 1 (it is 0)"),
        ({"training.epochs": {"low": 0, "high": 4}}, "greater than or equal to 1 (it is 0)"),
        ({"training.epochs": {"low": 1.5, "high": 4}}, "its values are whole numbers"),
        ({"training.learning-rate": {"low": 0.1, "high": 2}}, "less than or equal to 1 (it is 2"),
        ({"training.schedule": {"low": 1, "high": 2}}, "its values are no numbers"),
        ({"training.schedule": ["linear", "cosin"]}, "'cosin'"),
        ({"method.layer-decay": [0.9, 1.5]}, "less than or equal to 1"),
    ],
)
def test_what_the_recipe_would_refuse_is_refused_at_once(ranges: Any, told: str, recipe_of: Any) -> None:
    with pytest.raises(UserError) as raised:
        read_space(recipe_of(ranges, method="full"))
    assert told in raised.value.what
    assert next(iter(ranges)) in raised.value.what


def test_every_problem_is_told_at_once(recipe_of: Any) -> None:
    with pytest.raises(UserError) as raised:
        read_space(recipe_of({"training.epochs": [0], "training.epoch": [1], "seed": [1]}))
    assert raised.value.what.startswith("3 problems")


def test_a_value_outside_its_range_is_known_to_be(recipe_of: Any) -> None:
    ranges: dict[str, Any] = {
        "training.learning-rate": {"low": 0.01, "high": 0.1, "log": True},
        "training.dropout": {"low": 0.0, "high": 0.5},
        "training.batch-size": [8, 32],
        "method.layer-decay": {"low": 0.7, "high": 0.9, "step": 0.05},
        "training.epochs": {"low": 1, "high": 9, "step": 3},
    }
    space = {dimension.key: dimension for dimension in read_space(recipe_of(ranges, method="full"))}
    assert [key for key, dimension in space.items() if dimension.holds_own()] == ["method.layer-decay"]


def test_drawn_numbers_are_tidy_and_stay_inside() -> None:
    rate = Dimension(key="a", kind="number", low=1.2345e-5, high=0.1, log=True)
    assert rate.tidy(0.000123456) == 0.000123
    assert rate.tidy(1.2345e-5) == 1.2345e-5
    stepped = Dimension(key="b", kind="number", low=0.6, high=1.0, step=0.05)
    assert stepped.tidy(0.6 + 2 * 0.05) == 0.7
    assert stepped.size() == 9
    assert stepped.members()[-1] == 1.0


def test_lists_are_kept_as_text_where_they_must_be() -> None:
    assert label_of(["query", "value"]) == '["query", "value"]'
    assert [label_of(value) for value in ("a", 1, 0.5, True, None)] == ["a", 1, 0.5, True, "null"]


def test_other_values_make_another_recipe(recipe_of: Any) -> None:
    recipe = recipe_of(method="lora")
    other = with_values(recipe, {"training.epochs": 7, "method.rank": 2, "method.targets": ["query"]})
    assert other.training.epochs == 7
    assert other.as_dict()["method"] == {**recipe.as_dict()["method"], "rank": 2, "targets": ["query"]}
    assert with_values(recipe, {}).as_dict() == recipe.as_dict()


@pytest.mark.parametrize("name", sorted(METHODS))
def test_usual_ranges_are_documented(name: str, recipe_of: Any) -> None:
    ranges = "; ".join(f"`{dimension.key}` {dimension.shown()}" for dimension in read_space(recipe_of(method=name)))
    assert f"| `{name}` | {ranges} |" in (ROOT / "docs" / "sweep.md").read_text(encoding="utf-8").splitlines()
