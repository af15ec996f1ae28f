"""Numbers from texts: the sample reviews' ratings, learned in one domain and tested in it and in the others.

    python -m benchmarks.ratings --train products

One run of the pipeline, on one thread; a second call goes on with it, or only answers the other domains.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import burnish
from benchmarks.measuring import table
from burnish.contracts import Answers, Rows, Targets
from burnish.data.samples import write_sample
from burnish.events import finish
from burnish.metrics.intervals import bootstrap_scores, interval, score_rows
from burnish.metrics.regression import R2, RMSE, SPEARMAN
from burnish.predictor import load_specialist
from burnish.recipe import Recipe
from burnish.recipe_problems import read_recipe_file
from burnish.run_folder import RunFolder
from burnish.stages.evaluate import open_sealed_rows
from burnish.stages.stage import SPECIALIST, open_run

DOMAINS = ("products", "movies", "editorials", "tweets")
BASELINES = ("mean", "tfidf-ridge", "ridge-probe")


def main() -> None:
    """Train, answer every domain, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", default="products", choices=DOMAINS)
    parser.add_argument("--rows", type=int, default=1000, help="rows of each other domain")
    parser.add_argument("--out", type=Path, default=Path("runs"))
    options = parser.parse_args()
    run = train(options.train, options.out)
    recipe = Recipe.model_validate(read_recipe_file(run.folder / "recipe.yaml")[0])
    recipe = recipe.model_copy(update={"data": recipe.data.model_copy(update={"train": options.out / "ratings.csv"})})
    opened = finish(open_run(recipe, RunFolder(root=run.folder)))
    systems: dict[str, Answers] = {name: opened.baseline(name) for name in BASELINES}
    systems["specialist"] = load_specialist(run.folder / "export" / SPECIALIST).answers
    lines = []
    for domain in (options.train, *(domain for domain in DOMAINS if domain != options.train)):
        if domain == options.train:
            rows: Rows = open_sealed_rows(RunFolder(root=run.folder))
        else:
            rows = ratings(domain, options.out)[:: max(1, len(ratings(domain, options.out)) // options.rows)]
        lines += [[domain, str(len(rows)), *line] for line in scored(systems, rows, opened.targets)]
    print("\n" + table(["tested on", "rows", "system", "RMSE", "R2", "Spearman", "truth in interval"], lines))
    print(f"\nverdict: {run.verdict['decision']}; {run.verdict['cost']['processor_seconds']} CPU s whole")


def train(domain: str, out: Path) -> burnish.Run:
    """The finished run on one domain."""
    out.mkdir(parents=True, exist_ok=True)
    data = out / f"ratings-{domain}.csv"
    with data.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "rating"])
        writer.writerows((row["text"], row["label"]) for row in ratings(domain, out))
    return burnish.run(data, task="text-regression", label="rating", training={"threads": 1}, out=out)


def ratings(domain: str, out: Path) -> list[dict[str, Any]]:
    """Every sentence of a domain with its rating, by role."""
    path = out / f"reviews-{domain}.csv"
    if not path.is_file():
        finish(write_sample("reviews", path, domain))
    with path.open(newline="", encoding="utf-8") as file:
        return [{"text": row["text"], "label": float(row["rating"])} for row in csv.DictReader(file)]


def scored(systems: Mapping[str, Answers], rows: Rows, targets: Targets) -> list[list[str]]:
    """A line per system: scores with 95% intervals, and how often the intervals hold the truth."""
    truths = [row["label"] for row in rows]
    lines = []
    for name, system in systems.items():
        predictions = system.predict([{"text": row["text"]} for row in rows])
        cells = []
        for metric in (RMSE, R2, SPEARMAN):
            statistics = metric.statistics(truths, predictions, targets)
            found = interval(score_rows(metric, statistics), bootstrap_scores(metric, [statistics], seed=0)[0])
            cells.append(f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})")
        held = [
            p.interval is not None and p.interval[0] <= t <= p.interval[1]
            for t, p in zip(truths, predictions, strict=True)
        ]
        lines.append([name, *cells, f"{sum(held) / len(held):.1%}"])
    return lines


if __name__ == "__main__":
    main()
