"""What leaving words out while training is worth on a few hundred reviews.

    python -m benchmarks.augmentation --rows 400

Reviews of products; the section `augment` is compared with the recipe without it by `burnish ablate`, on half of the
rows, which are held out.
"""

from __future__ import annotations

import argparse
import csv
import random
import tempfile
from pathlib import Path

import burnish
from benchmarks.data import write
from burnish.data.samples import write_sample
from burnish.events import finish


def some_reviews(folder: Path, rows: int) -> Path:
    """So many reviews of products, drawn at random."""
    finish(write_sample("reviews", folder / "products.csv", "products"))
    with (folder / "products.csv").open(newline="", encoding="utf-8") as file:
        found = [(row["text"], row["sentiment"]) for row in csv.DictReader(file)]
    random.Random(0).shuffle(found)
    return write(folder / "some.csv", found[:rows])


def main() -> None:
    """Compare, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--seeds", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = burnish.ablate(
            some_reviews(Path(folder), given.rows),
            "augment",
            seeds=given.seeds,
            out=Path(folder) / "runs",
            model="minilm",
            method="full",
            augment={"word-dropout": given.dropout},
            training={"threads": 1, "epochs": 3, "precision": "fp32"},
            split={"train": 0.4, "validation": 0.5, "test": 0.1},
        ).result
    score, gain = result["score"], result["score"]["difference"]
    told = f"{result['metric']} without {score['without']['mean']:.3f}, with {score['with']['mean']:.3f}; difference"
    reach = f"95% interval {100 * gain['low']:+.1f} to {100 * gain['high']:+.1f}, p {score['p']:.3f}, {score['test']}"
    print(f"{told} {100 * gain['value']:+.1f} points, {reach}, {result['rows']} validation rows: {result['sentence']}")


if __name__ == "__main__":
    main()
