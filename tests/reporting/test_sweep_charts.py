"""Charts of a sweep: axes that fit their keys, and a dot for every trial with a score."""

from __future__ import annotations

import re
from typing import Any

import pytest

from burnish.reporting.sweep_charts import plot_history, plot_keys, score_axis, shown
from tests.reporting.made_up_sweep import made_up_sweep


def count(path: str) -> int:
    return path.count("M")


def test_every_trial_with_a_score_has_its_dot() -> None:
    plot = plot_history(made_up_sweep())
    assert {dots.style: count(dots.path) for dots in plot.dots} == {"pruned": 1, "main": 4, "own": 1, "best": 1}
    assert len(plot.failed) == 1
    assert "The recipe as it stood came to 80.0%, the best trial, number 5, to 90.0%" in plot.label


def test_the_line_follows_the_best_so_far() -> None:
    plot = plot_history(made_up_sweep())
    heights = [float(height) for height in re.findall(r",([\d.]+)", plot.line)]
    assert heights == sorted(heights, reverse=True), "places from above: it only ever rises"
    assert heights[0] == pytest.approx(100 - plot.own, abs=1e-3)


def test_keys_come_by_importance_with_an_axis_of_their_kind() -> None:
    plots = {plot.title: plot for plot in plot_keys(made_up_sweep())}
    assert list(plots)[:3] == ["training.learning-rate", "method.rank", "training.epochs"]
    labels = {title: [tick.label for tick in plot.x.ticks] for title, plot in plots.items()}
    assert labels["training.learning-rate"] == ["1e-5", "0.0001", "0.001", "0.01"]
    assert labels["method.rank"] == ["4", "8", "16"]
    assert labels["training.schedule"] == ["cosine", "constant", "linear"], "the recipe's own is there too"
    assert labels["training.epochs"] == ["3", "4", "5", "6", "7", "8"]
    assert plots["method.rank"].detail == "best 8, recipe 16; explains 20%"
    own = next((dots for dots in plots["method.dropout"].dots if dots.style == "own"), None)
    assert own is None or own.path == "", "the recipe leaves it open, so it has no place on this axis"


def test_equal_choices_are_spread() -> None:
    plot = next(plot for plot in plot_keys(made_up_sweep()) if plot.title == "method.rank")
    main = next(dots for dots in plot.dots if dots.style == "main")
    places = re.findall(r"M([\d.]+),", main.path)
    assert len(set(places)) == len(places)


def test_scores_far_below_stand_at_the_end_of_the_axis() -> None:
    found = made_up_sweep()
    found["trials"][4] = {**found["trials"][4], "score": 0.01}
    axis = score_axis(found)
    assert axis.low > 0.5
    assert axis.place(0.01) == 0
    found["metric"] = {**found["metric"], "higher_is_better": False}
    found["trials"][4]["score"] = 5.0
    assert score_axis(found).high < 2


@pytest.mark.parametrize("trials", [1, 2])
def test_the_fewest_trials_can_be_drawn(trials: int) -> None:
    found = made_up_sweep()
    found["trials"] = found["trials"][:trials]
    found["best"] = found["recipe"]
    assert plot_history(found).x.ticks
    assert all(plot.y.high > plot.y.low for plot in plot_keys(found))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "unset"),
        (True, "true"),
        (0.00012, "0.00012"),
        (1.0, "1"),
        (["query", "value"], "query, value"),
        ("a", "a"),
    ],
)
def test_values_are_shown_as_a_recipe_has_them(value: Any, text: str) -> None:
    assert shown(value) == text
