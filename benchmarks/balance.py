"""What class weights, oversampling and the focal loss are worth where one class is rare.

    python -m benchmarks.balance --method head

Reviews of products, ten positive ones for each negative one. Each setting is compared with the recipe without it by
`burnish ablate`: the same rows and seeds, macro-F1 on half of the rows, which are held out.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import burnish
from benchmarks.data import Rows, reviews, write
from benchmarks.measuring import table

SETTINGS: dict[str, Any] = {
    "class-weights: balanced": {"class-weights": "balanced"},
    "oversample: sqrt": {"oversample": "sqrt"},
    "oversample: balanced": {"oversample": "balanced"},
    "loss: focal, gamma 2": {"loss": "focal", "focal-gamma": 2.0},
}
RATIO = 10


def uneven(seed: int) -> Rows:
    """Positive reviews, and one negative one for each ten of them."""
    rows = reviews("products", seed)
    positive = [row for row in rows if row[1] == "positive"]
    negative = [row for row in rows if row[1] == "negative"][: len(positive) // RATIO]
    kept = {*positive, *negative}
    return [row for row in rows if row in kept]


def compare(data: Path, name: str, method: str, seeds: int) -> list[str]:
    """One line of the table."""
    training = SETTINGS[name]
    found = burnish.ablate(
        data,
        f"training.{next(iter(training))}",
        seeds=seeds,
        name="uneven",  # one run for all: its checks, split and baselines are done once
        out=data.parent / "runs",
        model="minilm",
        method=method,
        training={**training, "threads": 1},
        split={"train": 0.4, "validation": 0.5, "test": 0.1},
        evaluate={"metric": "macro-f1"},
    ).result
    of = found["score"]
    gain = of["difference"]
    return [
        name,
        f"{100 * of['without']['mean']:.1f}",
        f"{100 * of['with']['mean']:.1f}",
        f"{100 * gain['value']:+.1f} ({100 * gain['low']:+.1f} to {100 * gain['high']:+.1f})",
        f"{of['p']:.3f}",
    ]


def main() -> None:
    """Compare every setting and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--method", default="head")
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = uneven(0)
        data = write(Path(folder) / "uneven.csv", rows)
        lines = [compare(data, name, given.method, given.seeds) for name in SETTINGS]
    few = sum(label == "negative" for _, label in rows)
    print(f"{len(rows)} rows, {few} of them negative; method {given.method}, {given.seeds} seeds")
    print(table(["setting", "macro-F1 without", "with", "difference, 95% interval", "p"], lines))


if __name__ == "__main__":
    main()
