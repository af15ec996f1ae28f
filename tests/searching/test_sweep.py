"""A whole sweep: the recipe first, never the test rows, files that say what was found, and going on after a kill."""

from __future__ import annotations

import csv
import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from burnish.errors import UserError
from burnish.events import Event, Progress, StageDone, StageStarted, finish
from burnish.pipeline import STAGES, in_folder, run_stages
from burnish.recipe import Recipe, parse_recipe
from burnish.recipe_problems import read_recipe_file
from burnish.run_folder import RunFolder
from burnish.searching.space import with_values
from burnish.searching.sweep import run_sweep
from tests.making import review_rows, write_csv
from tests.processes import Processes
from tests.searching.toys import RANGES, SEES_PROCESSES, notes, start_sweep_process, sweep_toy, toy_recipe, workers_of


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_csv(tmp_path_factory.mktemp("data") / "reviews.csv", list(review_rows(150, noise=0.2)))


@pytest.fixture(scope="module")
def swept(data: Path, encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunFolder, list[Event]]:
    """A sweep of six trials, with every file that Python opened written down."""
    return sweep_toy(data, encoder, tmp_path_factory.mktemp("swept"), sweep={"trials": 6})


def result(folder: RunFolder) -> Any:
    return json.loads((folder.root / "sweep" / "sweep.json").read_text())


def test_a_sweep_leaves_these_files(swept: tuple[RunFolder, list[Event]]) -> None:
    folder = swept[0]
    found = {path.relative_to(folder.root).as_posix() for path in folder.root.rglob("*") if path.is_file()}
    own = {name for name in found if name.startswith("sweep/")}
    stories = {name for name in own if name.startswith("sweep/trials/")}
    files = ("about.json", "best.yaml", "report.html", "study.db", "sweep.json", "trials.csv")
    assert own - stories == {f"sweep/{name}" for name in files}
    complete = [row["number"] for row in result(folder)["trials"] if row["state"] == "complete"]
    assert stories == {f"sweep/trials/{number:03d}/training.json" for number in complete}
    assert not [name for name in found if name.partition("/")[0] in {"train", "export", "evaluate", "report"}]


def test_the_recipe_comes_first_and_the_best_is_never_worse(swept: tuple[RunFolder, list[Event]]) -> None:
    found = result(swept[0])
    first = found["trials"][0]
    assert first["own"]
    assert first["values"] == {"training.learning-rate": 0.003, "training.batch-size": 16}
    assert found["best"]["score"] >= found["recipe"]["score"] == first["score"]
    assert len(found["trials"]) == 6
    assert found["validation_rows"] == 30


def test_the_table_has_every_trial(swept: tuple[RunFolder, list[Event]]) -> None:
    with (swept[0].root / "sweep" / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    found = result(swept[0])["trials"]
    assert [(int(row["number"]), row["state"], float(row["score"])) for row in rows] == [
        (trial["number"], trial["state"], trial["score"]) for trial in found
    ]
    assert [float(row["training.learning-rate"]) for row in rows] == [
        trial["values"]["training.learning-rate"] for trial in found
    ]


def test_the_best_recipe_is_complete_and_trains_what_the_best_trial_trained(
    swept: tuple[RunFolder, list[Event]], data: Path
) -> None:
    folder = swept[0]
    path = folder.root / "sweep" / "best.yaml"
    best = parse_recipe(read_recipe_file(path)[0], str(path))
    used = parse_recipe(read_recipe_file(folder.root / "recipe.yaml")[0], "recipe.yaml")
    assert best.as_dict() == with_values(used, result(folder)["best"]["values"]).as_dict()
    assert Path(best.data.train).resolve() == data.resolve()
    comment = path.read_text().partition("\n\n")[0]
    assert f"trial {result(folder)['best']['number']}" in comment
    assert f"burnish run {path} --name {folder.name}-best" in comment


def test_progress_is_told(swept: tuple[RunFolder, list[Event]]) -> None:
    events = swept[1]
    progress = [event for event in events if isinstance(event, Progress) and event.work == "trials"]
    assert [event.done for event in progress] == sorted(event.done for event in progress)
    assert (progress[-1].done, progress[-1].total) == (6, 6)
    assert progress[-1].figures["best accuracy"] == f"{result(swept[0])['best']['score']:.4f}"
    told = notes(events)
    assert any(text.startswith("trial 0: accuracy") and text.endswith("the recipe as it stands") for text in told)
    assert any("all trials are done" in text for text in told)


def test_the_test_rows_are_never_opened(data: Path, encoder: Path, tmp_path: Path) -> None:
    """Every file that Python opens is written down with what is at work; split writes the test rows, nobody reads them.

    Between two stages, the pipeline makes sure that they are still those that were sealed.
    """
    opened: list[tuple[str, str]] = []
    at_work, listening = "", True

    def listen(event: str, arguments: tuple[Any, ...]) -> None:
        if listening and event == "open" and isinstance(arguments[0], str | bytes | Path):
            opened.append((str(arguments[0]), at_work))

    recipe, folder = toy_recipe(data, encoder, tmp_path, sweep={"trials": 2})
    sys.addaudithook(listen)  # hooks cannot be removed: it stops listening instead
    try:
        for event in run_sweep(recipe, folder):
            if isinstance(event, StageStarted | StageDone):
                at_work = event.stage if isinstance(event, StageStarted) else ""
    finally:
        listening = False
    assert {at for path, at in opened if path.endswith("split/test.parquet") and at} == {"split"}
    assert any(path.endswith("split/validation.parquet") and at == "sweep" for path, at in opened)


def test_the_same_command_goes_on_with_more_trials(data: Path, encoder: Path, tmp_path: Path) -> None:
    folder, _ = sweep_toy(data, encoder, tmp_path, sweep={"trials": 2})
    before = result(folder)["trials"]
    _, events = sweep_toy(data, encoder, tmp_path, sweep={"trials": 2})
    assert [event.skipped for event in events if isinstance(event, StageDone)] == [True] * 4
    assert result(folder)["trials"] == before
    sweep_toy(data, encoder, tmp_path, sweep={"trials": 4})
    assert result(folder)["trials"][:2] == before
    assert len(result(folder)["trials"]) == 4


def test_another_recipe_begins_anew_and_keeps_the_earlier_sweep(data: Path, encoder: Path, tmp_path: Path) -> None:
    folder, _ = sweep_toy(data, encoder, tmp_path, sweep={"trials": 2})
    before = (folder.root / "sweep" / "sweep.json").read_text()
    _, events = sweep_toy(data, encoder, tmp_path, sweep={"trials": 2}, training={"label-smoothing": 0.1})
    told = " ".join(notes(events))
    assert "training.label-smoothing changed from 0.0 to 0.1, so the sweep begins anew" in told
    assert (folder.root / "sweep-1" / "sweep.json").read_text() == before
    ranges = {**RANGES, "training.batch-size": [8, 16]}
    _, events = sweep_toy(
        data, encoder, tmp_path, sweep={"trials": 1, "ranges": ranges}, training={"label-smoothing": 0.1}
    )
    assert "sweep.ranges.training.batch-size changed from '8, 16, 32' to '8, 16'" in " ".join(notes(events))
    assert (folder.root / "sweep-2").is_dir()


def test_a_run_and_a_sweep_share_a_folder(data: Path, encoder: Path, tmp_path: Path) -> None:
    """What a sweep has done is not done again by a run, and its keys are none that a stage reads."""
    recipe, folder = toy_recipe(data, encoder, tmp_path, sweep={"trials": 1})
    finish(run_sweep(recipe, folder))
    assert skipped(recipe, folder) == {
        "check": True,
        "split": True,
        "baseline": True,
        "train": False,
    }
    other, _ = toy_recipe(data, encoder, tmp_path, sweep={"trials": 7})
    assert all(skipped(other, folder).values())
    assert not [key for stage in STAGES for key in stage.reads if key.partition(".")[0] == "sweep"]


def skipped(recipe: Recipe, folder: RunFolder) -> dict[str, bool]:
    """Which stages up to training were done already."""
    events = in_folder(recipe, folder, run_stages(recipe, folder, last="train"))
    return {event.stage: event.skipped for event in events if isinstance(event, StageDone)}


def test_the_time_is_kept_over_all_starts(data: Path, encoder: Path, tmp_path: Path) -> None:
    folder, events = sweep_toy(data, encoder, tmp_path, sweep={"trials": 500, "minutes": 0.001})
    assert result(folder)["trials"][0]["state"] == "complete", "the recipe itself may end"
    assert any("the time is up" in text for text in notes(events))
    count = len(result(folder)["trials"])
    sweep_toy(data, encoder, tmp_path, sweep={"trials": 500, "minutes": 0.001})
    assert len(result(folder)["trials"]) == count, "the time was used up by the first start"
    assert not list((folder.root / "sweep" / "trials").glob("*/*.safetensors"))


def test_values_that_cannot_be_trained_are_told_and_left(data: Path, encoder: Path, tmp_path: Path) -> None:
    ranges = {"method.blocks": [1, 2]}  # the toy encoder has two, and one must be left
    folder, events = sweep_toy(
        data, encoder, tmp_path, method={"name": "freeze", "blocks": 1}, sweep={"trials": 2, "ranges": ranges}
    )
    assert [row["state"] for row in result(folder)["trials"]] == ["complete", "failed"]
    assert any(text.startswith("trial 1 cannot be done (blocks 2): the model has 2 blocks") for text in notes(events))


def test_a_recipe_that_cannot_be_trained_ends_the_sweep(data: Path, encoder: Path, tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(UserError, match="the recipe as it stands cannot be trained: the model has 2 blocks"):
            sweep_toy(data, encoder, tmp_path, method={"name": "freeze", "blocks": 2})


def test_a_wrong_range_is_refused_before_anything_is_done(data: Path, encoder: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"sweep.ranges.training.epoch"):
        sweep_toy(data, encoder, tmp_path / "runs", sweep={"ranges": {"training.epoch": [1]}})
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_killed_it_goes_on_and_loses_only_what_was_in_flight(
    workers: int, data: Path, encoder: Path, tmp_path: Path, processes: Processes
) -> None:
    """SIGKILL as soon as a second trial has begun; the workers of the sweep end with it."""
    options = ("--trials", "4", "--workers", str(workers), "--set", "training.epochs=6")
    process = start_sweep_process(processes, data, encoder, tmp_path, *options)
    for line in process.stderr:
        if line.strip().startswith("trial 1:"):
            assert len(workers_of(tmp_path / "reviews")) == (workers if workers > 1 and SEES_PROCESSES else 0)
            process.send_signal(signal.SIGKILL)
            break
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    until_gone = time.monotonic() + 600
    while workers_of(tmp_path / "reviews"):
        assert time.monotonic() < until_gone, "workers live on without the one who leads them"
        time.sleep(0.2)
    folder = RunFolder(root=tmp_path / "reviews")
    assert not (folder.root / "sweep" / "sweep.json").exists()

    again = start_sweep_process(processes, data, encoder, tmp_path, *options)
    output, errors = again.communicate()
    assert again.returncode == 0, errors
    assert "best.yaml" in output
    trials = result(folder)["trials"]
    lost = [row for row in trials if row["state"] == "interrupted"]
    assert len(lost) <= workers
    ended = [row for row in trials if row["state"] != "interrupted"]
    assert len(ended) == 4
    assert all(row["values"] in [other["values"] for other in ended] for row in lost), "tried again, as they were"
    assert not list((folder.root / "sweep" / "trials").glob("*/*.safetensors"))
