"""burnish against the Hugging Face Trainer and SetFit: same base model, same rows, same epochs, one thread.

    BURNISH_DATA=path/to/data python -m benchmarks.against_trainer --rows 200 1000 all

Each system runs in a process of its own, one after the other, in one go. Processor seconds are compared, not wall
seconds: on shared machines those swing tenfold. The Trainer runs with its own defaults (batches of 8, learning rate
5e-5, fp32) and dynamic padding. burnish is given the same rows, keeps a tenth of them for validation, and is measured
three times: training alone, with the checks and baselines before it, and whole (export, ONNX, parity, comparison on the
test rows, report). SetFit's own default makes pairs without end on such data, so its steps are bounded.
"""

from __future__ import annotations

import argparse

from benchmarks.measuring import add_results_option, kept, table

SYSTEMS = ("burnish", "Trainer", "SetFit")


def main() -> None:
    """Run every system on every size and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="+", default=["200", "1000", "all"], help="numbers of training rows, or all")
    parser.add_argument("--systems", nargs="+", default=SYSTEMS, choices=SYSTEMS)
    parser.add_argument("--seed", type=int, default=0)
    add_results_option(parser)
    options = parser.parse_args()
    rows = []
    for count in options.rows:
        results = {}
        for system in options.systems:
            results[system] = kept(options.results, "benchmarks.systems", system, rows=count, seed=options.seed)
        stock = results.get("Trainer", {}).get("seconds")
        for system, result in results.items():
            before = result.get("seconds_before", 0.0)
            rows.append(
                [
                    count,
                    system,
                    f"{result['accuracy']:.1%}",
                    f"{result['seconds']:.1f}",
                    f"{stock / result['seconds']:.1f}x" if stock else "",
                    f"{result['seconds'] + before:.1f}",
                    f"{stock / (result['seconds'] + before):.1f}x" if stock else "",
                    f"{result['whole_seconds']:.1f}",
                    f"{result['peak_megabytes']}",
                ]
            )
    headings = ["rows", "system", "test accuracy", "CPU s training", "Trainer / this"]
    headings += ["CPU s with checks and baselines", "Trainer / this", "CPU s whole", "peak MB"]
    print("\n" + table(headings, rows))


if __name__ == "__main__":
    main()
