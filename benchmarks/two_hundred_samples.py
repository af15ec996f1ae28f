"""What a few hundred marked texts are worth: slots of restaurant8k, the specialist against the best cheap baseline.

    BURNISH_DATA=path/to/data python -m benchmarks.two_hundred_samples

Every seed draws its own training rows; the test set is the whole one, with its overlapping spans, of which no system
can find both. Each case runs in a process of its own, on one thread. Results are appended to a file, and a case that
stands there is not run again.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from benchmarks.data import restaurant8k
from benchmarks.measuring import in_own_process, report, table, until
from burnish.data.read import read_table
from burnish.events import finish
from burnish.metrics.intervals import score_rows
from burnish.metrics.spans import SPAN_F1
from burnish.predictor import NetworkAnswers
from burnish.recipe import parse_recipe
from burnish.recipe_problems import read_recipe_file
from burnish.run_folder import RunFolder
from burnish.stages.stage import MODEL_FOLDER, open_run

MODULE = "benchmarks.two_hundred_samples"
SIZES = (200, 50, 100, 500, 1000, 2000, 4000, 8000)
STEPS = 130  # few rows are seen more often: at least three times, and otherwise as often as makes so many steps
T_95 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 9: 2.262}  # Student's t by degrees of freedom


def recipe_of(rows: int, seed: int, pretrained_on: str) -> dict[str, Any]:
    """The recipe: a sixteenth of the rows chooses the checkpoint.

    Args:
        rows: Training rows.
        seed: Of the run.
        pretrained_on: A file of texts without spans to go on pre-training on, or "".
    """
    epochs = max(3, round(STEPS * 16 / rows))
    recipe: dict[str, Any] = {
        "task": "token-classification",
        "model": "minilm",
        "method": "full",
        "split": {"train": 0.75, "validation": 0.05, "test": 0.2},
        "training": {"threads": 1, "learning_rate": 1e-4, "epochs": epochs, "patience": epochs},
        "seed": seed,
    }
    return {**recipe, "pretraining": {"data": pretrained_on}} if pretrained_on else recipe


def run_case(settings: dict[str, Any]) -> dict[str, Any]:
    """Train on some rows and let everything answer the whole test set.

    Returns:
        Span-f1 of every system, and the processor seconds of training and of the baselines.
    """
    pool, test = restaurant8k()
    rows, seed = settings["rows"], settings["seed"]
    generator_order = shuffled(len(pool), seed)
    with tempfile.TemporaryDirectory() as folder:
        data, texts = Path(folder) / "train.jsonl", Path(folder) / "texts.jsonl"
        write(data, [pool[place] for place in generator_order[:rows]])
        unmarked = [{"text": pool[place]["text"]} for place in generator_order[rows:]]
        write(texts, unmarked)
        pretrained_on = str(texts) if settings["pretraining"] and unmarked else ""
        # The run stops before it opens the test file; but having one, it trains on all other rows.
        held_out = write(Path(folder) / "test.jsonl", test)
        recipe = {**recipe_of(rows, seed, pretrained_on), "test": str(held_out)}
        root = until("train", data, Path(folder) / "runs", recipe)
        run = RunFolder(root=root)
        assert len(read_table(data)) == rows
        values, lines = read_recipe_file(root / "recipe.yaml")
        opened = finish(open_run(parse_recipe(values, "recipe", lines), run))
        model = opened.task.restore(run.file("train", MODEL_FOLDER), opened.targets, 0)
        systems: dict[str, Any] = {"specialist": NetworkAnswers(task=opened.task, model=model, targets=opened.targets)}
        systems |= {baseline.name: opened.baseline(baseline.name) for baseline in opened.task.baselines}
        read = [opened.task.read_row({"text": row["text"], "context": row["context"]}) for row in test]
        scores = {}
        for name, system in systems.items():
            statistics = SPAN_F1.statistics([row["spans"] for row in test], system.predict(read), opened.targets)
            scores[name] = score_rows(SPAN_F1, statistics)
        return {
            "f1": scores,
            "seconds": _seconds(run, ("pretrain", "train")),
            "baselines": _seconds(run, ("baseline",)),
        }


def _seconds(run: RunFolder, stages: Sequence[str]) -> float:
    records = [record for stage in stages if (record := run.record(stage)) is not None]
    return float(sum(record["usage"]["processor_seconds"] for record in records))


def shuffled(count: int, seed: int) -> list[int]:
    """The order in which a seed draws training rows: fewer rows are the beginning of more."""
    order = list(range(count))
    random.Random(seed).shuffle(order)
    return order


def write(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """Write rows as JSON Lines."""
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    return path


def known_results(path: Path) -> list[dict[str, Any]]:
    """The results in a file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []


def interval(values: Sequence[float]) -> str:
    """Mean and 95% interval over seeds (Student's t), in points."""
    if len(values) < 2:
        return f"{100 * values[0]:.1f}"
    half = T_95.get(len(values) - 1, 1.96) * stdev(values) / len(values) ** 0.5
    return f"{100 * fmean(values):.1f} ± {100 * half:.1f}"


def lines_of(results: Sequence[dict[str, Any]]) -> list[list[str]]:
    """A line of the table for each size; the best cheap baseline is the best on the test set, seed by seed."""
    lines = []
    for rows, pretraining in sorted({(found["rows"], found["pretraining"]) for found in results}):
        own = [found for found in results if (found["rows"], found["pretraining"]) == (rows, pretraining)]
        specialist = [found["f1"]["specialist"] for found in own]
        best = [max(score for name, score in found["f1"].items() if name != "specialist") for found in own]
        bare = [found["f1"]["crf"] for found in own]
        names = sorted({max((s, n) for n, s in found["f1"].items() if n != "specialist")[1] for found in own})
        lines.append(
            [
                f"{rows:,}",
                "yes" if pretraining else "no",
                str(len(own)),
                interval(bare),
                f"{interval(best)} ({', '.join(names)})",
                interval(specialist),
                interval([first - second for first, second in zip(specialist, bare, strict=True)]),
                interval([first - second for first, second in zip(specialist, best, strict=True)]),
                f"{fmean(found['seconds'] for found in own):.0f}",
            ]
        )
    return lines


def main() -> None:
    """Run the cases that have no result yet, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="+", type=int, default=list(SIZES))
    parser.add_argument("--seeds", nargs="+", type=int, default=list(range(5)))
    parser.add_argument("--pretraining", action="store_true", help="Go on pre-training on the other texts first.")
    parser.add_argument("--results", type=Path, default=Path("two_hundred_samples.jsonl"))
    parser.add_argument("--system", help=argparse.SUPPRESS)
    parser.add_argument("--settings", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.system:
        report(run_case(options.settings))
        return
    for rows in options.rows:
        for seed in options.seeds:
            case = {"rows": rows, "seed": seed, "pretraining": options.pretraining}
            if any(case.items() <= found.items() for found in known_results(options.results)):
                continue
            found = {**case, **in_own_process(MODULE, "burnish", **case)}
            with options.results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(found) + "\n")
            print(json.dumps(found), flush=True)
    headings = ["rows", "pre-training", "seeds", "crf", "best cheap baseline", "specialist", "more than crf"]
    headings += ["more than the best", "CPU s training"]
    print("\n" + table(headings, lines_of(known_results(options.results))))


if __name__ == "__main__":
    main()
