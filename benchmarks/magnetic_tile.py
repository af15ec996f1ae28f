"""Defects of magnetic tiles (Huang et al. 2018), six classes, one of them most of the rows: five folds.

    BURNISH_DATA=path/to/data python -m benchmarks.magnetic_tile

Each fold is a run of its own on one thread. A second call goes on where the first one stopped.
"""

from __future__ import annotations

import argparse
import csv
import os
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import burnish
from benchmarks.measuring import table
from burnish.run_folder import read_json

METRICS = ("balanced-accuracy", "accuracy", "macro-f1", "auc")
STAGES = ("check", "split", "baseline", "train", "export", "evaluate")


def main() -> None:
    """Run the folds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folds", type=int, nargs="+", default=[1, 2, 3, 4, 5], choices=range(1, 6))
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--method", default="full")
    parser.add_argument("--out", type=Path, default=Path("runs/magnetic-tile"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    data = listed(Path(os.environ["BURNISH_DATA"]) / "magnetic-tile", options.out / "tiles.csv")
    runs = []
    for fold in options.folds:
        run = trained(data, fold, options.method, options.epochs, options.out)
        runs.append(run)
        print(f"fold {fold}: {run.verdict['decision']}. " + " ".join(run.verdict["reasons"]), flush=True)
    print("\n" + summary(runs))


def listed(folder: Path, path: Path) -> Path:
    """A table of the photographs, without the masks beside them, and their classes."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "label"])
        for photo in sorted(folder.rglob("*.jpg")):
            writer.writerow([os.path.relpath(photo, path.parent), photo.relative_to(folder).parts[0]])
    return path


def trained(data: Path, fold: int, method: str, epochs: int, out: Path) -> burnish.Run:
    """The finished run that tests one fold."""
    return burnish.run(
        data,
        name=f"fold-{fold}",
        out=out,
        task="image-classification",
        method=method,
        split={"fold": f"{fold}/5", "train": 0.7, "validation": 0.1, "test": 0.2},
        training={"threads": 1, "epochs": epochs, "class_weights": "balanced", "patience": epochs},
        evaluate={"metric": "balanced-accuracy"},
    )


def summary(runs: list[burnish.Run]) -> str:
    """Mean and deviation over folds of every metric of every system, and processor minutes."""
    found: dict[str, dict[str, list[float]]] = {}
    for run in runs:
        for metric in METRICS:
            scores = run.scores["metrics"][metric]
            for system, score in ({"specialist": scores["specialist"]} | scores["baselines"]).items():
                found.setdefault(system, {}).setdefault(metric, []).append(score["value"])
    lines = [[system, *(_told(scores[metric]) for metric in METRICS)] for system, scores in found.items()]
    minutes = [[_minutes(run, stages) for stages in (("train",), STAGES)] for run in runs]
    spent = [f"{fmean(column):.1f}" for column in zip(*minutes, strict=True)]
    return (
        table(["system", *METRICS], lines)
        + f"\n\n{len(runs)} folds; CPU minutes a fold: {spent[0]} training, {spent[1]} all stages"
    )


def _told(values: list[float]) -> str:
    deviation = f" ± {100 * stdev(values):.1f}" if len(values) > 1 else ""
    return f"{100 * fmean(values):.1f}%{deviation}"


def _minutes(run: burnish.Run, stages: tuple[str, ...]) -> float:
    records: list[Any] = [read_json(run.folder / stage / "record.json") for stage in stages]
    return sum(float(record["usage"]["processor_seconds"]) for record in records) / 60


if __name__ == "__main__":
    main()
