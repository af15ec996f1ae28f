"""The pipeline from end to end, on a small model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import burnish

FAST: dict[str, Any] = {"epochs": 3, "precision": "fp32", "threads": 1, "learning-rate": 0.003}

FILES = {
    "recipe.yaml",
    "log.jsonl",
    "check/findings.json",
    "check/ledger.csv",
    "check/ledger.json",
    "check/model.json",
    "check/profile.json",
    "check/record.json",
    "check/rows.parquet",
    "split/record.json",
    "split/seal.json",
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


@pytest.fixture
def finished(reviews: Path, encoder: Path, tmp_path: Path) -> burnish.Run:
    return burnish.run(reviews, model=str(encoder), training=FAST, out=tmp_path / "runs")


def files_of(folder: Path) -> set[str]:
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return {name for name in found if name != ".lock"}


def test_a_run_leaves_exactly_these_files(finished: burnish.Run) -> None:
    kept = finished.verdict["decision"]
    expected = FILES if kept != "keep-baseline" else {f for f in FILES if not f.startswith("evaluate/specialist/")}
    found = files_of(finished.folder)
    if kept == "keep-baseline":
        found = {name for name in found if not name.startswith("evaluate/specialist/")}
    assert found == expected


def test_the_verdict_has_the_documented_fields(finished: burnish.Run) -> None:
    verdict = json.loads((finished.folder / "evaluate" / "verdict.json").read_text())
    assert verdict["decision"] in {"ship", "keep-baseline", "inconclusive"}
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


def test_a_second_run_skips_every_stage(finished: burnish.Run, reviews: Path, encoder: Path, tmp_path: Path) -> None:
    burnish.run(reviews, model=str(encoder), training=FAST, out=tmp_path / "runs")
    lines = [json.loads(line) for line in (finished.folder / "log.jsonl").read_text().splitlines()]
    skipped = [line["stage"] for line in lines if line["event"] == "StageDone" and line["skipped"]]
    assert skipped == ["check", "split", "baseline", "train", "export", "evaluate", "report"]
