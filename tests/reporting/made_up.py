"""A made-up finished run: the files that the report reads, to be changed by tests before they are written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from burnish.run_folder import RunFolder, write_json, write_text

RECIPE = """\
task: text-classification
data:
  train: rows.csv
  test: null
method:
  name: full
evaluate:
  metric: auto
  minimum-gain: 0.02
seed: 0
"""
CARD = """\
# name

## Use

With burnish:

```python
import burnish
```

Without burnish, from inside this folder:

```python
import torch
print("by hand")
```
"""
_REASONS = {
    "ship": "The specialist is 10.0 points better than the best baseline (probe).",
    "keep-baseline": "The specialist is 1.0 points worse than the best baseline (probe).",
    "inconclusive": "The specialist is 3.0 points better than the best baseline (probe).",
}
_GAINS = {"ship": (0.1, 0.05, 0.15), "keep-baseline": (-0.01, -0.03, 0.01), "inconclusive": (0.03, -0.04, 0.1)}


def estimate(value: float, low: float, high: float) -> dict[str, float]:
    """A score or a difference with its interval."""
    return {"value": value, "low": low, "high": high}


def comparison(baseline: str, gain: dict[str, float], corrected: float, test: str) -> dict[str, Any]:
    """A paired test as scores.json holds it."""
    return {
        "baseline": baseline,
        "difference": gain,
        "p": corrected / 2,
        "corrected": corrected,
        "test": test,
        "spread": 0.4,
    }


def files(decision: str = "ship") -> dict[str, Any]:
    """The files of a run by path, as plain data. Two baselines: `majority` and, better, `probe`."""
    gain = estimate(*_GAINS[decision])
    own, probe, majority = estimate(0.8, 0.75, 0.85), estimate(0.7, 0.65, 0.75), estimate(0.5, 0.45, 0.55)
    p = 0.00001 if decision == "ship" else 0.4
    return {
        "evaluate/verdict.json": {
            "decision": decision,
            "metric": "accuracy",
            "specialist": own,
            "baselines": [{"name": "majority", **majority}, {"name": "probe", **probe}],
            "best_baseline": "probe",
            "difference": {**gain, "p": p},
            "test": "McNemar, exact",
            "test_rows": 200,
            "minimum_gain": 0.02,
            "rows_to_settle": 900 if decision == "inconclusive" else None,
            "reasons": [_REASONS[decision], "And so on."],
            "seconds": 125.0,
            "cost": {
                "amount": 0.0035,
                "currency": "USD",
                "price_per_hour": 0.1,
                "price_from": "default table",
                "hardware": "2 processor cores",
                "processor_seconds": 225.0,
                "watt_hours": 0.5,
                "energy_measured": False,
            },
        },
        "evaluate/scores.json": {
            "rows": 200,
            "processor_seconds_per_1000_rows": {"specialist": 8.2, "majority": 0.0, "probe": 0.1},
            "metrics": {
                "accuracy": {
                    "summary": "share of rows answered right",
                    "higher_is_better": True,
                    "share": True,
                    "specialist": own,
                    "baselines": {"majority": majority, "probe": probe},
                    "comparisons": [
                        comparison("majority", estimate(0.3, 0.2, 0.4), 0.00001, "McNemar, exact"),
                        comparison("probe", gain, p, "McNemar, exact"),
                    ],
                },
                "log-loss": {
                    "summary": "mean negative logarithm",
                    "higher_is_better": False,
                    "share": False,
                    "specialist": estimate(0.61, 0.5, 0.7),
                    "baselines": {"majority": estimate(1.2, 1.1, 1.3), "probe": estimate(0.55, 0.5, 0.6)},
                    "comparisons": [
                        comparison("majority", estimate(0.59, 0.5, 0.7), 0.001, "paired bootstrap"),
                        comparison("probe", estimate(-0.06, -0.1, 0.02), 0.25, "paired bootstrap"),
                    ],
                },
            },
        },
        "evaluate/panels.json": [
            {
                "kind": "matrix",
                "title": "What is taken for what",
                "caption": "Down and across.",
                "labels": ["bad", "good"],
                "counts": [[70, 30], [10, 90]],
            },
            {
                "kind": "table",
                "title": "Class by class",
                "caption": "Weakest first.",
                "columns": ["label", "recall", "test rows"],
                "rows": [["bad", 0.7, 100], ["good", None, 1000]],
                "shares": [1],
            },
            {
                "kind": "reliability",
                "title": "Does its confidence mean anything?",
                "caption": "Each dot is a group.",
                "bins": [
                    {"confidence": 0.6, "accuracy": 0.55, "rows": 60},
                    {"confidence": 0.9, "accuracy": 0.9, "rows": 140},
                ],
            },
            {
                "kind": "errors",
                "title": "Its most confident errors",
                "caption": "40 of 200.",
                "errors": [{"input": "a text", "truth": "bad", "answer": "good", "confidence": 0.97}],
            },
        ],
        "evaluate/record.json": _record("evaluate", 7.0),
        "evaluate/specialist/manifest.json": {"kind": "network", "baseline": "", "versions": {"python": "3.12.1"}},
        "train/training.json": {
            "curve": [[1, 0.9], [2, 0.5], [3, 0.2], [4, 0.1]],
            "validations": [
                {"epoch": 0, "step": 0, "score": 0.6, "loss": 0.8},
                {"epoch": 1, "step": 2, "score": 0.78, "loss": 0.5},
                {"epoch": 2, "step": 4, "score": 0.75, "loss": 0.6},
            ],
            "best": 1,
            "seconds": 80.0,
            "stopped": "",
            "metric": "accuracy",
            "precision": "bf16",
            "device": "cpu",
            "threads": 2,
            "parameters": 22_700_000,
            "trained_parameters": 22_500_000,
            "calibration": {"temperature": 1.5, "validation_loss_before": 0.5, "validation_loss_after": 0.45},
        },
        "train/record.json": _record("train", 80.0),
        "check/ledger.json": {
            "read": 1010,
            "kept": 1000,
            "repaired": 0,
            "merged": 9,
            "redacted": 0,
            "dropped": 1,
            "reasons": [
                {"outcome": "merged", "reason": "repeats another row", "rows": 9},
                {"outcome": "dropped", "reason": "the text is empty", "rows": 1},
            ],
        },
        "check/findings.json": [
            {
                "name": "repeated-rows",
                "severity": "warning",
                "count": 9,
                "text": "9 rows repeat another row exactly",
                "consequence": "a copy would be answered from memory",
                "repair": "each was merged",
                "examples": ["rows.csv:7: twice → good"],
            }
        ],
        "check/profile.json": {
            "format": "CSV, comma, utf-8",
            "rows": 1000,
            "strata": {"good": 600, "bad": 400},
            "columns": [
                {
                    "name": "text",
                    "filled": 809,
                    "empty": 1,
                    "distinct": 800,
                    "mean_words": 12.3,
                    "numbers": 0.0,
                    "whole_numbers": 0.0,
                    "commonest": [["well worth it", 2]],
                }
            ],
            "lengths": {
                "counts": [5, 10, 2],
                "edges": [2.0, 10.0, 18.0, 26.0],
                "median": 9.0,
                "longest": 26,
                "limit": 20,
                "unit": "tokens",
            },
        },
        "check/model.json": {
            "name": "tiny",
            "base": "someone/tiny",
            "licence": "apache-2.0",
            "digest": "d0",
            "origin": "a folder",
        },
        "split/seal.json": {"sha256": "5ea1", "rows": {"train": 600, "validation": 200, "test": 200}},
        "split/split.json": {
            "by": "row",
            "stratified": True,
            "test": "a share",
            "seed": 0,
            "rows": {"train": 600, "validation": 200, "test": 200},
            "mix": {
                "rows": {
                    "train": {"good": 360, "bad": 240},
                    "validation": {"good": 120, "bad": 80},
                    "test": {"good": 118, "bad": 82},
                },
                "labels": 2,
                "largest_gap": 0.01,
                "missing": {"train": [], "validation": [], "test": []},
            },
            "near_duplicates": {"clusters": 3, "rows": 7, "largest": 3, "similarity": 0.65},
            "groups": None,
            "times": None,
        },
        "baseline/scores.json": {
            "majority": {"accuracy": 0.5, "seconds": 0.1, "summary": "always the most frequent label"},
            "probe": {"accuracy": 0.7, "seconds": 0.2},
        },
        "export/parity.json": [
            _parity("torch", 0.0),
            _parity("onnx", 1e-6),
        ],
    }


def _parity(form: str, difference: float) -> dict[str, Any]:
    same = {"rows": 64, "different_answers": 0, "tolerance": 0.001, "passed": True}
    return {"form": form, "largest_difference": difference, **same}


def _record(stage: str, seconds: float) -> dict[str, Any]:
    usage = {
        "seconds": seconds,
        "processor_seconds": 2 * seconds,
        "watt_hours": seconds / 200,
        "energy_measured": False,
    }
    return {"stage": stage, "code": {"burnish": "0.1.0", "source": "abc"}, "usage": usage}


def write_run(root: Path, content: dict[str, Any]) -> RunFolder:
    """Write the files, with a recipe, a log and a card, and return the folder."""
    for name, value in content.items():
        write_json(root / name, value)
    write_text(root / "recipe.yaml", RECIPE)
    write_text(root / "evaluate/specialist/README.md", CARD)
    done = {"time": 1795233714.3, "event": "StageDone", "stage": "evaluate", "seconds": 7.0, "skipped": False}
    write_text(root / "log.jsonl", json.dumps(done) + "\n" + '{"time": 17')
    return RunFolder(root=root)
