"""How far off is the accuracy that monitoring estimates without labels?

    python -m benchmarks.estimated_accuracy

A specialist is trained on product reviews of the sample. Windows of 250 requests come from products that it has not
seen, from each other domain, and half from either. The estimate goes by how sure the answers are against the test rows,
as in `burnish monitor`; the truth is known to the benchmark only.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path

import numpy as np

import burnish
from benchmarks.data import Rows, reviews, write
from benchmarks.measuring import table
from burnish.contracts import Prediction
from burnish.monitoring.drift import estimated_accuracy

DOMAINS = ("movies", "editorials", "tweets")
KEPT, OTHERS = 739, 1000  # products that nothing learns from, twice; rows of each other domain
WINDOW, WINDOWS = 250, 100
Answered = list[tuple[float, bool]]  # how sure, and whether right


def answered(run: burnish.Run, rows: Rows) -> Answered:
    """What a run's specialist makes of rows."""
    found: list[Prediction] = run.specialist.predict([text for text, _ in rows])
    return [
        (float(answer.confidence or 0.0), answer.value == label) for answer, (_, label) in zip(found, rows, strict=True)
    ]


def errors(reference: Answered, window_of: Answered, share: float, usual: Answered) -> tuple[float, float, float]:
    """Mean true accuracy, mean estimate and mean absolute error over windows with a share of other requests."""
    generator = random.Random(0)
    confidences, right = [sure for sure, _ in reference], float(np.mean([good for _, good in reference]))
    truths, estimates = [], []
    for _ in range(WINDOWS):
        count = round(share * WINDOW)
        drawn = generator.sample(window_of, count) + generator.sample(usual, WINDOW - count)
        truths.append(float(np.mean([good for _, good in drawn])))
        estimates.append(estimated_accuracy([sure for sure, _ in drawn], confidences, right))
    return float(np.mean(truths)), float(np.mean(estimates)), float(np.mean(np.abs(np.subtract(truths, estimates))))


def main() -> None:
    """Train, answer, and print the table."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    products = reviews("products", 0)
    reference, usual, train = products[:KEPT], products[KEPT : 2 * KEPT], products[2 * KEPT :]
    with tempfile.TemporaryDirectory() as folder:
        run = burnish.run(write(Path(folder) / "products.csv", train), label="label", out=Path(folder) / "runs")
        known, fresh = answered(run, reference), answered(run, usual)
        lines = []
        for name, share in [("products", 0.0), *((domain, share) for domain in DOMAINS for share in (0.5, 1.0))]:
            others = answered(run, reviews(name, 0)[:OTHERS]) if share else fresh
            truth, estimate, error = errors(known, others, share, fresh)
            lines.append([name, f"{share:.0%}", f"{truth:.1%}", f"{estimate:.1%}", f"{100 * error:.1f}"])
    print(table(["requests from", "share of them", "true accuracy", "estimated", "mean error, points"], lines))


if __name__ == "__main__":
    main()
