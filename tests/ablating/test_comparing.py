"""The comparison of two arms: paired, over seeds, and honest about what cannot be told."""

from __future__ import annotations

import numpy as np
import pytest

from burnish.ablating.comparing import Answered, compare_arms
from burnish.contracts import Metric
from burnish.metrics.classification import ACCURACY

LOSS = Metric(
    name="loss",
    summary="mean loss",
    statistics=lambda *_: np.zeros((0, 2)),
    value=lambda sums: np.asarray(sums[..., 0] / sums[..., 1]),
    higher_is_better=False,
    share=False,
)


def answered(arm: str, right: np.ndarray) -> Answered:
    ones = np.ones(len(right))
    return Answered(arm=arm, score=np.stack([right, ones], axis=1), loss=np.stack([1.5 - right, ones], axis=1))


def accuracy() -> Metric:
    """Accuracy as a metric of these made-up statistics."""
    return Metric(
        name=ACCURACY.name,
        summary=ACCURACY.summary,
        statistics=ACCURACY.statistics,
        value=lambda sums: np.asarray(sums[..., 0] / sums[..., 1]),
        paired_test="mcnemar",
    )


def test_one_seed_takes_the_exact_test() -> None:
    right, wrong = np.ones(100), np.concatenate([np.zeros(12), np.ones(88)])
    found = compare_arms(accuracy(), LOSS, [answered("with", right), answered("without", wrong)], 0)
    assert found["score"]["with"] == {"mean": 1.0, "by_seed": [1.0]}
    assert found["score"]["difference"]["value"] == pytest.approx(0.12)
    assert found["score"]["test"] == "McNemar, exact"
    assert found["score"]["p"] == pytest.approx(2 * 0.5**12)
    assert found["sentence"] == "it helps, and not by chance"
    assert found["loss"]["difference"]["value"] == pytest.approx(0.12), "a lower loss is better"
    turned = compare_arms(accuracy(), LOSS, [answered("with", wrong), answered("without", right)], 0)
    assert turned["sentence"] == "it does harm, and not by chance"


def test_several_seeds_are_averaged_and_resampled_together() -> None:
    generator = np.random.default_rng(0)
    base = generator.random(400) < 0.7
    found = []
    for seed in range(3):
        flips = np.random.default_rng(seed).random(400)
        found += [answered("with", (base | (flips < 0.3)) * 1.0), answered("without", base * 1.0)]
    result = compare_arms(accuracy(), LOSS, found, 0)
    assert len(result["score"]["with"]["by_seed"]) == 3
    assert result["score"]["with"]["mean"] == pytest.approx(np.mean(result["score"]["with"]["by_seed"]))
    assert result["score"]["test"].startswith("paired bootstrap")
    difference = result["score"]["difference"]
    assert difference["low"] < difference["value"] < difference["high"]
    assert result["score"]["p"] < 0.01


def test_no_difference_is_not_told_apart() -> None:
    same = (np.arange(50) % 3 > 0) * 1.0
    for seeds in (1, 2):
        found = [answered(arm, same) for _ in range(seeds) for arm in ("with", "without")]
        result = compare_arms(accuracy(), LOSS, found, 0)
        assert result["score"]["difference"]["value"] == 0
        assert result["sentence"] == "whether it helps cannot be told from these rows and seeds"
