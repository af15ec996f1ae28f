"""`drift`: whether the given test rows come from elsewhere than the training rows (a two-sample classifier)."""

from __future__ import annotations

from collections import Counter

import numpy as np

from burnish.checks.check import Check, Found, Seen
from burnish.checks.out_of_fold import fitted as fitted_probe
from burnish.checks.out_of_fold import folds, standardised

_LEAST_ROWS = 30  # of each part
_COMPARED = 3000  # of each part
_STRENGTH = 0.01
_SURE = 3.0  # standard errors above a half
_MATTERS = 0.6  # of all pairs in the right order
_SHARE = 0.1  # by which the share of a label changes


def _find(seen: Seen) -> list[Found]:
    if min(len(seen.rows), len(seen.test)) < _LEAST_ROWS:
        return []
    found = _labels(seen)
    return [*found, *_inputs(seen)] if seen.features is not None else found


def _inputs(seen: Seen) -> list[Found]:
    choose = np.random.default_rng(seen.seed)
    parts = [choose.permutation(len(part))[:_COMPARED] for part in (seen.rows, seen.test)]
    rows = [*(seen.rows[place] for place in parts[0]), *(seen.test[place] for place in parts[1])]
    is_test = np.repeat([0, 1], [len(part) for part in parts])
    features = standardised(seen.features_of(rows))
    scores = np.zeros(len(rows))
    for learn, ask in folds(is_test, seen.seed):
        scores[ask] = fitted_probe(features[learn], is_test[learn], _STRENGTH).decision_function(features[ask])
    area, error = _area(scores[is_test == 1], scores[is_test == 0])
    if area < _MATTERS or area - _SURE * error < 0.5:
        return []
    strangest = np.argsort(-scores * is_test, kind="stable")[:5]
    return [
        Found(
            severity="warning",
            text=f"a classifier tells test rows from training rows: it puts {area:.0%} of the pairs in order "
            "(50% would be chance)",
            advice="find out how the two files were collected; train on rows like those that will come",
            count=len(seen.test),
            examples=[f"most unlike training: {seen.shown(rows[place])}" for place in strangest if is_test[place]],
        )
    ]


def _area(positive: np.ndarray, negative: np.ndarray) -> tuple[float, float]:
    """The area under the ROC curve with its standard error (Hanley & McNeil 1982)."""
    from scipy.stats import rankdata

    ones, zeros = len(positive), len(negative)
    ranks = rankdata(np.concatenate([positive, negative]))[:ones].sum()
    area = (ranks - ones * (ones + 1) / 2) / (ones * zeros)
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (ones - 1) * (first - area**2) + (zeros - 1) * (second - area**2)
    return float(area), float(np.sqrt(max(spread, 0) / (ones * zeros)))


def _labels(seen: Seen) -> list[Found]:
    role = seen.target("label")
    if not role:
        return []
    learned, tested = (Counter(row[role] for row in part) for part in (seen.rows, seen.test))
    shift = {
        label: (learned[label] / len(seen.rows), tested[label] / len(seen.test)) for label in {**learned, **tested}
    }
    changed = [label for label, (before, after) in shift.items() if abs(after - before) > _SHARE]
    if not changed:
        return []
    changed.sort(key=lambda label: -abs(shift[label][1] - shift[label][0]))
    return [
        Found(
            severity="warning",
            text=f"{len(changed)} of {len(shift)} labels are much more or less frequent among the test rows",
            advice="find out which of the two files is like what will come",
            count=len(changed),
            examples=[
                f"{label}: {shift[label][0]:.0%} of training, {shift[label][1]:.0%} of test" for label in changed
            ],
        )
    ]


CHECK = Check(
    name="drift",
    summary="given test rows that a classifier can tell from training rows, and shares of labels that differ",
    consequence="what was learned holds less for the test rows, and maybe for what will come",
    needs_test=True,
    find=_find,
)
