"""How many labels of Banking77 give the accuracy of 1,000 random ones: ways to choose rows, compared.

    BURNISH_DATA=path/to/data python -m benchmarks.active_learning

The learner is a linear probe on the frozen features of `minilm`, which are computed once. Each seed draws four fifths
of the training rows as the pool of unlabelled rows; the test set scores. `covering` is what `burnish label next` does,
by its own code; the others are the usual ways. Batches of 100 labels, the probe fitted anew after each.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.data import Rows, banking77
from benchmarks.measuring import table
from burnish.catalog import get_task
from burnish.contracts import Targets
from burnish.events import finish
from burnish.labelling.choosing import Neighbourhood, choose_rows, find_neighbours, margin_uncertainty
from burnish.labelling.next_rows import probe
from burnish.models.sources import resolve_model
from burnish.predictor import UntouchedModel

BATCH, REFERENCE, GOAL = 100, 1000, 600
Array = np.ndarray[Any, Any]


class Pool:
    """Rows to choose from, and what is labelled of them so far."""

    def __init__(self, features: Array, labels: Array, seed: int) -> None:
        self.generator = np.random.default_rng(seed)
        kept = np.sort(self.generator.permutation(len(features))[: len(features) * 4 // 5])
        self.features, self.labels = features[kept], labels[kept]
        self.labelled = np.zeros(0, dtype=np.int64)
        self.probabilities = np.zeros((0, 0))
        self.neighbours: Neighbourhood | None = None

    @property
    def free(self) -> Array:
        """Positions that have no label yet."""
        return np.setdiff1d(np.arange(len(self.features)), self.labelled)

    def learn(self, others: Array) -> Array:
        """Fit the probe to what is labelled, and answer other rows: positions of labels."""
        names, labels = np.unique(self.labels[self.labelled], return_inverse=True)
        found = probe(self.features[self.labelled], labels, len(names), np.concatenate([self.features, others]))
        self.probabilities = found[: len(self.features)]
        return np.asarray(names[found[len(self.features) :].argmax(axis=1)])

    def uncertainty(self) -> Array:
        """By margin; 1 for all before anything is learned."""
        return margin_uncertainty(self.probabilities) if len(self.probabilities) else np.ones(len(self.features))


def at_random(pool: Pool) -> Array:
    """Rows by chance."""
    return pool.generator.permutation(pool.free)[:BATCH]


def covering(pool: Pool) -> Array:
    """Uncertain rows that stand for many others: `burnish label next`."""
    if pool.neighbours is None:
        pool.neighbours = find_neighbours(pool.features)
    chosen = choose_rows(pool.neighbours, BATCH, known=pool.labelled, weights=pool.uncertainty())
    return np.array(chosen.rows)


def covering_alone(pool: Pool) -> Array:
    """Rows that stand for many others, whatever the model says."""
    if pool.neighbours is None:
        pool.neighbours = find_neighbours(pool.features)
    weights = np.ones(len(pool.features))
    return np.array(choose_rows(pool.neighbours, BATCH, known=pool.labelled, weights=weights).rows)


def by_margin(pool: Pool) -> Array:
    """The rows whose two likeliest labels are nearest to each other; the first batch by chance."""
    return _highest(pool, pool.uncertainty()) if len(pool.probabilities) else at_random(pool)


def by_entropy(pool: Pool) -> Array:
    """The rows with the highest entropy; the first batch by chance."""
    if not len(pool.probabilities):
        return at_random(pool)
    return _highest(pool, -(pool.probabilities * np.log(pool.probabilities + 1e-12)).sum(axis=1))


def by_gradients(pool: Pool) -> Array:
    """BADGE (Ash et al. 2020): k-means++ among the gradients that rows would give; the first batch by chance."""
    if not len(pool.probabilities):
        return at_random(pool)
    free = pool.free
    errors = pool.probabilities[free].copy()
    errors[np.arange(len(free)), errors.argmax(axis=1)] -= 1
    features = pool.features[free] - pool.features.mean(axis=0)
    sizes = (errors**2).sum(axis=1) * (features**2).sum(axis=1)
    chosen = [int(sizes.argmax())]
    nearest = np.full(len(free), np.inf)
    while len(chosen) < BATCH:
        last = chosen[-1]
        inner = (errors @ errors[last]) * (features @ features[last])
        nearest = np.clip(np.minimum(nearest, sizes + sizes[last] - 2 * inner), 0, None)
        chosen.append(int(pool.generator.choice(len(free), p=nearest / nearest.sum())))
    return np.asarray(free[chosen])


def by_clusters(pool: Pool) -> Array:
    """TypiClust (Hacohen et al. 2022): the most typical row of the largest clusters that have no label yet."""
    from sklearn.cluster import MiniBatchKMeans

    unit = pool.features / np.linalg.norm(pool.features, axis=1, keepdims=True)
    clusters = len(pool.labelled) + BATCH
    found = MiniBatchKMeans(
        clusters, n_init=1, batch_size=2048, random_state=int(pool.generator.integers(2**31))
    ).fit_predict(unit)
    covered = set(found[pool.labelled].tolist())
    sizes = np.bincount(found, minlength=clusters)
    chosen: list[int] = []
    for cluster in np.argsort(-sizes):
        if len(chosen) < BATCH and sizes[cluster] and int(cluster) not in covered:
            members = np.flatnonzero(found == cluster)
            near = min(20, len(members))
            typical = np.sort(unit[members] @ unit[members].T, axis=1)[:, -near:].mean(axis=1)
            chosen.append(int(members[typical.argmax()]))
    rest = np.setdiff1d(pool.free, chosen)
    return np.array([*chosen, *pool.generator.permutation(rest)[: BATCH - len(chosen)]], dtype=np.int64)


def clusters_then_margin(pool: Pool) -> Array:
    """TypiClust for the first 300, then by margin."""
    return by_clusters(pool) if len(pool.labelled) < 300 else by_margin(pool)


def balanced_margin(pool: Pool) -> Array:
    """By margin, as many as possible from each label that the probe predicts; TypiClust for the first 100."""
    if not len(pool.probabilities):
        return by_clusters(pool)
    free = pool.free
    order = free[np.argsort(-pool.uncertainty()[free], kind="stable")]
    predicted = pool.probabilities[order].argmax(axis=1)
    turn = np.array([int((predicted[:place] == label).sum()) for place, label in enumerate(predicted)])
    return np.asarray(order[np.argsort(turn, kind="stable")][:BATCH])


def _highest(pool: Pool, scores: Array) -> Array:
    free = pool.free
    return np.asarray(free[np.argsort(-scores[free], kind="stable")][:BATCH])


STRATEGIES: dict[str, Callable[[Pool], Array]] = {
    "random": at_random,
    "margin": by_margin,
    "entropy": by_entropy,
    "BADGE": by_gradients,
    "TypiClust": by_clusters,
    "TypiClust, then margin": clusters_then_margin,
    "balanced margin": balanced_margin,
    "covering, without uncertainty": covering_alone,
    "covering (label next)": covering,
}


def features_of(rows: Rows) -> Array:
    """Features of `minilm`, kept in the user's cache."""
    task = get_task("text-classification")
    base = finish(resolve_model("minilm"))
    features = UntouchedModel(task=task, load=lambda: task.load(base.folder, Targets(), 0), digest=base.digest)
    return features([{"text": text} for text, _ in rows])


def curve(strategy: Callable[[Pool], Array], pool: Pool, most: int, test: Array, truths: Array) -> list[float]:
    """Accuracy on the test rows after each batch."""
    found = []
    while len(pool.labelled) < most:
        pool.labelled = np.concatenate([pool.labelled, strategy(pool)])
        found.append(float((pool.learn(test) == truths).mean()))
    return found


def interval(values: list[float]) -> str:
    """Mean and 95% interval of it over seeds (Student's t)."""
    from scipy.stats import t

    mean, spread = float(np.mean(values)), float(np.std(values, ddof=1)) / np.sqrt(len(values))
    reach = float(t.ppf(0.975, len(values) - 1)) * spread
    return f"{mean:.1%} ± {100 * reach:.1f}"


def main() -> None:
    """Run every strategy on every seed and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--strategies", nargs="+", default=list(STRATEGIES), choices=list(STRATEGIES))
    options = parser.parse_args()
    train, test = banking77()
    features, test_features = features_of(train), features_of(test)
    labels, truths = np.array([label for _, label in train]), np.array([label for _, label in test])
    marks = list(range(2 * BATCH, GOAL + 1, BATCH))
    curves: dict[str, list[list[float]]] = {}
    seconds: dict[str, float] = {}
    for name in dict.fromkeys(["random", *options.strategies]):
        began = time.process_time()
        most = REFERENCE if name == "random" else GOAL
        curves[name] = [
            curve(STRATEGIES[name], Pool(features, labels, seed), most, test_features, truths)
            for seed in range(options.seeds)
        ]
        seconds[name] = (time.process_time() - began) / options.seeds
        print(f"{name}: {np.mean(curves[name], axis=0).round(4).tolist()}", flush=True)
    goal = [found[REFERENCE // BATCH - 1] for found in curves["random"]]
    print(f"\n{REFERENCE} random labels: {interval(goal)}, {options.seeds} seeds\n")
    lines = []
    for name, found in curves.items():
        means = np.mean([one[: GOAL // BATCH] for one in found], axis=0)
        enough = next((str(BATCH * (n + 1)) for n, mean in enumerate(means) if mean >= np.mean(goal)), f"over {GOAL}")
        cells = [interval([one[mark // BATCH - 1] for one in found]) for mark in marks]
        lines.append([name, *cells, enough, f"{seconds[name]:.0f}"])
    print(table(["strategy", *map(str, marks), f"as good as {REFERENCE} random", "CPU s"], lines))


if __name__ == "__main__":
    main()
