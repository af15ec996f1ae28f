"""Has the world changed? Tests of a window of requests against what the specialist learned from.

Every test gives a p-value under "the window comes from where the reference comes from". They are looked at again and
again, so that a fixed level would raise false alarms for sure in the end. The level of a look is chosen instead such
that false alarms come at most so often on average: of all looks in 100,000 requests, one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

_DIRECTIONS = 48
_LEAST_EXPECTED = 5.0


@dataclass(frozen=True, kw_only=True)
class Test:
    """What one test found.

    Attributes:
        name: What was compared.
        p: The probability of a difference as large as this one, or larger, if nothing has changed.
        size: How large the difference is, in the test's own measure.
        measure: What that measure is.
        text: The difference in words, or "".
    """

    __test__ = False  # pytest would take it for one of its own

    name: str
    p: float
    size: float
    measure: str
    text: str = ""


def level_of_a_look(*, between: int, tests: int, requests_per_false_alarm: int) -> float:
    """The level at which each test of each look is made (Bonferroni over the tests and looks of that many requests).

    Args:
        between: Requests from one look to the next.
        tests: Tests in a look.
        requests_per_false_alarm: Requests without any change in which one false alarm is accepted, on average.
    """
    return min(0.05, between / requests_per_false_alarm / max(1, tests))


@dataclass(frozen=True, kw_only=True)
class Embedding:
    """Where inputs lie in the pre-trained model's space: their mean, and the directions in which they differ most.

    Attributes:
        mean: float64 (width,).
        whitening: Directions, each divided by the spread along it, float64 (width, directions).
        rows: Rows that this was taken from.
    """

    mean: Numbers
    whitening: Numbers
    rows: int


def embedding_of(features: NDArray[np.float32]) -> Embedding:
    """Describe features, float32 (rows, width), by their mean and their main directions."""
    values = features.astype(np.float64)
    mean = values.mean(axis=0)
    _, spreads, directions = np.linalg.svd(values - mean, full_matrices=False)
    spreads = spreads / np.sqrt(max(1, len(values) - 1))
    kept = min(_DIRECTIONS, max(1, len(values) // 10), int((spreads > 1e-6 * spreads[0]).sum()) or 1)
    return Embedding(mean=mean, whitening=directions[:kept].T / np.maximum(spreads[:kept], 1e-12), rows=len(values))


def input_drift(features: NDArray[np.float32], reference: Embedding) -> Test:
    """Whether inputs have moved in the pre-trained model's space.

    Hotelling's test of the mean, in the directions in which the reference differs most; the reference's own
    uncertainty is part of it. It is the maximum mean discrepancy (Gretton et al. 2012) for a linear kernel, whitened.

    Args:
        features: Of the window, float32 (rows, width).
        reference: Of the rows that the specialist learned from.
    """
    from scipy import stats

    moved = (features.astype(np.float64).mean(axis=0) - reference.mean) @ reference.whitening
    variance = 1 / len(features) + 1 / reference.rows
    directions = reference.whitening.shape[1]
    distance = float(moved @ moved)
    # The spread is estimated too: Hotelling's T² follows an F distribution.
    degrees = max(1, reference.rows - directions)
    statistic = distance / variance * degrees / (directions * max(1, reference.rows - 1))
    return Test(
        name="inputs",
        p=float(stats.f.sf(statistic, directions, degrees)),
        size=float(np.sqrt(max(0.0, distance - directions * variance))),
        measure="standard deviations that the mean has moved",
    )


def prediction_drift(values: Sequence[str], reference: Sequence[str]) -> Test:
    """Whether answers come in other shares than they did: a chi-squared test of two samples (rare ones together)."""
    from scipy import stats

    found, known = Counter(values), Counter(reference)
    names = sorted({*found, *known}, key=lambda name: (-known[name], name))
    share = len(values) / max(1, len(values) + len(reference))
    common = [n for n in names if (found[n] + known[n]) * min(share, 1 - share) >= _LEAST_EXPECTED]
    rare = [name for name in names if name not in common]
    table = [[found[name], known[name]] for name in common]
    if rare and (together := [sum(found[n] for n in rare), sum(known[n] for n in rare)]) != [0, 0]:
        table.append(together)
    shares = {n: (found[n] / max(1, len(values)), known[n] / max(1, len(reference))) for n in names}
    largest = max(names, key=lambda name: abs(shares[name][0] - shares[name][1]), default="")
    distance = sum(abs(now - before) for now, before in shares.values()) / 2
    p = float(stats.chi2_contingency(np.array(table), correction=False).pvalue) if len(table) > 1 else 1.0
    now, before = shares.get(largest, (0.0, 0.0))
    return Test(
        name="predictions",
        p=p,
        size=distance,
        measure="share of answers that have changed place",
        text=f"{largest}: {before:.1%} before, {now:.1%} now" if largest else "",
    )


def numbers_drift(name: str, values: Sequence[float], reference: Sequence[float]) -> Test:
    """Whether numbers (confidences, lengths, seconds) are distributed as before: the test of Kolmogorov and Smirnov."""
    from scipy import stats

    found: Any = stats.ks_2samp(values, reference, method="asymp")
    middle, before = float(np.median(values)), float(np.median(reference))
    return Test(
        name=name,
        p=float(found.pvalue),
        size=float(found.statistic),
        measure="largest difference of the cumulative shares",
        text=f"median {before:.3g} before, {middle:.3g} now",
    )


def estimated_accuracy(confidences: Sequence[float], reference: Sequence[float], reference_accuracy: float) -> float:
    """Accuracy without labels: the known accuracy, moved by as much as the mean confidence has moved.

    Difference of confidences (Guillory et al. 2021, https://arxiv.org/abs/2107.03315).

    Args:
        confidences: Of the window's answers.
        reference: Of the answers to rows whose truth is known.
        reference_accuracy: Share of these that were right.
    """
    moved = float(np.mean(confidences)) - float(np.mean(reference))
    return min(1.0, max(0.0, reference_accuracy + moved))
