"""Every method on three sizes of the sample reviews: accuracy, processor seconds, what trains, size, forgetting.

    python -m benchmarks.methods --rows 200 600 1600
    python -m benchmarks.methods --rows 600 --methods full "full, l2-sp 10" "full, replay 0.2" "full, interpolate"

Trained on products. The test rows are other products; forgetting is told by the other domains (movies, editorials,
tweets): accuracy there, less that of the linear probe, which keeps the network as it was. Each case runs in a process
of its own on one thread, from the data to the trained model; seconds are those of the train stage, with states computed
anew.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.data import Rows, reviews, write
from benchmarks.measuring import add_results_option, kept, report, table, until, without_states
from benchmarks.systems import trained_answers
from burnish.catalog import methods
from burnish.contracts import Answers

DOMAINS = ("movies", "editorials", "tweets")
ELSEWHERE = 400  # rows of each other domain
TESTED = 500
REPLAYED = 300  # rows of each other domain to mix in, none of them tested
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "full, l2-sp 10": ("full", {"l2_sp": 10.0}),
    "full, replay 0.2": ("full", {"replay_share": 0.2}),
    "full, interpolate": ("full", {"interpolate": True}),
    "full, average ema": ("full", {"average": "ema"}),
    "full, average last": ("full", {"average": "last"}),
}


def accuracy(answers: Answers, rows: Rows) -> float:
    """Share of right answers."""
    found = answers.predict([{"text": text} for text, _ in rows])
    return sum(bool(p.value == label) for p, (_, label) in zip(found, rows, strict=True)) / len(rows)


def run_case(settings: dict[str, Any]) -> dict[str, Any]:
    """Train one method on some rows, and score it on its own domain and on the others."""
    from burnish.run_folder import RunFolder, read_json
    from burnish.stages.stage import ADAPTER_FOLDER, MODEL_FOLDER

    method, training = VARIANTS.get(settings["method"], (settings["method"], {}))
    own = reviews("products", settings["seed"])
    test, rest = own[:TESTED], own[TESTED:]
    train = rest[: settings["rows"]]
    with tempfile.TemporaryDirectory() as folder:
        data = write(Path(folder) / "train.csv", train)
        recipe: dict[str, Any] = {
            "model": "minilm",
            "method": method,
            "split": {"train": 0.75, "validation": 0.2, "test": 0.05},
            "training": {"threads": 1, **training},
            "seed": settings["seed"],
        }
        if training.get("replay_share"):
            general = [row for domain in DOMAINS for row in reviews(domain, settings["seed"])[ELSEWHERE:][:REPLAYED]]
            recipe["replay"] = write(Path(folder) / "general.csv", general)
        out = Path(folder) / "runs"
        until("baseline", data, out, recipe)
        with without_states():
            root = until("train", data, out, recipe)
        run = RunFolder(root=root)
        opened, tuned = trained_answers(root)
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
    parser.add_argument("--methods", nargs="+", default=list(methods()), choices=[*methods(), *VARIANTS])
    parser.add_argument("--seed", type=int, default=0)
    add_results_option(parser)
    parser.add_argument("--system", help=argparse.SUPPRESS)
    parser.add_argument("--settings", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.system:
        report(run_case(options.settings))
        return
    lines = []
    for rows in options.rows:
        for method in options.methods:
            settings = {"rows": rows, "method": method, "seed": options.seed}
            found = kept(options.results, "benchmarks.methods", "burnish", **settings)
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
