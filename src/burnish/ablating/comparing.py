"""Compare two recipes on the same rows, each trained with the same seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np

from burnish.ablating.arms import WITH, WITHOUT
from burnish.metrics.comparison import bootstrap_p, compare
from burnish.metrics.intervals import RESAMPLES, bootstrap_scores, interval, score_rows

if TYPE_CHECKING:
    from burnish.contracts import FloatArray, Metric

_LIMIT = 0.05  # p-values below it are taken for more than chance


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What one training answered to the validation rows: statistics of two metrics, each float64 (rows, k)."""

    arm: str
    score: FloatArray
    loss: FloatArray


def compare_arms(metric: Metric, loss: Metric, found: Sequence[Answered], seed: int) -> dict[str, Any]:
    """Scores of both arms, their difference with its interval, and the paired test.

    Rows are resampled, the same ones for every training; the score of an arm is the mean over its seeds. With one seed
    and a metric of right and wrong answers, McNemar's exact test is taken.

    Args:
        metric: The one that decides.
        loss: The task's validation loss.
        found: Every training, the arms with the same seeds in the same order.
        seed: Seed of the resampling.
    """
    told = {
        name: _compared(of, [_pick(found, arm, name) for arm in (WITH, WITHOUT)], seed)
        for name, of in (("score", metric), ("loss", loss))
    }
    result = {"metric": metric.name, "share": metric.share, "higher_is_better": metric.higher_is_better, **told}
    return {**result, "sentence": _sentence(result)}


def _pick(found: Sequence[Answered], arm: str, name: str) -> list[FloatArray]:
    return [getattr(answered, name) for answered in found if answered.arm == arm]


def _compared(metric: Metric, arms: Sequence[Sequence[FloatArray]], seed: int) -> dict[str, Any]:
    """Mean scores, each seed's, and the difference: above 0 where `with` is better."""
    sign = 1 if metric.higher_is_better else -1
    by_seed = [[score_rows(metric, statistics) for statistics in arm] for arm in arms]
    means = [fmean(scores) for scores in by_seed]
    if len(arms[0]) == 1 and metric.paired_test == "mcnemar":
        _, _, (pair,) = compare(metric, arms[0][0], {WITHOUT: arms[1][0]}, seed)
        difference, p, test = pair.difference, pair.p, pair.test
    else:
        resampled = bootstrap_scores(metric, [*arms[0], *arms[1]], seed)
        halves = [half.mean(axis=0) for half in np.split(resampled, 2)]
        differences = sign * (halves[0] - halves[1])
        difference = interval(sign * (means[0] - means[1]), differences)
        p, test = bootstrap_p(differences), f"paired bootstrap, {RESAMPLES} resamples"
    scores = {arm: {"mean": mean, "by_seed": of} for arm, mean, of in zip((WITH, WITHOUT), means, by_seed, strict=True)}
    return {**scores, "difference": difference.as_dict(), "p": p, "test": test}


def _sentence(result: dict[str, Any]) -> str:
    """What was found, in words."""
    of = result["score"]
    if of["p"] >= _LIMIT or of["difference"]["value"] == 0:
        return "whether it helps cannot be told from these rows and seeds"
    better = of["difference"]["value"] > 0
    return f"{'it helps' if better else 'it does harm'}, and not by chance"
