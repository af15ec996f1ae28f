"""What it brings to leave out easy rows: accuracy and processor seconds, with every row and without, one thread.

    BURNISH_DATA=path/to/data python -m benchmarks.easy_rows

Each training runs in a process of its own; pairs share rows and seed. `--results FILE` keeps what is done.
"""

from __future__ import annotations

import argparse
from typing import Any

from benchmarks.against_libraries import OURS, SPLIT
from benchmarks.measuring import add_results_option, kept, table

BANKING, PRODUCTS = "Banking77", "product reviews"
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "banking77-200": (f"{BANKING}, 200 rows, `full`", {"rows": "200", "method": "full"}),
    "banking77-1000": (f"{BANKING}, 1,000 rows, `full`", {"rows": "1000", "method": "full"}),
    "lora": (f"{BANKING}, 1,000 rows, `lora`", {"rows": "1000", "method": "lora"}),
    "freeze": (f"{BANKING}, 1,000 rows, `freeze`", {"rows": "1000", "method": "freeze"}),
    "products": (f"{PRODUCTS}, all rows, `full`", {"rows": "all", "data": "products", "method": "full"}),
}


def main() -> None:
    """Train every pair and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=CASES)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--share", type=float, default=0.5)
    add_results_option(parser)
    options = parser.parse_args()
    rows = []
    for case in options.cases:
        words, settings = CASES[case]
        for seed in options.seeds:
            every, fewer = (
                kept(
                    options.results,
                    "benchmarks.systems",
                    OURS,
                    **settings,
                    split=SPLIT,
                    seed=seed,
                    training={"skip_easy": share},
                )
                for share in (0.0, options.share)
            )
            saved = 1 - fewer["seconds"] / every["seconds"]
            row = [words, str(seed), f"{every['accuracy']:.1%}", f"{every['seconds']:.1f}"]
            rows.append([*row, f"{fewer['accuracy']:.1%}", f"{fewer['seconds']:.1f}", f"{saved:.0%}"])
    headings = ["case", "seed", "every row", "CPU s", f"skip-easy: {options.share}", "CPU s", "saved"]
    print("\n" + table(headings, rows))


if __name__ == "__main__":
    main()
