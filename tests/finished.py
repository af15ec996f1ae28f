"""A finished run on a small model, made once for the tests that look at it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import burnish

FAST: dict[str, Any] = {"epochs": 3, "precision": "fp32", "threads": 1, "learning-rate": 0.003}


def finish_run(data: Path, encoder: Path, out: Path, **keys: Any) -> burnish.Run:
    """Run the pipeline on a small model with settings that suit it."""
    training = {**FAST, **keys.pop("training", {})}
    return burnish.run(data, model=str(encoder), training=training, out=out, **keys)
