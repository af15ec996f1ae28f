"""How soon does monitoring notice other texts, and how often does it cry wolf?

    python -m benchmarks.drift

On the sample reviews. The reference is 2,900 sentences about products. Requests are other product sentences; from a
known moment on, some come from another domain. There is a look at the last 250 requests at every 100th request, as by
default, at the level that spends one false alarm on 100,000 requests. 100 simulations each.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.data import reviews
from benchmarks.measuring import table
from burnish.catalog import get_task
from burnish.contracts import Targets
from burnish.events import finish
from burnish.models.sources import resolve_model
from burnish.monitoring.drift import Embedding, embedding_of, input_drift, level_of_a_look
from burnish.monitoring.look import Watching
from burnish.training.forward import head_inputs

if TYPE_CHECKING:
    from burnish.contracts import Features

DOMAINS = ("tweets", "movies", "editorials")
SHARES = (0.2, 0.3, 0.5, 1.0)
REFERENCE, OTHERS = 2900, 1200
TESTS = 4  # that a look makes: inputs, predictions, confidence, length


def features(texts: list[str], kept: Path) -> Features:
    """Features of texts by the untouched MiniLM, kept in a file."""
    if not kept.is_file():
        task = get_task("text-classification")
        base = finish(resolve_model("minilm"))
        model = task.load(base.folder, task.targets([], {}), 0)
        rows = [{"row": number, "text": text} for number, text in enumerate(texts)]
        np.save(kept, head_inputs(model, task.encode(model, rows, Targets()), task.collate))
    found: Features = np.load(kept)
    return found


def requests_until_alarm(usual: Features, other: Features, share: float, embedding: Embedding, seed: int) -> int:
    """Requests from the change to the alarm; 0 where 1,000 were not enough."""
    how, generator = Watching(), np.random.default_rng(seed)
    level = level_of_a_look(between=how.every, tests=TESTS, requests_per_false_alarm=how.requests_per_false_alarm)
    count = how.window + 1000
    changed = (generator.random(count) < share) & (np.arange(count) >= how.window)
    stream = np.where(
        changed[:, None],
        other[generator.integers(0, len(other), count)],
        usual[generator.integers(0, len(usual), count)],
    )
    for end in range(how.window + how.every, count + 1, how.every):
        if input_drift(stream[end - how.window : end], embedding).p < level:
            return end - how.window
    return 0


def false_alarms(everything: Features, looks: int, seed: int) -> int:
    """Alarms in so many looks at requests that come from where the reference comes from, the reference drawn anew."""
    how, generator, alarms = Watching(), np.random.default_rng(seed), 0
    level = level_of_a_look(between=how.every, tests=TESTS, requests_per_false_alarm=how.requests_per_false_alarm)
    for _ in range(looks // 50):
        order = generator.permutation(len(everything))
        embedding, fresh = embedding_of(everything[order[:REFERENCE]]), everything[order[REFERENCE:]]
        for _ in range(50):
            window = fresh[generator.permutation(len(fresh))[: how.window]]
            alarms += input_drift(window, embedding).p < level
    return alarms


def main() -> None:
    """Simulate, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=100)
    parser.add_argument("--looks", type=int, default=2000, help="looks without any change")
    parser.add_argument("--kept", type=Path, default=None, help="folder that keeps features from one run to the next")
    options = parser.parse_args()
    kept = options.kept or Path(tempfile.mkdtemp())
    kept.mkdir(parents=True, exist_ok=True)
    products = features([text for text, _ in reviews("products", 0)], kept / "products.npy")
    products = products[np.random.default_rng(0).permutation(len(products))]  # `reviews` gives the labels in turn
    embedding, usual = embedding_of(products[:REFERENCE]), products[REFERENCE:]
    lines = []
    for domain in DOMAINS:
        texts = [text for text, _ in reviews(domain, 0)]
        other = features(random.Random(0).sample(texts, OTHERS), kept / f"{domain}.npy")
        for share in SHARES:
            found = [requests_until_alarm(usual, other, share, embedding, seed) for seed in range(options.simulations)]
            soon = sum(0 < requests <= 500 for requests in found)
            noticed = [requests for requests in found if requests]
            median = f"{np.median(noticed):.0f}" if noticed else ""
            lines.append([domain, f"{share:.0%}", f"{soon} of {options.simulations}", median])
    print(table(["mixed in", "share", "alarm within 500 requests", "median requests to the alarm"], lines))
    alarms = false_alarms(products, options.looks, 1)
    print(f"\n{alarms} alarms in {options.looks} looks at unchanged requests ({100 * options.looks:,} requests)")


if __name__ == "__main__":
    main()
