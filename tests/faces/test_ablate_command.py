"""What `burnish ablate` shows."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from burnish.faces.ablate_command import show_ablation


def result(**score: Any) -> dict[str, Any]:
    arms = {
        arm: {"mean": mean, "by_seed": [mean - 0.01, mean + 0.01]} for arm, mean in (("with", 0.82), ("without", 0.8))
    }
    compared = {**arms, "difference": {"value": 0.02, "low": -0.01, "high": 0.05}, "p": 0.2, "test": "paired bootstrap"}
    return {
        "key": "augment",
        "described": {"with": "{'word-dropout': 0.1}", "without": "left out"},
        "metric": "accuracy",
        "share": True,
        "higher_is_better": True,
        "rows": 240,
        "seeds": [0, 1],
        "score": {**compared, **score},
        "loss": compared,
        "sentence": "whether it helps cannot be told from these rows and seeds",
    }


def test_scores_difference_and_what_it_means() -> None:
    console = Console(file=io.StringIO(), width=140)
    show_ablation(result(), console)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "{'word-dropout': 0.1}" in shown
    assert "82.0%" in shown
    assert "81.0%, 83.0%" in shown
    assert "difference +2.0 points, 95% interval −1.0 to +5.0 points, p 0.200" in " ".join(shown.split())
    assert "240 validation rows, 2 seeds" in shown
    assert "cannot be told" in shown
