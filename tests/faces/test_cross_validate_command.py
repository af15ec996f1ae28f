"""`burnish cross-validate`: what it shows, what it prints for programs, and one clear message for bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.faces.commands import Terminal
from tests.finished import FAST
from tests.making import review_rows, write_csv

SETTINGS = [o for key, value in {**FAST, "epochs": 1}.items() for o in ("--set", f"training.{key}={value}")]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "reviews.csv", list(review_rows(36, labels=2)))


def test_folds_are_told_one_by_one_and_it_ends_with_the_verdict(
    burnish_command: Terminal, small: Path, encoder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "runs"
    command = ["cross-validate", small, "--folds", 2, "--model", encoder, "--method", "head", "--out", out, *SETTINGS]
    said = burnish_command(*command)
    assert said.code == 0, said.err
    assert "fold 1 of 2: accuracy" in said.err
    assert "on average" in said.err
    assert "best baseline" in said.err
    assert "s left" in said.err
    assert "fold 2 of 2: accuracy" in said.err
    assert "verdict: " in said.out
    assert "on all 36 rows, tested in 2 folds" in said.out
    assert f"report   {out / 'reviews' / 'cross-validation' / 'report.html'}" in said.out
    assert f"train    burnish run {out / 'reviews' / 'recipe.yaml'} --set evaluate.folds=1 --out {out}" in said.out
    assert "burnish predict" not in said.out

    for_programs = burnish_command(*command, "--json")
    assert for_programs.err == ""
    found = for_programs.json()
    assert found["verdict"]["decision"] in {"ship", "keep-baseline", "inconclusive"}
    assert found["scores"]["folds"] == 2
    assert Path(found["report"]).is_file()
    assert Path(found["wrong"]).is_file()
    assert json.loads((out / "reviews" / "cross-validation" / "verdict.json").read_text()) == found["verdict"]

    by_recipe = burnish_command("run", out / "reviews" / "recipe.yaml", "--out", out, "--json")
    assert by_recipe.code == 0, by_recipe.err
    assert by_recipe.json() == found


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--folds", "1"], ["at least two folds", "--folds): 1", "--folds 5"]),
        (["--folds", "-2"], ["at least two folds", "--folds): -2"]),
        (["--repeats", "0"], ["`evaluate.repeats`", "greater than or equal to 1"]),
        (["--folds", "40"], ["40 folds need at least 40 rows of every class", "'negative' (18)", "--folds 18"]),
        (["--folds", "many"], ["--folds", "valid integer"]),
        (["--set", "data.test=other.csv"], ["tests every row", "other.csv", "Leave the test file out"]),
        (["--set", "split.fold=7/5"], ["`split.fold`", "which fold of how many"]),
    ],
)
def test_bad_input_gets_one_message(
    burnish_command: Terminal, small: Path, encoder: Path, tmp_path: Path, options: list[str], said: list[str]
) -> None:
    found = burnish_command("cross-validate", small, "--model", encoder, "--out", tmp_path / "runs", *options)
    assert found.code == 2
    assert "Traceback" not in found.err
    for words in said:
        assert words in found.err
    assert not (tmp_path / "runs" / "reviews" / "cross-validation").exists()


def test_errors_for_programs(burnish_command: Terminal, small: Path) -> None:
    found = burnish_command("cross-validate", small, "--folds", 1, "--json")
    assert found.code == 2
    assert "at least two folds" in found.json()["error"]["what"]
