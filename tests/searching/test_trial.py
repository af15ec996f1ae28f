"""One trial: it trains on what the sweep shares, leaves only its story, and has no way to the test rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from burnish.events import finish
from burnish.pipeline import in_folder, run_stages
from burnish.recipe import Recipe
from burnish.run_folder import RunFolder
from burnish.searching.space import with_values
from burnish.searching.trial import TrialFolder, clean_trials, run_trial, trial_folder
from tests.making import review_rows, write_csv
from tests.searching.toys import toy_recipe


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, encoder: Path) -> tuple[Recipe, RunFolder]:
    """A run that has come to its baselines."""
    folder = tmp_path_factory.mktemp("shared")
    data = write_csv(folder / "reviews.csv", list(review_rows(120, noise=0.2)))
    recipe, run = toy_recipe(data, encoder, folder / "runs")
    finish(in_folder(recipe, run, run_stages(recipe, run, last="baseline")))
    return recipe, run


def test_a_trial_tells_every_epoch_and_how_it_ended(shared: tuple[Recipe, RunFolder], tmp_path: Path) -> None:
    recipe, run = shared
    said = list(run_trial(recipe, run, tmp_path / "000"))
    assert [each.epoch for each in said if each.score is not None] == [1, 2]
    assert [each.ended is not None for each in said] == [False] * (len(said) - 1) + [True]
    ended = said[-1].ended
    assert ended is not None
    story = json.loads((tmp_path / "000" / "training.json").read_text())
    kept = story["validations"][story["best"]]
    assert (ended["score"], ended["loss"], ended["epochs"]) == (kept["score"], kept["loss"], 2)
    shares = [each.share for each in said]
    assert shares == sorted(shares)


def test_only_the_story_is_kept(shared: tuple[Recipe, RunFolder], tmp_path: Path) -> None:
    recipe, run = shared
    before = {path.relative_to(run.root) for path in run.root.rglob("*")}
    list(run_trial(recipe, run, tmp_path / "000"))
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["training.json"]
    assert {path.relative_to(run.root) for path in run.root.rglob("*")} == before, "the run itself is only read"


def test_a_trial_that_is_closed_leaves_nothing(shared: tuple[Recipe, RunFolder], tmp_path: Path) -> None:
    trial = run_trial(*shared, tmp_path / "000")
    assert next(said for said in trial if said.score is not None).epoch == 1
    trial.close()
    assert list(tmp_path.iterdir()) == []


def test_other_values_are_trained_with(shared: tuple[Recipe, RunFolder], tmp_path: Path) -> None:
    recipe, run = shared
    other = with_values(recipe, {"training.epochs": 1, "training.batch-size": 8})
    assert [said.epoch for said in run_trial(other, run, tmp_path / "000") if said.score is not None] == [1]


def test_the_same_values_give_the_same_score(shared: tuple[Recipe, RunFolder], tmp_path: Path) -> None:
    ends = [[*run_trial(*shared, tmp_path / name)][-1].ended for name in ("000", "001")]
    assert ends[0] is not None
    assert ends[1] is not None
    assert (ends[0]["score"], ends[0]["loss"]) == (ends[1]["score"], ends[1]["loss"])


def test_what_the_user_can_mend_is_told_and_not_raised(shared: tuple[Recipe, RunFolder], tmp_path: Path) -> None:
    recipe, run = shared
    refused = with_values(recipe, {}).model_copy(
        update={"method": recipe.method.model_copy(update={"name": "freeze", "settings": {"blocks": 2}})}
    )
    last = list(run_trial(refused, run, tmp_path / "000"))[-1]
    assert last.failed is not None
    assert "all are to be frozen" in last.failed["what"]
    assert list(tmp_path.iterdir()) == []


def test_there_is_no_way_to_the_test_rows(shared: tuple[Recipe, RunFolder], tmp_path: Path) -> None:
    folder = TrialFolder(root=tmp_path, shared=shared[1])
    assert folder.file("split", "train.parquet").is_file()
    for stage in ("split", "check"):
        with pytest.raises(ValueError, match="no test rows"):
            folder.file(stage, "test.parquet")
    assert folder.stage("train") == tmp_path
    assert folder.stage("baseline") == shared[1].stage("baseline")


def test_what_killed_trials_left_is_removed(tmp_path: Path) -> None:
    run = RunFolder(root=tmp_path)
    ended, killed = trial_folder(run, 0), trial_folder(run, 1)
    for place in (ended, killed):
        (place / "model").mkdir(parents=True)
        (place / "checkpoint.safetensors").write_bytes(b"weights")
    (ended / "training.json").write_text("{}")
    clean_trials(run)
    assert not killed.exists()
    assert [path.name for path in ended.iterdir()] == ["training.json"]
