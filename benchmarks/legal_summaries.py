"""A small language model that summarises contract sections: the specialist against its prompted self.

    BURNISH_DATA=path/to/data python -m benchmarks.legal_summaries --out runs

One run of the whole pipeline on all 446 sections (or `--rows` of them), the sections of one agreement in one part; what
is printed is in the run folder, with every answer in evaluate/answers.jsonl. One thread, so that processor seconds say
what it costs.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from benchmarks.conversations import MODEL, PROMPT
from benchmarks.data import legal_summaries
from benchmarks.measuring import ONE_THREAD, table


def main() -> None:
    """Run the pipeline and print the scores of every system."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=0, help="so many sections; 0: all")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--longest", type=int, default=512)
    parser.add_argument("--out", type=Path, default=Path("runs"))
    options = parser.parse_args()
    os.environ.update(ONE_THREAD)

    import burnish

    options.out.mkdir(parents=True, exist_ok=True)
    data = options.out / "sections.jsonl"
    rows = legal_summaries()[: options.rows or None]
    data.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    recipe = options.out / "sections.yaml"
    roles = {"messages": "section", "answer": "summary", "group": "doc", "prompt": PROMPT, "longest": options.longest}
    shares = {"train": 0.7, "validation": 0.1, "test": 0.2}
    training = {"epochs": options.epochs, "batch-size": 8, "threads": 1}
    keys = {"model": MODEL, "data": {"train": str(data), **roles}, "split": shares, "training": training}
    recipe.write_text(json.dumps(keys), encoding="utf-8")
    run = burnish.run(recipe, out=options.out)
    scores = json.loads((run.folder / "evaluate" / "scores.json").read_text(encoding="utf-8"))
    lines = []
    for name, metric in scores["metrics"].items():
        against = {entry["baseline"]: entry for entry in metric["comparisons"]}
        for system, score in {"specialist": metric["specialist"], **metric["baselines"]}.items():
            gain = against[system]["difference"] if system in against else None
            told = f"{gain['value']:+.3f} ({gain['low']:+.3f} to {gain['high']:+.3f})" if gain else ""
            interval = f"{score['value']:.3f} ({score['low']:.3f} to {score['high']:.3f})"
            lines.append([name, system, interval, told])
    print("\n" + table(["metric", "system", "score", "the specialist is better by"], lines))
    print(f"\n{scores['rows']} test rows; verdict: {run.verdict['decision']}")
    print(f"{run.verdict['cost']['processor_seconds']:.0f} CPU seconds, all stages")


if __name__ == "__main__":
    main()
