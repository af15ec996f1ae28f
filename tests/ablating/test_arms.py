"""The two recipes of an ablation: what is left out, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from burnish.ablating.arms import read_arms
from burnish.errors import UserError
from burnish.recipe import Recipe, parse_recipe


def recipe(**keys: Any) -> Recipe:
    return parse_recipe({"data": {"train": "reviews.csv", "label": "mood"}, **keys}, "test")


def test_a_section_is_left_out() -> None:
    given = recipe(augment={"word-dropout": 0.1}, method={"name": "full", "layer-decay": 0.9}, seed=4)
    arms = read_arms(given, "augment")
    assert arms.with_key == given
    assert arms.without == recipe(method={"name": "full", "layer-decay": 0.9}, seed=4)
    assert arms.described == {"with": "{'word-dropout': 0.1}", "without": "left out"}


def test_a_key_is_left_out_and_the_rest_of_its_section_stays() -> None:
    given = recipe(training={"oversample": "sqrt", "epochs": 3}, method="head")
    arms = read_arms(given, "training.oversample")
    assert arms.without == recipe(training={"epochs": 3}, method="head")
    assert "oversample" not in arms.without.training.model_fields_set
    layered = read_arms(recipe(method={"name": "full", "layer-decay": 0.9}), "method.layer-decay")
    assert layered.without == recipe(method="full")


def test_another_value_is_compared_with() -> None:
    arms = read_arms(recipe(), "training.loss", "focal", replaced=True)
    assert (arms.with_key.training.loss, arms.without.training.loss) == ("task", "focal")
    assert arms.described == {"with": "the default", "without": "focal"}
    assert read_arms(recipe(method="full"), "method", "lora", replaced=True).without.method.name == "lora"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("augment", "says nothing of `augment`"),
        ("training.epochs", "says nothing of `training.epochs`"),
        ("split.train", "changes more than training"),
        ("nonsense", "changes more than training"),
        ("training.epoch", "Did you mean 'epochs'"),
        ("pretraining.epochs", "done once for both"),
    ],
)
def test_keys_that_cannot_be_left_out_are_refused(key: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        read_arms(recipe(training={"batch-size": 8}), key)


def test_a_value_that_is_none_of_the_keys_is_refused() -> None:
    with pytest.raises(UserError, match="oversample"):
        read_arms(recipe(), "training.oversample", "twice", replaced=True)
