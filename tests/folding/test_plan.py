"""Which folds there are, and what is refused before any of them begins."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from burnish.data.split import stratified_folds, stratified_split
from burnish.errors import UserError
from burnish.folding.plan import USUAL_FOLDS, Fold, fold_keys, fold_recipe, plan_folds, require_rows, with_folds
from burnish.recipe import Recipe, parse_recipe


def recipe(**keys: object) -> Recipe:
    return parse_recipe({"data": {"train": "reviews.csv"}, "method": "full", **keys}, "test")


def test_every_fold_of_every_repeat_in_order() -> None:
    folds = plan_folds(recipe(evaluate={"folds": 3, "repeats": 2}))
    assert [fold.name for fold in folds] == ["fold-1-1", "fold-1-2", "fold-1-3", "fold-2-1", "fold-2-2", "fold-2-3"]
    assert {fold.of for fold in folds} == {3}


def test_the_usual_number_of_folds_where_the_recipe_asks_for_none() -> None:
    assert with_folds(recipe()).evaluate.folds == USUAL_FOLDS
    assert with_folds(recipe(evaluate={"folds": 1})).evaluate.folds == USUAL_FOLDS
    assert with_folds(recipe(evaluate={"folds": 7})).evaluate.folds == 7


def test_the_recipe_of_a_fold_is_that_of_an_ordinary_run() -> None:
    whole = recipe(evaluate={"folds": 4, "repeats": 3, "minimum-gain": 0.1}, seed=7, cost={"price-per-hour": 3.0})
    own = fold_recipe(whole, Fold(repeat=3, number=2, of=4), "macro-f1")
    assert own.split.fold_number() == (2, 4)
    assert (own.evaluate.folds, own.evaluate.repeats) == (1, 1)
    assert (own.evaluate.metric, own.evaluate.minimum_gain) == ("macro-f1", 0.1)
    assert own.seed == 9
    assert own.cost.price_per_hour is None
    assert parse_recipe(own.as_dict(), "test").as_dict() == own.as_dict()


def test_seeds_of_repeats_stay_within_their_range() -> None:
    last = recipe(seed=2**32 - 1, evaluate={"folds": 2, "repeats": 2})
    assert fold_recipe(last, Fold(repeat=2, number=1, of=2), "accuracy").seed == 0


@pytest.mark.parametrize("folds", [1, 0, -3])
def test_fewer_than_two_folds_are_refused(folds: int) -> None:
    with pytest.raises(UserError, match="at least two folds"):
        fold_keys(folds, None)


def test_what_is_not_asked_for_is_left_to_the_recipe() -> None:
    assert fold_keys(None, None) == {}
    assert fold_keys(4, None) == {"folds": 4}
    assert fold_keys(None, 3) == {"repeats": 3}


def test_a_test_file_is_refused() -> None:
    asked = parse_recipe({"data": {"train": "reviews.csv", "test": "test.csv"}}, "test")
    with pytest.raises(UserError, match=r"tests every row") as refused:
        with_folds(asked)
    assert "test.csv" in refused.value.where


def test_a_column_of_times_is_refused() -> None:
    asked = parse_recipe({"data": {"train": "reviews.csv", "time": "date"}}, "test")
    with pytest.raises(UserError, match="learned from later ones"):
        with_folds(asked)


def test_more_folds_than_the_rarest_class_has_rows() -> None:
    strata = [*("a" * 20), *("b" * 4), *("c" * 3)]
    with pytest.raises(UserError) as refused:
        require_rows(strata, 5)
    assert refused.value.what == "5 folds need at least 5 rows of every class; 2 classes have fewer: 'c' (3), 'b' (4)"
    assert refused.value.fix.startswith("Give --folds 3, add rows")
    require_rows(strata, 3)
    with pytest.raises(UserError, match=r"2 folds need at least 4 rows of every class; 1 class has fewer: 'c' \(3\)"):
        require_rows(strata, 2)


def test_rows_that_stay_together_count_as_one() -> None:
    labels = [{"a"}] * 20 + [{"b"}] * 12
    require_rows(labels, 5)
    together = [*range(20), *(20 + row // 4 for row in range(12))]
    with pytest.raises(UserError, match=r"every class that may stand in different parts; .* 'b' \(3\)"):
        require_rows(labels, 5, together)


@pytest.mark.parametrize("rows", range(1, 12))
@pytest.mark.parametrize("folds", [2, 3, 5, 10])
def test_what_is_allowed_leaves_every_class_in_every_part(rows: int, folds: int) -> None:
    strata = ["rare"] * rows + ["common"] * 60
    try:
        require_rows([{stratum} for stratum in strata], folds)
    except UserError:
        assert rows < folds or rows - math.ceil(rows / folds) < 2
        return
    items = list(range(len(strata)))
    for test in stratified_folds(strata, folds, 0):
        rest = [item for item in items if item not in set(test.tolist())]
        chosen = stratified_split([strata[item] for item in rest], (0.75, 0.25), "0/1", (1, 1))
        for part in ([rest[place] for place in chosen[0]], [rest[place] for place in chosen[1]], test):
            assert Counter(strata[item] for item in part)["rare"] >= 1
