"""`burnish.sweep(...)` and `burnish sweep`: thin, quiet where nobody watches, and clear about bad input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import burnish
from tests.faces.commands import Said, Terminal
from tests.making import review_rows, write_csv

TRAINING: dict[str, Any] = {"epochs": 2, "precision": "fp32", "threads": 1, "learning-rate": 0.003}
SETTINGS = [word for key, value in TRAINING.items() for word in ("--set", f"training.{key}={value}")]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_csv(tmp_path_factory.mktemp("data") / "reviews.csv", list(review_rows(120, noise=0.2)))


def test_from_python(data: Path, encoder: Path, tmp_path: Path) -> None:
    found = burnish.sweep(
        data,
        label="label",
        model=str(encoder),
        training=TRAINING,
        trials=3,
        ranges={"training.batch_size": [8, 16, 32]},
        out=tmp_path,
    )
    assert found.folder == tmp_path / "reviews" / "sweep"
    assert [sorted(trial["values"].items()) for trial in found.result["trials"]] == [
        [("training.batch-size", size)] for size in (16, 8, 32)
    ]
    assert found.best == max(found.result["trials"], key=lambda trial: (trial["score"], -trial["loss"]))
    assert all(path.is_file() for path in (found.recipe, found.trials, found.report))
    run = burnish.run(found.recipe, out=tmp_path, name="best")
    kept = json.loads((run.folder / "train" / "training.json").read_text())
    assert kept["validations"][kept["best"]]["score"] == found.best["score"], "the best recipe does what its trial did"


@pytest.fixture(scope="module")
def swept(data: Path, encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runs folder of a sweep that has ended."""
    out = tmp_path_factory.mktemp("runs")
    burnish.sweep(data, model=str(encoder), training=TRAINING, trials=3, ranges={"training.epochs": [1, 2, 3]}, out=out)
    return out


def again(burnish_command: Terminal, swept: Path, *options: str) -> Said:
    """The command that continues the sweep by its recipe."""
    return burnish_command("sweep", swept / "reviews" / "recipe.yaml", "--out", swept, *options)


def test_the_command_ends_with_a_table_and_what_to_do_next(burnish_command: Terminal, swept: Path) -> None:
    said = again(burnish_command, swept)
    assert said.code == 0
    lines = [line.rstrip() for line in said.out.splitlines() if line.strip()]
    assert lines[0].split() == ["trial", "accuracy", "epochs"]
    assert len(lines) in {6, 7}
    assert any("the recipe as it stands" in line for line in lines)
    assert f"report   {swept / 'reviews' / 'sweep' / 'report.html'}" in lines
    assert (
        f"verdict  burnish run {swept / 'reviews' / 'sweep' / 'best.yaml'} --name reviews-best --out {swept}" in lines
    )
    assert "\x1b" not in said.out + said.err, "no colours where nobody watches"
    assert "trials:" not in said.err, "no bar where nobody watches"


def test_the_command_as_one_object(burnish_command: Terminal, swept: Path) -> None:
    said = again(burnish_command, swept, "--json")
    assert said.err == ""
    found = said.json()
    assert found["run"] == str(swept / "reviews")
    assert Path(found["best"]).is_file()
    assert found["sweep"] == json.loads((swept / "reviews" / "sweep" / "sweep.json").read_text())


def test_options_are_keys_of_the_recipe(burnish_command: Terminal, data: Path, encoder: Path, tmp_path: Path) -> None:
    said = burnish_command(
        *("sweep", data, "--label", "label", "--model", encoder, "--method", "head", "--metric", "macro-f1"),
        *("--trials", "1", "--minutes", "5", "--seed", "3", "--name", "trial", "--out", tmp_path, *SETTINGS),
        *("--range", "training.batch-size=[8, 16]", "--range", "training.epochs={low: 1, high: 3}", "--json"),
    )
    assert said.code == 0, said.out
    found = said.json()["sweep"]
    assert found["budget"] == {"trials": 1, "minutes": 5.0, "workers": 1}
    assert (found["run"], found["method"], found["metric"]["name"]) == ("trial", "head", "macro-f1")
    assert [dimension["shown"] for dimension in found["space"]] == ["8, 16", "1 to 3"]
    recipe = (tmp_path / "trial" / "recipe.yaml").read_text()
    assert "seed: 3" in recipe


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--range", "training.epoch=[1]"], ["`sweep.ranges.training.epoch` is not a key", "training.epochs"]),
        (["--range", "training.epochs=[0]"], ["the recipe refuses a value", "greater than or equal to 1"]),
        (["--range", "training.epochs={low: 3, high: 2}"], ["`low` (3) must be below `high` (2)"]),
        (["--range", "training.epochs"], ["is not KEY=RANGE", "--range 'training.epochs="]),
        (["--trials", "0"], ["sweep.trials"]),
        (["--workers", "0"], ["sweep.workers"]),
        (["--minutes", "-1"], ["sweep.minutes"]),
        (["--set", "sweep.trails=3"], ["`sweep.trails` is not a key", "'trials'"]),
        (["--set", "seed=-1"], ["seed"]),
    ],
)
def test_bad_input_gets_one_message(
    options: list[str], told: list[str], burnish_command: Terminal, data: Path, encoder: Path, tmp_path: Path
) -> None:
    said = burnish_command("sweep", data, "--model", encoder, "--out", tmp_path / "runs", *options)
    assert said.code == 2
    assert all(part in said.err for part in told), said.err
    assert "Traceback" not in said.err
    assert said.out == ""
    assert not (tmp_path / "runs").exists()


def test_missing_data_gets_one_message(burnish_command: Terminal, tmp_path: Path) -> None:
    said = burnish_command("sweep", tmp_path / "nothing.csv", "--json")
    assert said.code == 2
    assert "does not exist" in said.json()["error"]["what"]
    assert said.err == ""
