"""Which rows to label next: what is left out, where uncertainty comes from, and what is written."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import burnish
from burnish.contracts import Prediction
from burnish.labelling.next_rows import answer_uncertainty
from tests.making import review_rows, write_csv


def written(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_without_labels_rows_are_chosen_that_stand_for_others(encoder: Path, tmp_path: Path) -> None:
    rows = [(text, str(number)) for number, (text, _) in enumerate(review_rows(60))]
    pool = write_csv(tmp_path / "pool.csv", [*rows, ("", "x"), (rows[0][0], "again")], ("text", "order"))
    found = burnish.label_next(pool, tmp_path / "next.csv", count=9, model=str(encoder))
    assert (found.rows, found.empty, found.repeated, found.labelled, found.pool, found.chosen) == (62, 1, 1, 0, 60, 9)
    lines = written(tmp_path / "next.csv")
    assert [line["order"] for line in lines] == [str(line - 2) for line in found.lines]
    assert [line["uncertainty"] for line in lines] == [""] * 9
    gains = [float(line["stands_for"]) for line in lines]
    assert gains == sorted(gains, reverse=True)
    assert found.mean_uncertainty is None


def test_a_probe_learns_from_the_labelled_rows_and_they_are_not_chosen(encoder: Path, tmp_path: Path) -> None:
    rows = review_rows(90)
    pool = write_csv(tmp_path / "pool.csv", [(text, label if n < 10 else "") for n, (text, label) in enumerate(rows)])
    done = write_csv(tmp_path / "done.csv", rows[10:40])
    found = burnish.label_next(pool, tmp_path / "next.csv", count=200, labelled=[done], model=str(encoder))
    assert (found.labelled, found.pool, found.chosen) == (40, 50, 50)
    assert found.uncertainty == "a probe on 40 labelled rows"
    assert {line["text"] for line in written(tmp_path / "next.csv")} == {text for text, _ in rows[40:]}
    assert all(0 <= float(line["uncertainty"]) <= 1 for line in written(tmp_path / "next.csv"))


def test_a_run_says_what_it_is_unsure_about_and_its_own_rows_are_left_out(
    finished: burnish.Run, tmp_path: Path
) -> None:
    fresh = [text for text, _ in review_rows(300, seed=5)][:40]
    pool = write_csv(
        tmp_path / "pool.csv", [(text,) for text, _ in review_rows(240)] + [(t,) for t in fresh], ("text",)
    )
    found = burnish.label_next(pool, tmp_path / "next.csv", count=5, run=finished.folder)
    assert found.uncertainty == "the run's model"
    assert found.labelled == 240
    (first, *_) = written(tmp_path / "next.csv")
    scores = sorted(finished.specialist.predict([first["text"]])[0].scores.values())
    assert float(first["uncertainty"]) == pytest.approx(1 - scores[-1] + scores[-2], abs=1e-3)


def test_where_a_model_answers_words_the_mean_over_a_rows_words_says_what_is_alike(
    encoder: Path, tmp_path: Path
) -> None:
    pool = write_csv(tmp_path / "pool.csv", [(text,) for text, _ in review_rows(30)], ("text",))
    found = burnish.label_next(pool, tmp_path / "next.csv", count=4, task="token-classification", model=str(encoder))
    assert (found.pool, found.chosen, len(set(found.lines))) == (30, 4, 4)


def test_uncertainty_of_answers_without_probabilities_is_one_less_the_confidence() -> None:
    number = Prediction(value=2.5, confidence=0.9, scores={"value": 2.5})
    label = Prediction(value="a", confidence=0.6, scores={"a": 0.6, "b": 0.4})
    assert np.allclose(answer_uncertainty([number, label]), [0.1, 0.8])
