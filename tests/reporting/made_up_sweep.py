"""A sweep's result that no sweep has found, for tests of its report."""

from __future__ import annotations

from typing import Any

_STATES = ("complete", "complete", "complete", "complete", "pruned", "complete", "failed", "complete", "interrupted")


def made_up_sweep(**changes: Any) -> dict[str, Any]:
    """What sweep.json holds: nine trials over a rate, a size, a word and a number of epochs. Trial 5 is the best."""
    trials = [_trial(number, state) for number, state in enumerate(_STATES)]
    found = {
        "run": "reviews",
        "task": "text-classification",
        "model": "minilm",
        "method": "lora",
        "metric": {"name": "accuracy", "summary": "share that is right", "share": True, "higher_is_better": True},
        "validation_rows": 200,
        "best": trials[5],
        "recipe": trials[0],
        "trials": trials,
        "space": [
            _dimension("training.learning-rate", "number", own=0.001, low=1e-5, high=0.01, log=True),
            _dimension("method.rank", "choice", own=16, values=[4, 8, 16]),
            _dimension("training.schedule", "choice", own="linear", values=["cosine", "constant"]),
            _dimension("training.epochs", "whole", own=5, low=3, high=8, step=1),
            _dimension("method.dropout", "number", own=None, low=0.0, high=0.3),
            _dimension("training.dropout", "number", own=0.05, low=0.0, high=0.3, step=0.05),
        ],
        "importance": {"training.learning-rate": 0.7, "method.rank": 0.2, "training.epochs": 0.1},
        "baselines": {"majority": 0.3, "linear-probe": 0.75},
        "budget": {"trials": 9, "minutes": 0.0, "workers": 2},
        "seconds": 754.2,
        "stopped": "all trials are done",
        "command": "burnish run runs/reviews/sweep/best.yaml --name reviews-best",
    }
    return {**found, **changes}


def _trial(number: int, state: str) -> dict[str, Any]:
    scored = state in {"complete", "pruned"}
    score = 0.9 if number == 5 else 0.8 - 0.02 * number
    return {
        "number": number,
        "state": state,
        "own": number == 0,
        "score": score if scored else None,
        "loss": 0.5 if scored else None,
        "epochs": 5 if scored else None,
        "seconds": 60.5 if scored else None,
        "values": {
            "training.learning-rate": 0.001 * (number + 1),
            "method.rank": (16, 4, 8)[number % 3],
            "training.schedule": "linear" if number == 0 else ("cosine", "constant")[number % 2],
            "training.epochs": 5 if number == 0 else 3 + number % 6,
            "method.dropout": None if number == 0 else 0.03 * number,
            "training.dropout": 0.05,
        },
        "scores": {"1": 0.5, "2": score} if scored else {},
        "why": "the model has 2 blocks" if state == "failed" else "",
    }


def _dimension(key: str, kind: str, **given: Any) -> dict[str, Any]:
    bare = {"key": key, "kind": kind, "values": [], "low": 0.0, "high": 0.0, "log": False, "step": 0.0, "own": None}
    return {**bare, "shown": "some range", **given}
