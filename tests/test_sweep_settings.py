"""The recipe's section `sweep`: ranges are read, written as they were, and refused with a reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from burnish.errors import UserError
from burnish.recipe import parse_recipe
from burnish.recipe_problems import read_recipe_file


def parse(sweep: Any) -> Any:
    return parse_recipe({"data": {"train": "rows.csv"}, "sweep": sweep}, "recipe").sweep


def test_ranges_are_written_as_they_were_read() -> None:
    ranges = {
        "training.learning-rate": {"low": 1e-5, "high": 0.001, "log": True},
        "training.dropout": {"low": 0, "high": 0.3},
        "training.epochs": {"low": 2, "high": 10, "step": 2},
        "method.rank": [4, 8],
    }
    recipe = parse_recipe({"data": {"train": "rows.csv"}, "sweep": {"ranges": ranges}}, "recipe")
    assert recipe.as_dict()["sweep"]["ranges"] == ranges
    assert parse_recipe(recipe.as_dict(), "again") == recipe
    assert isinstance(recipe.as_dict()["sweep"]["ranges"]["training.epochs"]["low"], int)


def test_keys_may_be_written_as_python_does() -> None:
    assert set(parse({"ranges": {"training.learning_rate": [0.1]}}).ranges) == {"training.learning-rate"}


def test_numbers_that_yaml_takes_for_text(tmp_path: Path) -> None:
    file = tmp_path / "recipe.yaml"
    file.write_text("data: {train: a.csv}\nsweep: {ranges: {training.learning-rate: {low: 1e-5, high: 1e-3}}}\n")
    found = parse_recipe(*read_recipe_file(file)[:1], str(file)).sweep.ranges["training.learning-rate"]
    assert (found.low, found.high) == (1e-5, 1e-3)


@pytest.mark.parametrize(
    ("range_", "told"),
    [
        ({"lo": 1, "high": 2}, "a range has no key 'lo'. Did you mean 'low'"),
        (3, "this is no range"),
        ([], "it is empty, or an end is missing"),
        ({"low": 1}, "it is empty, or an end is missing"),
        ({"low": 2, "high": 2}, "`low` (2) must be below `high` (2)"),
        ({"low": 0, "high": 1, "log": True}, "`low` must be above 0 where `log` is true"),
        ({"low": 1, "high": 9, "log": True, "step": 2}, "`log` and `step` cannot go together"),
        ({"values": [1], "low": 1, "high": 2}, "this is a list and has ends too"),
        ({"low": 1, "high": 2, "step": 0}, "greater than 0"),
    ],
)
def test_a_range_that_makes_no_sense_is_refused_with_its_key(range_: Any, told: str) -> None:
    with pytest.raises(UserError) as raised:
        parse({"ranges": {"training.epochs": range_}})
    assert "`sweep.ranges.training.epochs" in raised.value.what
    assert told in raised.value.what


def test_a_misspelt_setting_is_refused_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"`sweep\.trails` is not a key\. Did you mean 'trials'"):
        parse({"trails": 3})
    with pytest.raises(UserError, match=r"sweep\.workers"):
        parse({"workers": 0})
