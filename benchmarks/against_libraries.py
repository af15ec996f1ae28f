"""Every method against the library that a user would pick for it: same base, same rows, same epochs, one thread.

    BURNISH_DATA=path/to/data python -m benchmarks.against_libraries

On Banking77. Each system runs in a process of its own, one after the other. CPU seconds are those of training alone,
from the loaded libraries to the trained model; states and features that burnish keeps are computed anew.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any

from benchmarks.measuring import add_results_option, kept, table

OURS = "burnish, to the trained model"
SPLIT = {"train": 0.72, "validation": 0.08, "test": 0.2}  # a tenth of the rows validates
TESTED = 1000  # test rows


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row of the table: what burnish does, and what it is compared with."""

    rows: str
    ours: dict[str, Any]
    library: str
    system: str
    theirs: dict[str, Any]


CASES = {
    "full": Case(
        rows="1000",
        ours={"method": "full", "training": {"epochs": 5, "patience": 5}},
        library="Trainer",
        system="Trainer",
        theirs={"epochs": 5},
    ),
    "freeze": Case(
        rows="1000",
        ours={"method": {"name": "freeze", "blocks": 4}, "training": {"epochs": 10, "patience": 10}},
        library="Trainer, 4 of 6 blocks frozen",
        system="Trainer",
        theirs={"epochs": 10, "freeze": 4},
    ),
    "head": Case(
        rows="1000",
        ours={"method": "head", "training": {"epochs": 10, "patience": 10}},
        library="Trainer, all blocks frozen",
        system="Trainer",
        theirs={"epochs": 10, "freeze": 6},
    ),
    "lora": Case(
        rows="1000",
        ours={"method": "lora", "training": {"epochs": 5, "patience": 5}},
        library="peft and Trainer",
        system="Trainer",
        theirs={"epochs": 5, "lora": 16, "learning_rate": 1e-3},
    ),
    "few-shot": Case(
        rows="308",
        ours={"method": "few-shot", "training": {"epochs": 2}},
        library="SetFit, 100 steps",
        system="SetFit",
        theirs={"steps": 100},
    ),
    "few-shot-whole": Case(
        rows="308",
        ours={"method": "few-shot", "training": {"epochs": 2}},
        library="SetFit, its own steps",
        system="SetFit",
        theirs={"steps": -1},
    ),
}


def main() -> None:
    """Run the cases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=list(CASES))
    parser.add_argument("--seed", type=int, default=0)
    add_results_option(parser)
    options = parser.parse_args()
    lines = []
    shared = {"seed": options.seed, "tested": TESTED}
    for name in options.cases:
        case, results = CASES[name], []
        for system, settings in ((OURS, {"split": SPLIT, **case.ours}), (case.system, case.theirs)):
            results.append(kept(options.results, "benchmarks.systems", system, rows=case.rows, **shared, **settings))
        ours, theirs = results
        lines.append(
            [
                name,
                case.rows,
                f"{ours['accuracy']:.1%}",
                f"{theirs['accuracy']:.1%}",
                f"{ours['seconds']:.1f}",
                f"{theirs['seconds']:.1f}",
                f"{theirs['seconds'] / ours['seconds']:.1f}x",
                f"{ours['peak_megabytes']} / {theirs['peak_megabytes']}",
                case.library,
            ]
        )
    headings = ["case", "rows", "burnish", "library", "CPU s", "CPU s library", "ratio", "peak MB", "library is"]
    print("\n" + table(headings, lines))


if __name__ == "__main__":
    main()
