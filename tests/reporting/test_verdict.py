from __future__ import annotations

from pathlib import Path
from typing import Any

from burnish.reporting.facts import read_facts
from burnish.reporting.verdict import VerdictView, view_verdict
from tests.reporting.made_up import estimate, files, write_run


def view(tmp_path: Path, content: dict[str, Any]) -> VerdictView:
    return view_verdict(read_facts(write_run(tmp_path / "run", content)))


def test_ship(tmp_path: Path) -> None:
    found = view(tmp_path, files("ship"))
    assert found.headline == "Ship the specialist: it beats the best baseline by 10.0 points."
    assert [figure.value for figure in found.figures] == ["80.0%", "70.0%", "+10.0 points", "0.0035 USD"]
    assert found.figures[2].details == ("+5.0 to +15.0 points", "p < 0.0001")
    assert found.cautions == ()
    assert found.line.wanted is not None
    assert found.line.zero < found.line.wanted < found.line.gain.left < found.line.gain.dot < found.line.gain.right


def test_keep_says_how_much_worse(tmp_path: Path) -> None:
    assert view(tmp_path, files("keep-baseline")).headline == "Keep probe: the specialist is 1.0 points worse."


def test_keep_after_nothing_gained(tmp_path: Path) -> None:
    content = files("keep-baseline")
    content["evaluate/verdict.json"]["difference"] = {**estimate(0.0, 0.0, 0.0), "p": 1.0}
    found = view(tmp_path, content)
    assert found.headline == "Keep probe: training gained nothing."
    assert found.figures[2].details == ("0.0 to 0.0 points", "p = 1.000")
    assert len(found.cautions) == 1
    assert "score alike on these 200 rows" in found.cautions[0]


def test_inconclusive_says_how_many_rows_are_missing(tmp_path: Path) -> None:
    found = view(tmp_path, files("inconclusive"))
    assert found.headline == "Not settled: about 700 more test rows are needed to tell."
    assert found.line.gain.left < found.line.zero < found.line.gain.right


def test_inconclusive_where_no_number_of_rows_settles_it(tmp_path: Path) -> None:
    content = files("inconclusive")
    content["evaluate/verdict.json"]["rows_to_settle"] = None
    assert view(tmp_path, content).headline == "Not settled: the difference lies just where it would matter."


def test_few_rows_and_an_unbeaten_start_are_cautioned_against(tmp_path: Path) -> None:
    content = files("inconclusive")
    content["evaluate/verdict.json"]["test_rows"] = 12
    content["train/training.json"]["best"] = 0
    cautions = view(tmp_path, content).cautions
    assert "that starting point" in cautions[0]
    assert cautions[1].startswith("12 test rows are few")


def test_a_metric_that_is_no_share_is_not_shown_in_percent(tmp_path: Path) -> None:
    content = files("ship")
    content["evaluate/verdict.json"] |= {"metric": "log-loss", "specialist": estimate(0.61, 0.5, 0.7)}
    found = view(tmp_path, content)
    assert found.headline == "Ship the specialist: it beats the best baseline by 0.100 in log-loss."
    assert found.figures[0].value == "0.610"
    assert "%" not in found.figures[0].details[0]
    assert found.line.axis.ticks[-1].label == "+0.20"


def test_how_it_was_tested(tmp_path: Path) -> None:
    told = " ".join(view(tmp_path, files()).tested)
    for words in ("200 rows were sealed", "2 baselines", "McNemar, exact", "2 comparisons by Holm", "200 other rows"):
        assert words in told
