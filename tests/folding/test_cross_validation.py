"""Every row is a test row once a repeat, the verdict rests on all folds, and a killed one goes on fold by fold."""

from __future__ import annotations

import csv
import io
import json
import math
import shutil
import signal
import time
from collections import Counter
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import pytest
from rich.console import Console

import burnish
from burnish.data.rows import read_rows
from burnish.faces.cross_validating import start_cross_validation
from burnish.faces.python import prepare
from burnish.faces.terminal import watch
from burnish.metrics.comparison import holm
from burnish.recipe import parse_recipe
from burnish.recipe_problems import read_recipe_file
from tests.finished import FAST
from tests.processes import Process, Processes

FOLD_FILES = {
    "recipe.yaml",
    "log.jsonl",
    "fold.json",
    "check/record.json",
    "split/record.json",
    "split/seal.json",
    "split/split.json",
    "split/targets.json",
    "baseline/record.json",
    "baseline/scores.json",
    "train/record.json",
    "train/training.json",
    "export/record.json",
    "export/parity.json",
    "evaluate/record.json",
    "evaluate/scores.json",
    "evaluate/verdict.json",
    "evaluate/predictions.csv",
}
OWN_FILES = {"about.json", "scores.json", "verdict.json", "predictions.csv", "wrong.csv", "report.html"}


def files_of(folder: Path) -> set[str]:
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return {name for name in found if not name.endswith(".lock")}


def lines_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def events(run: Path, since: int = 0) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()][since:]


def again(source: burnish.CrossValidation, place: Path, **keys: Any) -> burnish.CrossValidation:
    """Go on with a copy of a cross-validation, by its own recipe."""
    run = shutil.copytree(source.folder.parent, place / "runs" / "reviews")
    return burnish.cross_validate(run / "recipe.yaml", out=place / "runs", **keys)


def test_records_scores_and_predictions_stay_and_weights_go(validated: burnish.CrossValidation) -> None:
    own, folds = set(), {"fold-1-1", "fold-1-2", "fold-1-3"}
    for name in files_of(validated.folder):
        fold, _, inner = name.partition("/")
        if fold in folds:
            assert inner in FOLD_FILES, name
        else:
            own.add(name)
    assert own == OWN_FILES
    for fold in folds:
        assert FOLD_FILES - {"export/record.json"} <= files_of(validated.folder / fold)


def test_every_row_is_a_test_row_once(validated: burnish.CrossValidation) -> None:
    rows = read_rows(validated.folder.parent / "check" / "rows.parquet")
    tested = lines_of(validated.predictions)
    assert sorted(int(line["row"]) for line in tested) == [row["row"] for row in rows]
    assert [int(line["row"]) for line in tested] == [row["row"] for row in rows]
    truths = {row["row"]: row["label"] for row in rows}
    assert all(line["truth"] == truths[int(line["row"])] for line in tested)
    for number in ("1", "2", "3"):
        labels = Counter(line["truth"] for line in tested if line["fold"] == number)
        assert set(labels.values()) == {10}


def test_scores_are_those_of_the_folds(validated: burnish.CrossValidation) -> None:
    tested, scores = lines_of(validated.predictions), validated.scores
    assert (scores["rows"], scores["folds"], scores["repeats"]) == (90, 3, 1)
    for system, found in (
        ("specialist", scores["metrics"]["accuracy"]["specialist"]),
        *scores["metrics"]["accuracy"]["baselines"].items(),
    ):
        by_fold = [
            fmean(line[system] == line["truth"] for line in tested if line["fold"] == number) for number in "123"
        ]
        assert found["folds"] == pytest.approx(by_fold)
        assert found["value"] == pytest.approx(fmean(by_fold))
        assert found["deviation"] == pytest.approx(stdev(by_fold))
        assert 0 <= found["low"] <= found["value"] <= found["high"] <= 1
    assert set(scores["metrics"]) == {"accuracy", "balanced-accuracy", "macro-f1", "weighted-f1", "calibration-error"}
    assert [part["test"] for part in scores["parts"]] == [30, 30, 30]
    assert all(part["train"] + part["validation"] == 60 for part in scores["parts"])


def test_comparisons_are_corrected_for_overlap_and_number(validated: burnish.CrossValidation) -> None:
    metric = validated.scores["metrics"]["accuracy"]
    own = metric["specialist"]["folds"]
    for found in metric["comparisons"]:
        others = metric["baselines"][found["baseline"]]["folds"]
        differences = [one - other for one, other in zip(own, others, strict=True)]
        error = max(stdev(differences), 1 / (30 * math.sqrt(12))) * math.sqrt(1 / 3 + 30 / 60)
        assert found["difference"]["value"] == pytest.approx(fmean(differences))
        assert found["difference"]["high"] - found["difference"]["value"] == pytest.approx(4.302653 * error, rel=1e-5)
    assert [found["corrected"] for found in metric["comparisons"]] == holm([f["p"] for f in metric["comparisons"]])


def test_the_verdict_has_the_form_of_a_runs_and_rests_on_the_means(validated: burnish.CrossValidation) -> None:
    verdict, metric = validated.verdict, validated.scores["metrics"]["accuracy"]
    fold = json.loads((validated.folder / "fold-1-1" / "evaluate" / "verdict.json").read_text())
    assert set(verdict) == set(fold)
    assert set(verdict["cost"]) == set(fold["cost"])
    assert verdict["specialist"]["value"] == metric["specialist"]["value"]
    assert verdict["best_baseline"] == max(metric["baselines"], key=lambda name: metric["baselines"][name]["value"])
    assert verdict["test_rows"] == 90
    assert "on all 90 rows, tested in 3 folds" in verdict["reasons"][0]
    assert "Nadeau and Bengio" in verdict["reasons"][1]
    assert "cross-validate" not in " ".join(verdict["reasons"])
    assert verdict["seconds"] > 0


def test_a_fold_is_an_ordinary_run_with_a_recipe_of_its_own(validated: burnish.CrossValidation) -> None:
    values, _ = read_recipe_file(validated.folder / "fold-1-2" / "recipe.yaml")
    recipe = parse_recipe(values, "fold")
    assert recipe.split.fold_number() == (2, 3)
    assert recipe.evaluate.folds == 1
    assert recipe.evaluate.metric == "accuracy"
    stages = [e["stage"] for e in events(validated.folder / "fold-1-2") if e["event"] == "StageDone"]
    assert stages[:2] == ["check", "split"]
    assert stages[-1] == "evaluate"
    assert events(validated.folder / "fold-1-2")[0]["skipped"]  # the data was checked once


def test_rows_that_are_wrong_every_time(validated: burnish.CrossValidation, noisy: Path) -> None:
    tested, wrong = lines_of(validated.predictions), lines_of(validated.wrong)
    assert {line["row"] for line in wrong} == {line["row"] for line in tested if line["specialist"] != line["truth"]}
    source = noisy.read_text().splitlines()
    for line in wrong:
        assert source[int(line["line"]) - 1] == f"{line['text']},{line['truth']}"
        answered = next(found for found in tested if found["row"] == line["row"])
        systems = [name for name in answered if name not in {"repeat", "fold", "row", "truth", "confidence"}]
        assert int(line["baselines_wrong"]) == sum(answered[name] != answered["truth"] for name in systems[1:])
    confidences = [float(line["confidence"]) for line in wrong]
    assert confidences == sorted(confidences, reverse=True)


def test_progress_goes_up_to_the_end(validated: burnish.CrossValidation) -> None:
    told = json.loads((validated.folder.parent.parent.parent / "progress.json").read_text())
    ours = [event for event in told if event["work"] == "cross-validation"]
    assert [event["done"] for event in ours] == sorted(event["done"] for event in ours)
    assert (ours[0]["done"], ours[-1]["done"], ours[-1]["total"]) == (0, 100, 100)
    assert {event["figures"]["fold"] for event in ours} == {"1 of 3", "2 of 3", "3 of 3"}
    assert "specialist" in ours[-1]["figures"]


def test_done_again_it_is_told_to_one_who_watches(validated: burnish.CrossValidation, tmp_path: Path) -> None:
    run = shutil.copytree(validated.folder.parent, tmp_path / "runs" / "reviews")
    recipe, folder = prepare(run / "recipe.yaml", name="", out=tmp_path / "runs", keys={})
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    watch(start_cross_validation(recipe, folder), console)  # with a bar that moves, and nothing left to do
    assert "3 of 3 folds were done earlier" in console.file.getvalue()  # type: ignore[attr-defined]


def test_done_again_nothing_is_trained_and_another_gain_changes_the_verdict_alone(
    validated: burnish.CrossValidation, tmp_path: Path
) -> None:
    before = len(events(validated.folder.parent))
    found = again(validated, tmp_path, evaluate={"minimum-gain": 0.9}, cost={"price-per-hour": 100, "currency": "EUR"})
    said = [event["text"] for event in events(found.folder.parent, before) if event["event"] == "Note"]
    assert "3 of 3 folds were done earlier" in said
    assert not any(text.startswith("fold ") for text in said)
    assert found.verdict["decision"] == "keep-baseline"
    assert found.verdict["minimum_gain"] == 0.9
    assert found.verdict["cost"]["price_from"] == "recipe"
    assert found.verdict["cost"]["amount"] == pytest.approx(100 * found.verdict["seconds"] / 3600, rel=1e-3)
    assert found.scores["metrics"] == validated.scores["metrics"]


def test_other_folds_begin_anew_and_earlier_ones_are_kept(validated: burnish.CrossValidation, tmp_path: Path) -> None:
    """Two folds, drawn twice: repeats divide the rows in different ways, and rows must be wrong in both."""
    before = len(events(validated.folder.parent))
    found = again(validated, tmp_path, folds=2, repeats=2)
    said = " ".join(event["text"] for event in events(found.folder.parent, before) if event["event"] == "Note")
    assert "evaluate.folds changed from 3 to 2, so the folds begin anew" in said
    kept = found.folder.with_name("cross-validation-1")
    assert (kept / "fold-1-3" / "fold.json").is_file()
    assert json.loads((kept / "scores.json").read_text()) == validated.scores
    tested = lines_of(found.predictions)
    assert Counter(line["row"] for line in tested) == Counter({str(row): 2 for row in range(90)})
    folds = [{line["row"] for line in tested if line["repeat"] == r and line["fold"] == "1"} for r in "12"]
    assert folds[0] != folds[1]
    never_right = {
        row
        for row in {line["row"] for line in tested}
        if all(one["specialist"] != one["truth"] for one in tested if one["row"] == row)
    }
    assert {line["row"] for line in lines_of(found.wrong)} == never_right
    assert "tested 2 times in 2 folds" in found.verdict["reasons"][0]
    assert len(found.scores["metrics"]["accuracy"]["specialist"]["folds"]) == 4


def test_the_specialist_by_the_same_recipe_and_what_a_run_refuses(
    validated: burnish.CrossValidation, tmp_path: Path
) -> None:
    run = shutil.copytree(validated.folder.parent, tmp_path / "runs" / "reviews")
    assert f"{validated.folder.parent.name}/recipe.yaml --set evaluate.folds=1" in validated.command
    with pytest.raises(burnish.UserError, match="asks for 3 folds") as refused:
        burnish.run(run / "recipe.yaml", out=tmp_path / "runs")
    assert "burnish.cross_validate" in refused.value.fix
    finished = burnish.run(run / "recipe.yaml", out=tmp_path / "runs", evaluate={"folds": 1})
    assert finished.verdict["test_rows"] == 18
    assert burnish.CrossValidation(run / "cross-validation").verdict == validated.verdict


def start(processes: Processes, data: Path, encoder: Path, out: Path) -> Process:
    training = {**FAST, "epochs": 2, "checkpoint-seconds": 0}
    options = [o for key, value in training.items() for o in ("--set", f"training.{key}={value}")]
    place = ("--model", encoder, "--out", out)
    return processes.start(
        "cross-validate", data, *place, "--folds", 3, "--method", "full", "--label", "label", *options
    )


def test_killed_within_a_fold_it_goes_on_there(
    validated: burnish.CrossValidation, noisy: Path, encoder: Path, tmp_path: Path, processes: Processes
) -> None:
    process = start(processes, noisy, encoder, tmp_path)
    for said in process.stderr:
        if said.strip().startswith("fold 1 of 3"):
            break
    place = tmp_path / "reviews" / "cross-validation"
    until = time.monotonic() + 600
    while not (place / "fold-1-2" / "train" / "checkpoint.safetensors").exists():
        assert not (place / "fold-1-2" / "fold.json").exists(), "the fold ended before it was killed"
        assert time.monotonic() < until
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (place / "verdict.json").exists()
    first = (place / "fold-1-1" / "fold.json").stat().st_mtime_ns

    output, errors = start(processes, noisy, encoder, tmp_path).communicate()
    assert "1 of 3 folds were done earlier" in errors
    assert "Traceback" not in errors
    assert "verdict:" in output
    assert (place / "fold-1-1" / "fold.json").stat().st_mtime_ns == first
    inner = [event["text"] for event in events(place / "fold-1-2") if event["event"] == "Note"]
    assert any(text.startswith("going on from the checkpoint at step") for text in inner)
    found = burnish.CrossValidation(place)
    assert found.scores["metrics"] == validated.scores["metrics"]
    assert found.predictions.read_bytes() == validated.predictions.read_bytes()
    assert files_of(place) == files_of(validated.folder)
