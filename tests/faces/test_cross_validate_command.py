"""`burnish cross-validate`: what it shows, what it prints for programs, and one clear message for bad input."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from burnish.events import Progress
from burnish.faces.cross_validating import start_cross_validation
from burnish.faces.python import prepare
from burnish.faces.terminal import watch
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

    refused = burnish_command("run", out / "reviews" / "recipe.yaml", "--out", out)
    assert refused.code == 2
    assert "burnish cross-validate" in refused.err


def test_progress_goes_up_to_the_end(small: Path, encoder: Path, tmp_path: Path) -> None:
    keys = {"model": str(encoder), "method": "head", "training": {**FAST, "epochs": 1}, "evaluate": {"folds": 2}}
    recipe, folder = prepare(small, name="", out=tmp_path / "runs", keys=keys)
    seen = [event for event in start_cross_validation(recipe, folder) if isinstance(event, Progress)]
    ours = [event for event in seen if event.work == "cross-validation"]
    assert [event.done for event in ours] == sorted(event.done for event in ours)
    assert (ours[0].done, ours[-1].done, ours[-1].total) == (0, 100, 100)
    assert {event.figures["fold"] for event in ours} == {"1 of 2", "2 of 2"}
    assert "specialist" in ours[-1].figures
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    watch(start_cross_validation(recipe, folder), console)  # with a bar that moves, and nothing left to do
    assert "2 of 2 folds were done earlier" in console.file.getvalue()  # type: ignore[attr-defined]


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
