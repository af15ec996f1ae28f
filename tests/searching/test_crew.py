"""Several workers: separate processes, one study, and no end of theirs ends the sweep."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from burnish.events import Note
from burnish.recipe import parse_recipe
from burnish.recipe_problems import read_recipe_file
from burnish.run_folder import RunFolder
from burnish.searching.study import STUDY_FILE
from burnish.searching.sweep import run_sweep
from burnish.searching.worker import Worker
from tests.making import review_rows, write_csv
from tests.searching.toys import SEES_PROCESSES, sweep_toy, toy_recipe, workers_of

needs_proc = pytest.mark.skipif(not SEES_PROCESSES, reason="needs /proc")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_csv(tmp_path_factory.mktemp("data") / "reviews.csv", list(review_rows(150, noise=0.2)))


@dataclass(frozen=True, kw_only=True)
class Swept:
    """A sweep of two workers that has ended, one of which was killed on the way."""

    folder: RunFolder
    said: list[str]
    found: dict[str, Any]

    def states(self) -> list[str]:
        return [row["state"] for row in self.found["trials"]]


@pytest.fixture(scope="module")
def swept(data: Path, encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Swept:
    keys: dict[str, Any] = {"sweep": {"trials": 5, "workers": 2}, "training": {"threads": 2, "epochs": 4}}
    recipe, folder = toy_recipe(data, encoder, tmp_path_factory.mktemp("crew"), **keys)
    said, killed = list[str](), 0
    for event in run_sweep(recipe, folder):
        said += [event.text] if isinstance(event, Note) else []
        states = {} if killed else _states(folder)
        own_is_done = states.get(0) == "COMPLETE"  # without it there is no sweep
        if own_is_done and list(states.values()).count("RUNNING") == 2:  # whichever is killed has a trial to lose
            killed = _kill_a_worker(folder)
    assert killed
    return Swept(folder=folder, said=said, found=json.loads((folder.root / "sweep" / "sweep.json").read_text()))


def _states(folder: RunFolder) -> dict[int, str]:
    """The state of each trial by its number, as the study's file has it."""
    file = folder.root / "sweep" / STUDY_FILE
    if not file.exists():
        return {}
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
        try:
            return dict(database.execute("select number, state from trials"))
        except sqlite3.OperationalError:  # it is being set up
            return {}


@needs_proc
def test_a_worker_that_is_killed_costs_one_trial(swept: Swept) -> None:
    assert swept.states().count("failed") == 1
    assert swept.states().count("complete") + swept.states().count("pruned") == 4
    failed = next(row for row in swept.found["trials"] if row["state"] == "failed")
    assert failed["why"] == "its process was ended by signal 9"


@needs_proc
def test_two_workers_do_what_one_does(swept: Swept, data: Path, encoder: Path, tmp_path: Path) -> None:
    folder, found = swept.folder, swept.found
    assert sorted(row["number"] for row in found["trials"]) == list(range(5))
    assert found["trials"][0]["own"]
    assert found["budget"]["workers"] == 2
    assert {path.name for path in (folder.root / "sweep" / "workers").iterdir()} == {"0.log", "1.log"}
    assert any("all trials are done" in text for text in swept.said)
    one, _ = sweep_toy(data, encoder, tmp_path / "alone", sweep={"trials": 1}, training={"threads": 1, "epochs": 4})
    alone = json.loads((one.root / "sweep" / "sweep.json").read_text())["recipe"]
    assert alone["score"] == found["recipe"]["score"], "the same recipe scores the same, wherever it is trained"
    stories = list((folder.root / "sweep" / "trials").glob("*/training.json"))
    assert {json.loads(path.read_text())["threads"] for path in stories} == {1}, "threads are divided among workers"
    for name in ("recipe.yaml", "sweep/best.yaml"):  # what is written keeps to what the user asked for
        assert parse_recipe(read_recipe_file(folder.root / name)[0], name).training.threads == 2


def _kill_a_worker(folder: RunFolder) -> int:
    for pid in workers_of(folder.root):
        os.kill(pid, signal.SIGKILL)
        return pid
    return 0


def test_a_worker_that_cannot_begin_is_told(data: Path, encoder: Path, tmp_path: Path) -> None:
    worker = Worker(tmp_path, tmp_path / "nothing.yaml", tmp_path / "logs" / "0.log", 1)
    assert list(worker.lines()) == []
    assert worker.exit_code() == 1
    assert "nothing.yaml" in (tmp_path / "logs" / "0.log").read_text()
    worker.train(0, {})
    assert worker.end() == 1
