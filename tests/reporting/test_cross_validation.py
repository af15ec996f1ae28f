"""The page of a cross-validation: what it says, where things stand, and that nothing in the data can break it."""

from __future__ import annotations

import copy
import re
from statistics import fmean, stdev
from typing import Any

import pytest

from burnish.reporting.cross_validation import SECTIONS, dots_in_line, render_cross_validation, view_cross_validation
from tests.reporting.test_page import HOSTILE, Page

SCORES = {
    "specialist": [0.80, 0.85, 0.90, 0.80],
    "tfidf-linear": [0.75, 0.85, 0.80, 0.70],
    "majority": [0.5, 0.5, 0.5, 0.5],
}


def score(folds: list[float]) -> dict[str, Any]:
    mean = fmean(folds)
    return {"value": mean, "low": mean - 0.1, "high": mean + 0.1, "deviation": stdev(folds), "folds": folds}


def comparison(name: str, sign: int) -> dict[str, Any]:
    gain = sign * (fmean(SCORES["specialist"]) - fmean(SCORES[name]))
    difference = {"value": gain, "low": gain - 0.05, "high": gain + 0.05}
    return {"baseline": name, "difference": difference, "p": 0.01, "corrected": 0.02, "test": "a test", "spread": 1.0}


def metric(summary: str, *, higher_is_better: bool = True) -> dict[str, Any]:
    sign = 1 if higher_is_better else -1
    return {
        "summary": summary,
        "higher_is_better": higher_is_better,
        "share": True,
        "interval": "a test",
        "specialist": score(SCORES["specialist"]),
        "baselines": {name: score(SCORES[name]) for name in ("tfidf-linear", "majority")},
        "comparisons": [comparison(name, sign) for name in ("tfidf-linear", "majority")],
    }


def wrong(text: str, line: int = 2) -> dict[str, Any]:
    about = {"file": "reviews.csv", "line": line, "row": line - 2, "truth": "good", "answer": "bad"}
    return {**about, "confidence": 0.91, "baselines_wrong": 1, "text": text}


@pytest.fixture
def found() -> dict[str, Any]:
    """Two folds, drawn twice; the specialist gains 6.2 points on average."""
    cost = {"amount": 0.01, "currency": "USD", "hardware": "2 processor cores"}
    verdict = {
        "decision": "ship",
        "metric": "accuracy",
        "specialist": {"value": 0.8375, "low": 0.7375, "high": 0.9375},
        "baselines": [{"name": name, **score(SCORES[name])} for name in ("tfidf-linear", "majority")],
        "best_baseline": "tfidf-linear",
        "difference": {**comparison("tfidf-linear", 1)["difference"], "p": 0.02},
        "test": "corrected resampled t-test of Nadeau and Bengio",
        "test_rows": 40,
        "minimum_gain": 0.02,
        "rows_to_settle": None,
        "reasons": ["It is better.", "That is significant.", "It is enough."],
        "seconds": 61.0,
        "cost": cost,
    }
    parts = [
        {"repeat": repeat, "fold": fold, "train": 15, "validation": 5, "test": 20, "seconds": 15.0}
        for repeat in (1, 2)
        for fold in (1, 2)
    ]
    metrics = {"accuracy": metric("share right"), "error": metric("share wrong", higher_is_better=False)}
    return {
        "run": "reviews",
        "verdict": verdict,
        "scores": {"rows": 40, "folds": 2, "repeats": 2, "parts": parts, "metrics": metrics},
        "wrong": {"rows": [wrong("a text")], "baselines": 2, "tested": 40},
        "summaries": {"tfidf-linear": "counts words"},
        "command": "burnish run runs/reviews/recipe.yaml --set evaluate.folds=1",
    }


def test_the_page_is_whole_and_needs_nothing_else(found: dict[str, Any]) -> None:
    page = Page(render_cross_validation(found))
    assert set(SECTIONS) <= set(page.ids())
    assert len(page.ids()) == len(set(page.ids()))
    links = [str(link["href"]) for link in page.attributes("a")]
    assert all(link.startswith("#") and link[1:] in {*page.ids()} for link in links)
    assert not page.attributes("script")
    assert not page.attributes("img")
    text = " ".join(page.text)
    assert "Ship the specialist: it beats the best baseline by 6.2 points." in text
    assert "Each of 40 rows was a test row once in each of 2 repeats, in one of 2 folds" in text
    assert "about 15 other rows were learned from and 5 chose the checkpoint" in text
    assert "burnish run runs/reviews/recipe.yaml --set evaluate.folds=1" in text


def test_what_stands_in_the_data_is_text(found: dict[str, Any]) -> None:
    found["wrong"]["rows"] = [{**wrong(HOSTILE), "truth": HOSTILE, "answer": HOSTILE, "file": HOSTILE}]
    found["run"] = HOSTILE
    source = render_cross_validation(found)
    page = Page(source)
    assert not page.attributes("script")
    assert not page.attributes("img")
    assert "{{ 7 * 7 }}" in source


def test_systems_by_their_means_and_every_fold_a_dot(found: dict[str, Any]) -> None:
    view = view_cross_validation(found)
    assert [line.name for line in view.deciding.lines] == ["specialist", "tfidf-linear", "majority"]
    assert [line.role for line in view.deciding.lines] == ["specialist", "best", "other"]
    own, best, _ = view.deciding.lines
    assert (own.score, own.deviation, own.gain) == ("83.8%", "4.8 points", "")
    assert (best.gain, best.p, best.summary) == ("+6.2 points", "0.020", "counts words")
    assert own.dots.count("M") == 4
    assert view.deciding.reference == best.whisker.dot
    assert "it is ahead in 3 of 4 folds" in view.deciding.sentence
    (other,) = view.others
    assert other.direction == "lower is better"
    assert [line.name for line in other.lines] == ["majority", "tfidf-linear", "specialist"]
    assert "33.8 points worse than the best baseline, majority; it is ahead in 0 of 4 folds" in other.sentence


def test_every_fold_in_the_table(found: dict[str, Any]) -> None:
    view = view_cross_validation(found)
    assert [fold.name for fold in view.folds] == ["1, repeat 1", "2, repeat 1", "1, repeat 2", "2, repeat 2"]
    assert [fold.gain for fold in view.folds] == ["+5.0 points", "0.0 points", "+10.0 points", "+10.0 points"]
    assert view.folds_sentence.endswith("the gain lies between 0.0 points and +10.0 points.")


def test_dots_that_fall_together_stand_apart() -> None:
    path = dots_in_line([50, 50.1, 50.2, 80])
    places = [(float(x), float(y)) for x, y in re.findall(r"M([\d.]+),([\d.]+)h", path)]
    assert [x for x, _ in places] == [50, 50.1, 50.2, 80]
    assert len({y for _, y in places[:3]}) == 3
    assert places[3][1] == places[0][1]
    assert all(0 <= y <= 21 for _, y in places)


def test_wrong_rows_say_how_sure_and_who_else(found: dict[str, Any]) -> None:
    view = view_cross_validation(found)
    (row,) = view.wrong
    assert (row.place, row.text, row.truth, row.answer) == ("reviews.csv:2", "a text", "good", "bad")
    assert row.remark == "91.0% sure; so is 1 of 2 baselines"
    assert "1 of 40 rows wrong in all 2 repeats" in view.wrong_sentence


def test_many_wrong_rows_are_cut_and_none_are_said(found: dict[str, Any]) -> None:
    found["wrong"]["rows"] = [wrong("word " * 200, line) for line in range(2, 40)]
    found["scores"]["repeats"] = 1
    view = view_cross_validation(found)
    assert len(view.wrong) == 30
    assert view.wrong[0].start.endswith("…")
    assert "These are the 30 it was surest of" in view.wrong_sentence
    assert "--repeats 2" in view.wrong_sentence
    found["wrong"]["rows"] = []
    assert view_cross_validation(found).wrong_sentence == "There is none."
    Page(render_cross_validation(found))


def test_cautions(found: dict[str, Any]) -> None:
    assert "4 folds say little" in render_cross_validation(found)
    alike = copy.deepcopy(found)
    for entry in alike["scores"]["metrics"].values():
        entry["specialist"] = score([value + 0.05 for value in SCORES["tfidf-linear"]])
    assert "is the same in every fold" in render_cross_validation(alike)
    assert "is the same in every fold" not in render_cross_validation(found)
