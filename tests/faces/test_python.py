"""The Python face: public names, keys that are merged, and what it says of runs that cannot be read."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

import burnish
from burnish.faces.python import merged, prepare
from burnish.run_folder import read_json
from tests.faces.commands import Terminal


@pytest.mark.parametrize("name", burnish.__all__)
def test_public_names_are_there_when_asked_for(name: str) -> None:
    assert getattr(burnish, name) is not None


def test_what_answers_is_of_the_public_types(finished: burnish.Run) -> None:
    specialist = finished.specialist
    assert isinstance(specialist, burnish.Specialist)
    assert all(isinstance(answer, burnish.Prediction) for answer in specialist.predict(["great", "awful"]))
    with pytest.raises(AttributeError, match="no attribute 'Specialst'"):
        _ = burnish.Specialst


@pytest.mark.parametrize(
    ("values", "keys", "expected"),
    [
        ({"method": "full"}, {"method": {"layer-decay": 0.9}}, {"method": {"name": "full", "layer-decay": 0.9}}),
        ({"method": {"name": "x"}}, {"method": {"layer_decay": 0.9}}, {"method": {"name": "x", "layer-decay": 0.9}}),
        ({"method": {"name": "full", "layer-decay": 0.9}}, {"method": "full"}, {"method": "full"}),
        ({"data": {"train": "x.csv"}}, {"label": "y"}, {"data": {"train": "x.csv", "label": "y"}}),
        ({"data": None}, {"label": "y"}, {"data": {"label": "y"}}),
        ({"training": None}, {"training": {"epochs": 3}}, {"training": {"epochs": 3}}),
        ({"seed": 3}, {"seed": 4}, {"seed": 4}),
    ],
)
def test_keys_are_merged(values: dict[str, Any], keys: dict[str, Any], expected: dict[str, Any]) -> None:
    assert merged(values, keys) == expected


@pytest.mark.parametrize(
    ("values", "keys", "both"),
    [
        ({"training": 5}, {"training": {"epochs": 3}}, "`training` is 5 and cannot have `training.epochs`"),
        ({"data": "x.csv"}, {"label": "y"}, "`data` is 'x.csv' and cannot have `data.label`"),
        ({"method": ["full"]}, {"method": {"rank": 3}}, r"`method` is \['full'\] and cannot have `method.rank`"),
    ],
)
def test_what_is_no_section_takes_no_keys(values: dict[str, Any], keys: dict[str, Any], both: str) -> None:
    with pytest.raises(burnish.UserError, match=both):
        merged(values, keys)


@pytest.mark.parametrize("written", ["method: full\n", "method: {name: full}\n"])
def test_a_method_of_a_recipe_file_takes_settings(written: str, tmp_path: Path) -> None:
    file = tmp_path / "recipe.yaml"
    file.write_text("data: {train: x.csv}\n" + written)
    recipe, _ = prepare(file, name="", out=tmp_path, keys={"method": {"layer_decay": 0.9}})
    assert recipe.as_dict()["method"].items() >= {"name": "full", "layer-decay": 0.9}.items()


@pytest.fixture
def unfinished(finished: burnish.Run, tmp_path: Path) -> Path:
    """A run that was stopped before it was evaluated, in a place that is not where runs are by default."""
    folder = shutil.copytree(finished.folder, tmp_path / "my runs" / "half")
    shutil.rmtree(folder / "evaluate")
    shutil.rmtree(folder / "report")
    return folder


@pytest.mark.parametrize(
    ("here", "given"), [(".", "my runs/half"), ("my runs/half", "."), ("my runs", "half"), (".", "")]
)
def test_the_command_that_is_told_continues_the_run(
    here: str, given: str, unfinished: Path, burnish_command: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path / here)
    error = burnish_command("report", given or unfinished, "--json").json()["error"]
    assert error["what"] == "this run has not come to its end"
    command = shlex.split(error["fix"].split("`")[1])
    assert command[:2] == ["burnish", "run"]
    said = burnish_command(*command[1:], "--json")
    assert said.code == 0, said.out
    assert Path(said.json()["run"]).resolve() == unfinished
    assert read_json(unfinished / "evaluate" / "record.json")["stage"] == "evaluate"
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["my runs"]


def test_where_runs_are_by_default_the_folder_is_not_named(
    finished: burnish.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(finished.folder, Path("runs/half"), ignore=shutil.ignore_patterns("evaluate"))
    with pytest.raises(burnish.UserError) as caught:
        _ = burnish.load("runs/half").scores
    assert caught.value.fix == "Run `burnish run runs/half/recipe.yaml`: it goes on where it stopped."


def test_a_specialist_alone_has_no_verdict(
    finished: burnish.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken_out = shutil.copytree(finished.specialist_folder, tmp_path / "alone")
    with pytest.raises(burnish.UserError, match="a specialist alone has no verdict") as caught:
        _ = burnish.load(taken_out).verdict
    assert caught.value.fix == "Open the run that it was made in."
    monkeypatch.chdir(finished.folder.parent)
    with pytest.raises(burnish.UserError) as caught:
        _ = burnish.load(Path(finished.folder.name) / "evaluate" / "specialist").scores
    assert caught.value.fix == f"Open the run that it was made in: {finished.folder.name}."
