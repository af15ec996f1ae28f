"""How much memory the stages `check` and `split` take for millions of rows: `python -m benchmarks.streaming`.

Writes a CSV file of made-up sentences, completes a recipe for it, and runs both stages, in a process of its own.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from burnish.checks.table import CHECKS
from burnish.events import finish
from burnish.faces.python import prepare
from burnish.pipeline import run_stages
from burnish.recipe import complete_recipe
from burnish.run_folder import RunFolder

_WORDS = [f"{kind}{number}" for kind in ("a", "the", "works", "battery", "after", "bought") for number in range(40)]
_LABELS = ("negative", "neutral", "positive")


def write_rows(path: Path, count: int, seed: int = 0) -> None:
    """Write rows of 8 to 14 words and a label; one in a hundred repeats an earlier one, one in a thousand is empty."""
    made = random.Random(seed)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        kept = ["a sentence that comes again", "another one"]
        for number in range(count):
            if number % 1000 == 999:
                text = ""
            elif number % 100 == 99:
                text = made.choice(kept)
            else:
                text = " ".join(made.choices(_WORDS, k=made.randint(8, 14))) + f" {number}"
            if number % 5000 == 0:
                kept.append(text)
            writer.writerow([text, _LABELS[sum(map(ord, text)) % 3]])


def measure(path: Path, out: Path, model: str, skipped: list[str]) -> None:
    """Run both stages and print seconds of the processor and the most memory that the process has held."""
    began = time.process_time()
    if skipped == ["all"]:
        skipped = [check.name for check in CHECKS]
    keys = {"label": "label", "model": model, "method": "head", "checks": dict.fromkeys(skipped, "skip")}
    recipe, folder = prepare(path, name="streaming", out=out, keys=keys)
    recipe, _ = complete_recipe(recipe)
    _tell("recipe completed", began)
    for last in ("check", "split"):
        finish(run_stages(recipe, RunFolder(root=folder.root), last=last))
        _tell(f"stage {last}", began)
    ledger = json.loads((folder.root / "check" / "ledger.json").read_text())
    print({name: count for name, count in ledger.items() if isinstance(count, int)})
    print(json.loads((folder.root / "split" / "seal.json").read_text())["rows"])


def _tell(what: str, began: float) -> None:
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 if sys.platform == "darwin" else 1 / 1024) / 2**20
    print(f"{what}: {time.process_time() - began:.0f} CPU seconds, at most {memory:.0f} MiB", flush=True)


def main() -> None:
    """Make the file, and measure in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--model", default="minilm")
    parser.add_argument("--skip", nargs="*", default=[], metavar="CHECK", help="checks to leave out; `all` for all")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measure(arguments.measure, arguments.measure.parent, arguments.model, arguments.skip)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        write_rows(path, arguments.rows)
        print(f"{arguments.rows:,} rows, {path.stat().st_size / 2**20:.0f} MiB", flush=True)
        again = [
            sys.executable,
            "-m",
            "benchmarks.streaming",
            "--model",
            arguments.model,
            "--measure",
            str(path),
            "--skip",
            *arguments.skip,
        ]
        subprocess.run(again, check=True)


if __name__ == "__main__":
    main()
