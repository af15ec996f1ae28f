from __future__ import annotations

from pathlib import Path

import pytest

from burnish.reporting.facts import read_facts
from burnish.reporting.scores import view_scores
from tests.reporting.made_up import estimate, files, write_run


def test_the_deciding_metric_stands_first_and_systems_best_first(tmp_path: Path) -> None:
    scores = view_scores(read_facts(write_run(tmp_path, files())))
    assert scores.deciding.name == "accuracy"
    assert [(row.name, row.role) for row in scores.deciding.rows] == [
        ("specialist", "specialist"),
        ("probe", "best"),
        ("majority", "other"),
    ]
    assert [row.score for row in scores.deciding.rows] == ["80.0%", "70.0%", "50.0%"]
    assert scores.deciding.reference == scores.deciding.rows[1].whisker.dot
    assert scores.deciding.rows[1].p == "< 0.0001"
    assert scores.deciding.rows[2].summary == "always the most frequent label"
    assert scores.speed == "It answers 1,000 rows in 8.2 s of processor time (majority 0.0 s and probe 0.1 s)."


def test_lower_is_better_turns_the_order_round(tmp_path: Path) -> None:
    (loss,) = view_scores(read_facts(write_run(tmp_path, files()))).others
    assert [row.name for row in loss.rows] == ["probe", "specialist", "majority"]
    assert loss.direction == "lower is better"
    assert loss.sentence == (
        "The specialist scores 0.610 and comes second of 3, 0.060 worse than the best baseline, probe."
    )
    assert "%" not in "".join(tick.label for tick in loss.axis.ticks)


def test_equal_scores(tmp_path: Path) -> None:
    content = files("keep-baseline")
    metric = content["evaluate/scores.json"]["metrics"]["accuracy"]
    metric["comparisons"][1]["difference"] = estimate(0.0, -0.1, 0.1)
    scores = view_scores(read_facts(write_run(tmp_path, content)))
    assert scores.deciding.sentence == "The specialist scores 80.0%, the same as the best baseline, probe."


@pytest.mark.parametrize("rows", [12, 99])
def test_few_rows_time_nothing(tmp_path: Path, rows: int) -> None:
    content = files()
    content["evaluate/scores.json"]["rows"] = rows
    assert view_scores(read_facts(write_run(tmp_path, content))).speed == ""
