"""Several workers: separate processes, one study, and no end of theirs ends the sweep."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest
from optuna.trial import TrialState

from burnish.events import finish
from burnish.pipeline import in_folder, run_stages
from burnish.recipe import parse_recipe
from burnish.recipe_problems import read_recipe_file
from burnish.run_folder import RunFolder
from burnish.searching.crew import together
from burnish.searching.search import Search
from burnish.searching.space import read_space
from burnish.searching.worker import Worker
from tests.making import review_rows, write_csv
from tests.processes import Processes
from tests.searching.toys import notes, start_sweep_process, sweep_toy, toy_recipe

needs_proc = pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_csv(tmp_path_factory.mktemp("data") / "reviews.csv", list(review_rows(150, noise=0.2)))


def test_two_workers_do_what_one_does(data: Path, encoder: Path, tmp_path: Path) -> None:
    sweep, training = {"trials": 5, "workers": 2}, {"threads": 2}
    folder, events = sweep_toy(data, encoder, tmp_path, sweep=sweep, training=training)
    found = json.loads((folder.root / "sweep" / "sweep.json").read_text())
    assert sorted(row["number"] for row in found["trials"]) == list(range(5))
    assert found["trials"][0]["own"]
    assert found["budget"]["workers"] == 2
    assert {path.name for path in (folder.root / "sweep" / "workers").iterdir()} == {"0.log", "1.log"}
    assert any("all trials are done" in text for text in notes(events))
    one, _ = sweep_toy(data, encoder, tmp_path / "alone", sweep={"trials": 1}, training={"threads": 1})
    alone = json.loads((one.root / "sweep" / "sweep.json").read_text())["recipe"]
    assert alone["score"] == found["recipe"]["score"], "the same recipe scores the same, wherever it is trained"
    stories = list((folder.root / "sweep" / "trials").glob("*/training.json"))
    assert {json.loads(path.read_text())["threads"] for path in stories} == {1}, "threads are divided among workers"
    for name in ("recipe.yaml", "sweep/best.yaml"):  # what is written keeps to what the user asked for
        assert parse_recipe(read_recipe_file(folder.root / name)[0], name).training.threads == 2


def begun(data: Path, encoder: Path, out: Path, trials: int) -> Search:
    """A search with two workers whose shared stages are done."""
    recipe, folder = toy_recipe(data, encoder, out, sweep={"trials": trials, "workers": 2}, training={"epochs": 4})
    finish(in_folder(recipe, folder, run_stages(recipe, folder, last="baseline")))
    (folder.root / "sweep").mkdir()
    return Search(recipe, folder, read_space(recipe))


@needs_proc
def test_a_worker_that_is_killed_costs_one_trial(data: Path, encoder: Path, tmp_path: Path) -> None:
    search = begun(data, encoder, tmp_path, trials=4)
    killed = 0
    for _ in together(search):
        rows = search.study.rows()
        first_done = any(row["own"] and row["state"] == "complete" for row in rows)
        if not killed and first_done and _in_flight(search) == 2:  # whichever is killed then has a trial to lose
            killed = _kill_a_worker(search.folder)
    assert killed
    rows = search.study.rows()
    assert [row["state"] for row in rows].count("failed") == 1
    assert len(rows) == 4
    assert next(row for row in rows if row["state"] == "failed")["why"] == "its process was ended by signal 9"


def _in_flight(search: Search) -> int:
    """Trials that workers are at."""
    return len(search.study._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)))


def _kill_a_worker(folder: RunFolder) -> int:
    for pid in _workers_of(folder.root):
        os.kill(pid, signal.SIGKILL)
        return pid
    return 0


def _workers_of(root: Path) -> list[int]:
    """The processes that do trials for a run folder, by what the system says of every process."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = place.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"burnish.searching.worker" in words and str(root).encode() in words:
            found.append(int(place.parent.name))
    return found


@needs_proc
def test_workers_end_when_the_one_who_leads_them_is_killed(
    data: Path, encoder: Path, tmp_path: Path, processes: Processes
) -> None:
    process = start_sweep_process(processes, data, encoder, tmp_path, "--trials", "50", "--workers", "2")
    for line in process.stderr:
        if line.strip().startswith("trial "):
            break
    root = tmp_path / "reviews"
    assert len(_workers_of(root)) == 2
    process.send_signal(signal.SIGKILL)
    process.communicate()
    deadline = time.monotonic() + 600
    while _workers_of(root) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert _workers_of(root) == []


def test_a_worker_that_cannot_begin_is_told(data: Path, encoder: Path, tmp_path: Path) -> None:
    worker = Worker(tmp_path, tmp_path / "nothing.yaml", tmp_path / "logs" / "0.log", 1)
    assert list(worker.lines()) == []
    assert worker.exit_code() == 1
    assert "nothing.yaml" in (tmp_path / "logs" / "0.log").read_text()
    worker.train(0, {})
    assert worker.end() == 1
