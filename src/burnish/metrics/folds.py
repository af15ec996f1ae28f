"""Scores of cross-validation: their mean, interval and paired test over folds whose training rows overlap.

Folds share most of their training rows, so their scores are not independent, and the usual t-test finds differences
that are not there. Nadeau and Bengio (2003) correct the variance of the mean for that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from burnish.metrics.comparison import Comparison, holm
from burnish.metrics.intervals import Estimate

FOLDS_TEST = "corrected resampled t-test of Nadeau and Bengio"


@dataclass(frozen=True, kw_only=True)
class FoldSizes:
    """How a cross-validation divided its rows.

    Attributes:
        scores: Scores in all: folds times repeats; at least two.
        rows: All rows; each is a test row once in every repeat.
        test: Test rows of a fold, on average.
        train: Rows of a fold that are not test rows, on average: what a system learned from and chose by.
    """

    scores: int
    rows: int
    test: float
    train: float


def corrected_error(deviation: float, sizes: FoldSizes) -> float:
    """The standard error of the mean of a cross-validation's scores (Nadeau & Bengio 2003, section 3).

    Args:
        deviation: Their standard deviation.
        sizes: How many there are, and from how many rows.
    """
    return deviation * math.sqrt(1 / sizes.scores + sizes.test / sizes.train)


def mean_interval(scores: Sequence[float], sizes: FoldSizes, *, share: bool) -> Estimate:
    """The mean of a system's scores with its 95% interval, which stays within [0, 1] for shares."""
    mean, margin = fmean(scores), _quantile(sizes) * _error(scores, sizes, share)
    low, high = mean - margin, mean + margin
    return Estimate(value=mean, low=max(low, 0.0) if share else low, high=min(high, 1.0) if share else high)


def compare_folds(
    specialist: Sequence[float],
    baselines: Mapping[str, Sequence[float]],
    sizes: FoldSizes,
    *,
    higher_is_better: bool,
    share: bool,
) -> list[Comparison]:
    """Test the specialist's scores against each baseline's, fold by fold, with Holm's correction over baselines.

    Args:
        specialist: Its score in each fold.
        baselines: By name, the scores in the same folds.
        sizes: How the rows were divided.
        higher_is_better: The metric's direction.
        share: Whether scores are shares of rows.
    """
    sign = 1 if higher_is_better else -1
    differences = {
        name: [sign * (own - other) for own, other in zip(specialist, scores, strict=True)]
        for name, scores in baselines.items()
    }
    p_values = [_p_value(found, sizes, share) for found in differences.values()]
    return [
        Comparison(
            baseline=name,
            difference=_difference(found, sizes, share),
            p=p,
            corrected=corrected,
            test=FOLDS_TEST,
            spread=_error(found, sizes, share) * math.sqrt(sizes.rows),
        )
        for (name, found), p, corrected in zip(differences.items(), p_values, holm(p_values), strict=True)
    ]


def _difference(differences: Sequence[float], sizes: FoldSizes, share: bool) -> Estimate:
    mean, margin = fmean(differences), _quantile(sizes) * _error(differences, sizes, share)
    return Estimate(value=mean, low=mean - margin, high=mean + margin)


def _p_value(differences: Sequence[float], sizes: FoldSizes, share: bool) -> float:
    from scipy.stats import t as student

    mean, error = fmean(differences), _error(differences, sizes, share)
    if mean == 0 or error == 0:
        return 1.0 if mean == 0 else 0.0
    return float(2 * student.sf(abs(mean) / error, sizes.scores - 1))


def _error(values: Sequence[float], sizes: FoldSizes, share: bool) -> float:
    """The corrected standard error. Shares of few rows come in coarse steps, so folds may agree by rounding alone.

    Then their deviation says too little: it is taken to be at least that of rounding to a step of one row.
    """
    least = 1 / (sizes.test * math.sqrt(12)) if share else 0.0
    return corrected_error(max(stdev(values), least), sizes)


def _quantile(sizes: FoldSizes) -> float:
    from scipy.stats import t as student

    return float(student.ppf(0.975, sizes.scores - 1))
