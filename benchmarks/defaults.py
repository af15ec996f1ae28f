"""The default recipe against the best of three learning rates of the Hugging Face Trainer, on several data sets.

    BURNISH_DATA=path/to/data python -m benchmarks.defaults --results defaults.jsonl

burnish is given a data file and nothing else, and keeps a part of it for validation. The Trainer gets all rows, and
its best learning rate is picked on the test rows, which flatters it. Only accuracy is compared, so the Trainer runs in
bf16 where the processor has it, which takes a fraction of the time. From the cheapest case to the dearest: stop it when
you like, and the same command goes on.
"""

from __future__ import annotations

import argparse
from typing import Any

from benchmarks.measuring import add_results_option, kept, table
from burnish.training.precision import processor_has_bf16

RATES = (2e-5, 5e-5, 2e-4)
CASES: dict[str, dict[str, Any]] = {
    "banking77-200": {"rows": "200"},
    "banking77-1000": {"rows": "1000"},
    "products": {"data": "products", "rows": "all"},
    "tweets": {"data": "tweets", "rows": "all"},
    "editorials": {"data": "editorials", "rows": "all"},
    "movies": {"data": "movies", "rows": "all"},
    "banking77-all": {"rows": "all"},
}


def half_width(share: float, count: int) -> float:
    """Half of the 95% interval of a share of `count` rows."""
    return 1.96 * float((share * (1 - share) / count) ** 0.5)


def main() -> None:
    """Run the cases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=list(CASES))
    parser.add_argument("--seed", type=int, default=0)
    add_results_option(parser)
    options = parser.parse_args()
    lines, gains, bf16 = [], [], processor_has_bf16()
    for name in options.cases:
        settings = {**CASES[name], "seed": options.seed}
        ours = kept(options.results, "benchmarks.systems", "burnish, to the trained model", **settings)
        theirs = {
            rate: kept(options.results, "benchmarks.systems", "Trainer", learning_rate=rate, bf16=bf16, **settings)
            for rate in RATES
        }
        best = max(found["accuracy"] for found in theirs.values())
        gains.append(ours["accuracy"] - best)
        lines.append(
            [
                name,
                ours["method"],
                f"{ours['accuracy']:.1%} ± {100 * half_width(ours['accuracy'], ours['test_rows']):.1f}",
                f"{ours['probe']:.1%}",
                *[f"{found['accuracy']:.1%}" for found in theirs.values()],
                f"{100 * gains[-1]:+.1f}",
            ]
        )
    headings = ["data", "method", "burnish", "its linear probe", *[f"Trainer {rate:.0e}" for rate in RATES]]
    print("\n" + table([*headings, "burnish less the best, points"], lines))
    print(f"\nMean: {100 * sum(gains) / len(gains):+.1f} points")


if __name__ == "__main__":
    main()
