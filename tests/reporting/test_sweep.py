"""The report of a sweep: what it says, that it nests and escapes, and that a phone can show it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from burnish.reporting.sweep import SECTIONS, render_sweep, short_keys, view_sweep
from tests.browsing import Browser, needs_browser
from tests.reporting.made_up_sweep import made_up_sweep
from tests.reporting.test_browser import browser  # noqa: F401 # a fixture
from tests.reporting.test_page import HOSTILE, Page


def test_the_page_nests_and_loads_nothing() -> None:
    page = Page(render_sweep(made_up_sweep()))
    assert [attributes.get("src") for attributes in page.attributes("img")] == []
    assert page.attributes("script") == []
    assert {attributes["href"] for attributes in page.attributes("link")} == {"data:,"}
    assert set(SECTIONS) <= set(page.ids())
    assert len(page.ids()) == len(set(page.ids()))
    links = {attributes["href"] for attributes in page.attributes("a")}
    assert {f"#{name}" for name in SECTIONS} <= links
    assert page.headings[0][0] == "h1"


def test_nothing_of_the_data_becomes_markup() -> None:
    found = made_up_sweep(run=HOSTILE, command=HOSTILE, stopped=HOSTILE)
    found["trials"][6]["why"] = HOSTILE
    found["space"][2]["values"] = [HOSTILE]
    source = render_sweep(found)
    Page(source)
    assert "<script" not in source
    assert "onerror=alert(1)>" not in source
    assert "{{ 7 * 7 }}" in source


def test_the_result_comes_first() -> None:
    view = view_sweep(made_up_sweep())
    assert view.headline == "Trial 5 is 10.0 points better than the recipe as it stands."
    assert view.tone == "ship"
    assert "90.0% accuracy on 200 validation rows, the recipe to 80.0%" in view.lede
    assert "the best baseline, linear-probe, has 75.0% there" in view.lede
    assert view.figures[2].details == ("6 ended", "1 stopped early", "1 impossible", "1 interrupted")
    assert view.figures[3].value == "12 min 34 s"
    changed = [change.key for change in view.changes if change.changed]
    assert changed == [
        "training.learning-rate",
        "method.rank",
        "training.schedule",
        "training.epochs",
        "method.dropout",
    ]


def test_a_sweep_without_success_says_so() -> None:
    found = made_up_sweep()
    view = view_sweep({**found, "best": found["recipe"]})
    assert view.headline == "No trial was better than the recipe as it stands."
    assert view.tone == "keep-baseline"
    assert not any(change.changed for change in view.changes)


def test_the_same_score_is_no_success() -> None:
    found = made_up_sweep()
    same = {**found["best"], "score": found["recipe"]["score"]}
    view = view_sweep({**found, "best": same})
    assert view.headline == "Trial 5 scores the same as the recipe as it stands, with a lower loss."
    assert (view.tone, view.badge) == ("keep-baseline", "no better score found")


def test_a_baseline_that_is_better_is_not_hidden() -> None:
    assert (
        ", but the best baseline, linear-probe, has 95.0%"
        in view_sweep(made_up_sweep(baselines={"linear-probe": 0.95})).lede
    )


def test_how_far_validation_rows_can_tell() -> None:
    large = view_sweep(made_up_sweep()).cautions[1]
    assert large == "One validation row is worth 0.5 points, and a score is known to about ± 5.5 points."
    small = view_sweep(made_up_sweep(validation_rows=20)).cautions[1]
    assert small.endswith("the gain is smaller than that.")
    loss = made_up_sweep()
    loss["metric"] = {**loss["metric"], "share": False, "higher_is_better": False}
    assert len(view_sweep({**loss, "best": loss["recipe"]}).cautions) == 1


def test_few_trials_are_a_hint_and_none_are_said() -> None:
    assert view_sweep(made_up_sweep()).weights_sentence.endswith("From so few trials that is a hint, no more.")
    view = view_sweep(made_up_sweep(importance={}))
    assert view.weights == ()
    assert "Too few trials with different scores ended (6)" in view.weights_sentence


def test_every_trial_is_in_the_table() -> None:
    rows = view_sweep(made_up_sweep()).trials
    assert [row.number for row in rows] == ["5", "0", "1", "2", "3", "7", "4", "6", "8"]
    assert [row.state for row in rows][:2] == ["ended", "recipe as it stood"]
    assert rows[0].gain == "+10.0 points"
    assert rows[7].why == "the model has 2 blocks"
    assert rows[0].values[1] == "8"
    assert rows[1].values[4] == "unset"


def test_keys_are_short_where_they_stay_different() -> None:
    space: list[dict[str, Any]] = [{"key": key} for key in ("training.epochs", "training.dropout", "method.dropout")]
    assert short_keys(space) == ["epochs", "training.dropout", "method.dropout"]


def test_lower_is_better() -> None:
    found = made_up_sweep()
    found["metric"] = {**found["metric"], "share": False, "higher_is_better": False, "name": "loss"}
    view = view_sweep({**found, "best": found["trials"][7]})
    assert view.headline == "Trial 7 is 0.140 better than the recipe as it stands."
    assert view.trials[0].number == "7"


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_page(
    browser: Browser,  # noqa: F811
    tmp_path: Path,
    width: int,
    scheme: str,
) -> None:
    found = made_up_sweep(run="a-very-long-name-" * 6)
    found["trials"] = [{**row, "number": 12 * k + row["number"]} for k in range(20) for row in found["trials"]]
    path = tmp_path / "report.html"
    path.write_text(render_sweep(found), encoding="utf-8")
    browser.show(path, width, scheme)
    wide, seen = browser.ask("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= seen
    assert browser.call("POST", "/se/log", {"type": "browser"}) == []
    overlaps = """
      const hit = (a, b) => a.right > b.left + 1 && b.right > a.left + 1;
      return [...document.querySelectorAll('.frame .x-axis')].filter(axis => {
        const places = [...axis.children].map(label => label.getBoundingClientRect());
        return places.some((place, n) => n && hit(places[n - 1], place));
      }).map(axis => axis.textContent)"""
    assert browser.ask(overlaps) == [], "labels of an axis run into each other"
