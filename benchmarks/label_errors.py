"""Label errors: how many flipped labels of Banking77 are found, and what repairing them is worth.

    BURNISH_DATA=path/to/data python -m benchmarks.label_errors --rows 1540

A tenth of the training labels is replaced by another one at random. First all training rows are checked: how many of
the flipped labels are found, and how many of the flagged rows were flipped. Then a model is fine-tuned on some of the
rows three times, each in a process of its own on one thread: with the right labels, with the flipped ones, and with the
flipped ones after `checks: {label-errors: repair}` (or drop). The test rows are Banking77's own.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.data import Rows, banking77, subset, write
from benchmarks.measuring import in_own_process, report, table, until

FLIPPED = 0.1
CASES = {"right labels": "skip", "flipped": "skip", "flipped, repaired": "repair", "flipped, dropped": "drop"}


def flipped(rows: Rows, seed: int) -> tuple[Rows, set[int]]:
    """Rows with a tenth of the labels replaced by another one, and which they are."""
    choose = random.Random(seed)
    labels = sorted({label for _, label in rows})
    chosen = set(choose.sample(range(len(rows)), round(FLIPPED * len(rows))))
    return [
        (text, choose.choice([other for other in labels if other != label]) if place in chosen else label)
        for place, (text, label) in enumerate(rows)
    ], chosen


def run_case(settings: dict[str, Any]) -> dict[str, Any]:
    """Check rows, or train on them, and score the flagged rows and the trained model."""
    from burnish.run_folder import RunFolder, read_json

    train, test = banking77()
    rows = subset(train, settings["rows"] or len(train), settings["seed"])
    broken, chosen = flipped(rows, settings["seed"])
    policy = CASES[settings["case"]]
    with tempfile.TemporaryDirectory() as folder:
        recipe: dict[str, Any] = {
            "model": "minilm",
            "test": str(write(Path(folder) / "test.csv", test)),
            "method": settings["method"],
            "checks": {"label-errors": "report" if settings["detect"] else policy},
            "training": {"threads": 1},
            "seed": settings["seed"],
        }
        right = settings["case"] == "right labels"
        data = write(Path(folder) / "train.csv", rows if right else broken)
        root = until("check" if settings["detect"] else "train", data, Path(folder) / "runs", recipe)
        run = RunFolder(root=root)
        with run.file("check", "flagged.csv").open(newline="", encoding="utf-8") as file:
            flagged = [int(row["row"]) for row in csv.DictReader(file) if row["finding"] == "label-errors"]
        ledger = read_json(run.file("check", "ledger.json"))
        hit = len(chosen.intersection(flagged))
        found = {"found": hit / len(chosen), "true": hit / max(1, len(flagged)), "flagged": len(flagged)}
        usage = (run.record("check") or {})["usage"]["processor_seconds"]
        if settings["detect"]:
            return {**found, "read": ledger["read"], "seconds": usage}
        return {**found, "accuracy": _accuracy(run, test)}


def _accuracy(run: Any, test: Rows) -> float:
    """Share of the test rows that the trained network answers right."""
    import burnish.recipe_problems as problems
    from burnish.catalog import get_task
    from burnish.events import finish
    from burnish.predictor import NetworkAnswers
    from burnish.recipe import parse_recipe
    from burnish.stages.stage import MODEL_FOLDER, open_run

    values, lines = problems.read_recipe_file(run.root / "recipe.yaml")
    opened = finish(open_run(parse_recipe(values, "recipe", lines), run))
    model = get_task(opened.task.name).restore(run.file("train", MODEL_FOLDER), opened.targets, 0)
    answers = NetworkAnswers(task=opened.task, model=model, targets=opened.targets)
    found = answers.predict([{"text": text} for text, _ in test])
    return sum(bool(p.value == label) for p, (_, label) in zip(found, test, strict=True)) / len(test)


def main() -> None:
    """Run the check on all rows and the trainings on some, and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=0, help="rows to train on; 0: all")
    parser.add_argument("--method", default="full")
    parser.add_argument("--cases", nargs="*", default=list(CASES), choices=list(CASES))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--system", help=argparse.SUPPRESS)
    parser.add_argument("--settings", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.system:
        report(run_case(options.settings))
        return
    module, common = "benchmarks.label_errors", {"seed": options.seed, "method": options.method}
    found = in_own_process(module, "burnish", detect=True, case="flipped", rows=0, **common)
    shares = [f"{found['found']:.1%}", f"{found['true']:.1%}", f"{found['seconds']:.0f}"]
    print(
        table(["rows", "flipped ones found", "flagged ones truly flipped", "CPU s"], [[f"{found['read']:,}", *shares]])
    )
    lines = []
    for case in options.cases:
        trained = in_own_process(module, "burnish", detect=False, case=case, rows=options.rows, **common)
        print(case, trained, flush=True)
        lines.append([case, f"{trained['flagged']}", f"{trained['accuracy']:.1%}"])
    print("\n" + table(["labels", "flagged", "test accuracy"], lines))


if __name__ == "__main__":
    main()
