"""Every method on three sizes of the sample reviews: accuracy, processor seconds, what trains, size, forgetting.

    python -m benchmarks.methods --rows 200 600 1600

Trained on products. The test rows are other products; forgetting is told by the other domains (movies, editorials,
tweets): accuracy there, less that of the linear probe, which keeps the network as it was. Each case runs in a process
of its own on one thread, from the data to the trained model; seconds are those of the train stage, with states computed
anew.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.data import Rows, subset, write
from benchmarks.measuring import in_own_process, report, table, until
from burnish.catalog import get_task, methods
from burnish.contracts import Answers
from burnish.data.samples import write_sample
from burnish.events import finish

DOMAINS = ("movies", "editorials", "tweets")
ELSEWHERE = 400  # rows of each other domain
TESTED = 500


def reviews(domain: str, seed: int) -> Rows:
    """Text and sentiment of one domain, shuffled."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reviews.csv"
        finish(write_sample("reviews", path, domain))
        with path.open(newline="", encoding="utf-8") as file:
            rows = [(row["text"], row["sentiment"]) for row in csv.DictReader(file)]
    return subset(rows, len(rows), seed)


def accuracy(answers: Answers, rows: Rows) -> float:
    """Share of right answers."""
    found = answers.predict([{"text": text} for text, _ in rows])
    return sum(bool(p.value == label) for p, (_, label) in zip(found, rows, strict=True)) / len(rows)


def run_case(settings: dict[str, Any]) -> dict[str, Any]:
    """Train one method on some rows, and score it on its own domain and on the others."""
    import burnish.recipe_problems as problems
    from burnish.fetch.cache import cache_folder
    from burnish.predictor import NetworkAnswers
    from burnish.recipe import parse_recipe
    from burnish.run_folder import RunFolder, read_json
    from burnish.stages.stage import ADAPTER_FOLDER, MODEL_FOLDER, open_run

    own = reviews("products", settings["seed"])
    test, rest = own[:TESTED], own[TESTED:]
    train = rest[: settings["rows"]]
    with tempfile.TemporaryDirectory() as folder:
        data = write(Path(folder) / "train.csv", train)
        recipe: dict[str, Any] = {
            "model": "minilm",
            "method": settings["method"],
            "split": {"train": 0.75, "validation": 0.2, "test": 0.05},
            "training": {"threads": 1},
            "seed": settings["seed"],
        }
        out = Path(folder) / "runs"
        until("baseline", data, out, recipe)
        shutil.rmtree(cache_folder() / "states", ignore_errors=True)
        root = until("train", data, out, recipe)
        run = RunFolder(root=root)
        values, lines = problems.read_recipe_file(root / "recipe.yaml")
        opened = finish(open_run(parse_recipe(values, "recipe", lines), run))
        model = get_task(opened.task.name).restore(run.file("train", MODEL_FOLDER), opened.targets, 0)
        tuned = NetworkAnswers(task=opened.task, model=model, targets=opened.targets)
        probe = opened.baseline("linear-probe")
        told = read_json(run.file("train", "training.json"))
        adapter = run.file("train", ADAPTER_FOLDER)
        kept = adapter if adapter.is_dir() else run.file("train", MODEL_FOLDER)
        others = [reviews(domain, settings["seed"])[:ELSEWHERE] for domain in DOMAINS]
        return {
            "accuracy": accuracy(tuned, test),
            "probe": accuracy(probe, test),
            "elsewhere": sum(accuracy(tuned, rows) - accuracy(probe, rows) for rows in others) / len(others),
            "seconds": (run.record("train") or {})["usage"]["processor_seconds"],
            "share": told["trained_parameters"] / told["parameters"],
            "megabytes": sum(path.stat().st_size for path in kept.rglob("*.safetensors")) / 1e6,
        }


def main() -> None:
    """Run every method on every size and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="+", type=int, default=[200, 600, 1600])
    parser.add_argument("--methods", nargs="+", default=list(methods()), choices=list(methods()))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--system", help=argparse.SUPPRESS)
    parser.add_argument("--settings", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.system:
        report(run_case(options.settings))
        return
    lines = []
    for rows in options.rows:
        for method in options.methods:
            began = time.perf_counter()
            found = in_own_process("benchmarks.methods", "burnish", rows=rows, method=method, seed=options.seed)
            print(f"{method} on {rows} rows: {found} ({time.perf_counter() - began:.0f} s)", flush=True)
            lines.append(
                [
                    f"{rows}",
                    f"`{method}`",
                    f"{found['accuracy']:.1%}",
                    f"{found['probe']:.1%}",
                    f"{100 * found['elsewhere']:+.1f}",
                    f"{found['seconds']:.1f}",
                    f"{found['share']:.1%}",
                    f"{found['megabytes']:.1f}",
                    f"{found['peak_megabytes']}",
                ]
            )
    headings = ["rows", "method", "accuracy", "linear probe", "elsewhere, points", "CPU s", "trains", "MB", "peak MB"]
    print("\n" + table(headings, lines))


if __name__ == "__main__":
    main()
