"""The pipeline from end to end, on a small model."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

import burnish
from burnish.data.rows import read_rows, write_rows
from burnish.events import StageDone, StageStarted, Work, finish
from burnish.exporting.parity import compare_predictions
from burnish.faces.python import prepare, start
from burnish.pipeline import in_folder, run_stages
from burnish.predictor import load_specialist
from burnish.recipe import complete_recipe
from burnish.run_folder import RunFolder
from burnish.stages.evaluate import open_sealed_rows
from tests.finished import FAST, finish_run
from tests.kept import keep, opened
from tests.making import review_rows, write_csv

ALL = ["check", "split", "baseline", "train", "export", "evaluate", "report"]
FILES = {
    "recipe.yaml",
    "log.jsonl",
    "check/findings.json",
    "check/data.html",
    "check/flagged.csv",
    "check/label-errors.csv",
    "check/ledger.csv",
    "check/ledger.json",
    "check/model.json",
    "check/profile.json",
    "check/record.json",
    "check/rows.parquet",
    "check/together.json",
    "split/record.json",
    "split/seal.json",
    "split/split.json",
    "split/targets.json",
    "split/test.parquet",
    "split/train.parquet",
    "split/validation.parquet",
    "baseline/linear-probe/probe.safetensors",
    "baseline/nearest-neighbours/neighbours.safetensors",
    "baseline/record.json",
    "baseline/scores.json",
    "baseline/tfidf-linear/tfidf.safetensors",
    "baseline/tfidf-linear/vocabulary.json",
    "baseline/label-rows.json",
    "baseline/zero-shot/labels.safetensors",
    "train/model/1_Pooling/config.json",
    "train/model/config.json",
    "train/model/head.safetensors",
    "train/model/model.safetensors",
    "train/model/tokenizer.json",
    "train/model/tokenizer_config.json",
    "train/probes.json",
    "train/record.json",
    "train/training.json",
    "export/parity.json",
    "export/record.json",
    *(
        f"{place}/specialist/{name}"
        for place in ("export", "evaluate")
        for name in (
            "1_Pooling/config.json",
            "config.json",
            "head.safetensors",
            "manifest.json",
            "model.onnx",
            "model.safetensors",
            "tokenizer.json",
            "tokenizer_config.json",
        )
    ),
    "evaluate/specialist/README.md",
    "evaluate/panels.json",
    "evaluate/predictions.csv",
    "evaluate/record.json",
    "evaluate/scores.json",
    "evaluate/verdict.json",
    "report/record.json",
    "report/report.html",
}


def files_of(folder: Path) -> set[str]:
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return {name for name in found if name != ".lock"}


def test_a_run_leaves_exactly_these_files(finished: burnish.Run) -> None:
    assert files_of(finished.folder) == FILES


def test_the_verdict_has_the_documented_fields(finished: burnish.Run) -> None:
    verdict = json.loads((finished.folder / "evaluate" / "verdict.json").read_text())
    assert verdict["decision"] == "inconclusive"
    assert verdict["metric"] == "accuracy"
    assert set(verdict["specialist"]) == {"value", "low", "high"}
    assert [set(baseline) for baseline in verdict["baselines"]] == [{"name", "value", "low", "high"}] * 5
    assert set(verdict["difference"]) == {"value", "low", "high", "p"}
    assert verdict["best_baseline"] in {baseline["name"] for baseline in verdict["baselines"]}
    assert verdict["reasons"]
    assert verdict["seconds"] > 0
    assert verdict["cost"]["amount"] > 0


def test_the_specialist_answers(finished: burnish.Run) -> None:
    answers = finished.specialist.predict(["the great lovely", {"text": "awful broken"}])
    assert [answer.value for answer in answers] == ["positive", "negative"]
    assert all(abs(sum(answer.scores.values()) - 1) < 1e-6 for answer in answers)


def events(run: burnish.Run) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run.folder / "log.jsonl").read_text().splitlines()]


def done(run: burnish.Run, since: int = 0) -> dict[str, bool]:
    """Stages that were done since the event number, with whether they were skipped."""
    return {e["stage"]: e["skipped"] for e in events(run)[since:] if e["event"] == "StageDone"}


def reasons(run: burnish.Run, since: int) -> dict[str, str]:
    return {e["stage"]: e["reason"] for e in events(run)[since:] if e["event"] == "StageStarted"}


def test_what_is_done_is_skipped_and_what_changed_is_named(
    reviews: Path, encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "runs"
    run = finish_run(reviews, encoder, out)
    assert done(run) == dict.fromkeys(ALL, False)

    since = len(events(run))
    with monkeypatch.context() as elsewhere:  # the same data and the same model in other places
        elsewhere.chdir(reviews.rename(tmp_path / "renamed.csv").parent)
        model = Path(shutil.copytree(encoder, "my-encoder"))
        finish_run(Path("renamed.csv"), model, out, name="reviews")
    (tmp_path / "renamed.csv").rename(reviews)
    finish_run(reviews, encoder, out)
    assert done(run, since) == dict.fromkeys(ALL, True)

    since = len(events(run))
    finish_run(reviews, encoder, out, evaluate={"minimum-gain": 0.5})
    assert done(run, since) == {**dict.fromkeys(ALL[:5], True), "evaluate": False, "report": False}
    assert reasons(run, since)["evaluate"] == "evaluate.minimum-gain changed from 0.02 to 0.5"

    since = len(events(run))
    (run.folder / "export" / "specialist" / "config.json").write_text("{}")
    finish_run(reviews, encoder, out, evaluate={"minimum-gain": 0.5})
    assert reasons(run, since)["export"] == "its files have changed since it ended"
    assert done(run, since) == {**dict.fromkeys(ALL[:4], True), **dict.fromkeys(ALL[4:], False)}

    since = len(events(run))
    with reviews.open("a") as file:
        file.write("the great lovely,positive\n")
    finish_run(reviews, encoder, out, evaluate={"minimum-gain": 0.5})
    assert reasons(run, since)["check"] == "the content of data.train changed"
    assert done(run, since) == dict.fromkeys(ALL, False)


def test_a_run_can_be_moved(finished: burnish.Run, tmp_path: Path) -> None:
    moved = burnish.load(shutil.copytree(finished.folder, tmp_path / "elsewhere"))
    assert moved.verdict == finished.verdict
    assert moved.specialist.predict(["great lovely"]) == finished.specialist.predict(["great lovely"])


def test_the_test_rows_are_opened_by_evaluate_alone(reviews: Path, encoder: Path, tmp_path: Path) -> None:
    """Every file that Python opens is written down with the stage at work."""
    files: list[tuple[str, str]] = []
    stage = ""
    listening = True

    def listen(event: str, arguments: tuple[Any, ...]) -> None:
        if listening and event == "open" and isinstance(arguments[0], str | bytes | Path):
            files.append((str(arguments[0]), stage))

    recipe, folder = prepare(reviews, name="", out=tmp_path / "runs", keys={"model": str(encoder), "training": FAST})
    sys.addaudithook(listen)  # hooks cannot be removed: it stops listening instead
    try:
        for event in start(recipe, folder):
            if isinstance(event, StageStarted):
                stage = event.stage
            elif isinstance(event, StageDone):
                stage = ""
    finally:
        listening = False
    readers = {stage for path, stage in files if path.endswith("split/test.parquet") and stage}
    assert readers == {"split", "evaluate"}, "split writes and seals it, evaluate reads it"
    assert any(path.endswith("split/train.parquet") and stage == "train" for path, stage in files)


def test_changed_test_rows_are_refused(finished: burnish.Run, tmp_path: Path) -> None:
    split = Path(shutil.copytree(finished.folder / "split", tmp_path / "run" / "split"))
    rows = read_rows(split / "test.parquet")
    write_rows(split / "test.parquet", [{**row, "label": "positive"} for row in rows])
    with pytest.raises(burnish.UserError, match="sealed test rows have changed"):
        open_sealed_rows(RunFolder(root=tmp_path / "run"))


def test_a_given_test_file_is_the_test_set(reviews: Path, encoder: Path, tmp_path: Path) -> None:
    other = write_csv(tmp_path / "test.csv", [*review_rows(60, seed=7), ("the great lovely", "positive")])
    with reviews.open("a") as file:
        file.write("the great lovely,positive\n")
    recipe, run = prepare(reviews, name="", out=tmp_path, keys={"model": str(encoder), "test": str(other)})
    finish(run_stages(complete_recipe(recipe)[0], run, last="split"))
    parts = {name: read_rows(run.file("split", f"{name}.parquet")) for name in ("test", "train", "validation")}
    test, learned = parts["test"], parts["train"] + parts["validation"]
    assert len(test) == 61
    assert not {row["text"] for row in test} & {row["text"] for row in learned}
    ledger = json.loads(run.file("check", "ledger.json").read_text())
    assert ledger["read"] == 241 + 61
    assert sum(ledger[outcome] for outcome in ("kept", "repaired", "merged", "redacted", "dropped")) == ledger["read"]
    assert ledger["dropped"] >= 1


def test_the_ledger_accounts_for_every_row(finished: burnish.Run) -> None:
    with (finished.folder / "check" / "ledger.csv").open(newline="") as file:
        entries = list(csv.DictReader(file))
    assert [int(entry["row"]) for entry in entries] == list(range(240))
    kept = {int(entry["row"]) for entry in entries if entry["outcome"] == "kept"}
    parts = [read_rows(finished.folder / "split" / f"{name}.parquet") for name in ("train", "validation", "test")]
    assert sorted(row["row"] for part in parts for row in part) == sorted(kept)
    assert [len(part) for part in parts] == [144, 48, 48]


def test_keeping_the_baseline_exports_it(reviews: Path, encoder: Path, tmp_path: Path) -> None:
    """On these rows counting words is perfect, and a model that hardly trains cannot beat it."""
    run = finish_run(reviews, encoder, tmp_path / "runs", training={"epochs": 1, "learning-rate": 1e-6})
    assert run.verdict["decision"] == "keep-baseline"
    assert run.verdict["best_baseline"] == "tfidf-linear"
    manifest = json.loads((run.specialist_folder / "manifest.json").read_text())
    assert (manifest["kind"], manifest["baseline"]) == ("baseline", "tfidf-linear")
    assert [p.value for p in run.specialist.predict(["lovely great", "awful broken"])] == ["positive", "negative"]
    assert "keep-baseline" in (run.specialist_folder / "README.md").read_text()


def test_a_kept_linear_probe_is_a_network_with_onnx(finished: burnish.Run, tmp_path: Path) -> None:
    """Every baseline can be kept; the probe becomes a network like any other specialist."""
    run = opened(finished)
    rows = read_rows(finished.folder / "split" / "test.parquet")
    for baseline in run.baselines():
        folder = keep(finished, baseline.name, tmp_path / baseline.name)
        expected = run.baseline(baseline.name).predict(rows)
        assert compare_predictions(baseline.name, expected, load_specialist(folder).predict(rows)).passed
        if baseline.name == run.task.start:
            assert compare_predictions("onnx", expected, load_specialist(folder, "onnx").predict(rows)).passed


def test_a_run_that_fails_at_the_data_leaves_nothing(tmp_path: Path, encoder: Path) -> None:
    data = write_csv(tmp_path / "one.csv", [(text, "same") for text, _ in review_rows(20)])
    with pytest.raises(burnish.UserError, match="same label"):
        finish_run(data, encoder, tmp_path / "new" / "runs")
    assert not (tmp_path / "new").exists(), "it made the folders above too"
    (tmp_path / "runs").mkdir()
    with pytest.raises(burnish.UserError, match="same label"):
        finish_run(data, encoder, tmp_path / "runs")
    assert list((tmp_path / "runs").iterdir()) == [], "it did not make this one"


def test_a_run_that_fails_leaves_what_others_put_beside_it(tmp_path: Path, encoder: Path) -> None:
    data = write_csv(tmp_path / "one.csv", [(text, "same") for text, _ in review_rows(20)])
    recipe, folder = prepare(data, name="", out=tmp_path / "new" / "runs", keys={"model": str(encoder)})
    work = start(recipe, folder)
    while not isinstance(next(work), StageStarted):
        pass
    (tmp_path / "new" / "notes.txt").write_text("mine")
    with pytest.raises(burnish.UserError, match="same label"):
        finish(work)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["notes.txt"]


def test_a_name_that_no_folder_can_have_leaves_nothing(reviews: Path, encoder: Path, tmp_path: Path) -> None:
    with pytest.raises(burnish.UserError, match="cannot be written: File name too long"):
        finish_run(reviews, encoder, tmp_path / "new" / "runs", name="x" * 300)
    assert not (tmp_path / "new").exists()


def test_a_run_that_has_not_ended_says_how_to_go_on(finished: burnish.Run, tmp_path: Path) -> None:
    copied = shutil.copytree(finished.folder, tmp_path / "half")
    (copied / "evaluate" / "record.json").unlink()
    with pytest.raises(burnish.UserError, match="has not come to its end"):
        _ = burnish.load(copied).verdict


def nothing() -> Work[None]:
    yield from ()


def test_what_a_killed_process_was_writing_is_removed(reviews: Path, encoder: Path, tmp_path: Path) -> None:
    recipe, folder = prepare(reviews, name="run", out=tmp_path, keys={"label": "label", "model": str(encoder)})
    folder.root.mkdir()
    left = folder.root / "..progress.json.1.tmp"
    left.write_text("{")
    finish(in_folder(recipe, folder, nothing()))
    assert not left.exists()
    assert (folder.root / "recipe.yaml").is_file()


def test_load_refuses_what_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(burnish.UserError, match="not a run folder"):
        burnish.load(tmp_path)


def test_a_specialists_folder_alone_is_enough(finished: burnish.Run, tmp_path: Path) -> None:
    alone = burnish.load(shutil.copytree(finished.specialist_folder, tmp_path / "alone"))
    assert alone.specialist.predict(["awful"]) == finished.specialist.predict(["awful"])
