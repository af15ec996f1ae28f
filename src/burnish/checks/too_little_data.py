"""`too-little-data`: how many rows there are, and what more of them would bring, by the learning curve of the probe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from burnish.checks.check import Check, Found, Seen

if TYPE_CHECKING:
    from burnish.contracts import Features

_TOO_FEW, _FEW = 100, 500
_SHARES = (0.25, 0.5, 0.75, 1.0)
_STRENGTH = 0.1


def _find(seen: Seen) -> list[Found]:
    rows = len(seen.rows)
    if rows >= _FEW:
        return []
    expect = (
        "a network is likely to learn them by heart"
        if rows < _TOO_FEW
        else "scores will be uncertain by several points"
    )
    curve = _curve(seen) if seen.target("label") and seen.features is not None else []
    brings = _what_more_brings(curve, rows)
    return [
        Found(
            severity="warning" if rows < _TOO_FEW else "note",
            text=f"there are {rows} rows: {expect}" + (f"; {brings}" if brings else ""),
            advice="collect more rows, prefer a method that changes little (`head`, `lora`, `few-shot`), and judge by "
            "`burnish cross-validate`",
            count=rows,
            figures={
                "kind": "curve",
                "title": "Accuracy of the linear probe by rows to learn from",
                "points": [[count, accuracy] for count, accuracy in curve],
            }
            if curve
            else {},
        )
    ]


def _curve(seen: Seen) -> list[tuple[int, float]]:
    """Rows to learn from and accuracy on the others, by five folds."""
    from burnish.checks.out_of_fold import standardised

    role = seen.target("label")
    names, labels = np.unique([row[role] for row in seen.rows], return_inverse=True)
    if len(names) < 2 or len(labels) < 5 * len(names):
        return []
    features = standardised(seen.features_of(seen.rows))
    return [(round(0.8 * share * len(labels)), _accuracy(features, labels, share, seen.seed)) for share in _SHARES]


def _accuracy(features: Features, labels: np.ndarray, share: float, seed: int) -> float:
    from burnish.checks.out_of_fold import fitted, folds

    choose = np.random.default_rng(seed)
    right = 0
    for learn, ask in folds(labels, seed):
        some = choose.permutation(learn)[: max(2, round(share * len(learn)))]
        if len(np.unique(labels[some])) < 2:
            right += int((labels[ask] == labels[some[0]]).sum())
        else:
            right += int((fitted(features[some], labels[some], _STRENGTH).predict(features[ask]) == labels[ask]).sum())
    return right / len(labels)


def _what_more_brings(curve: list[tuple[int, float]], rows: int) -> str:
    """Errors fall about as a power of the rows: what the fitted one says of twice as many."""
    if not curve or any(accuracy >= 1 for _, accuracy in curve):
        return ""
    counts, accuracies = np.array(curve).T
    slope, level = np.polyfit(np.log(counts), np.log(1 - accuracies), 1)
    gain = (1 - np.exp(level + slope * np.log(2 * counts[-1]))) - (1 - np.exp(level + slope * np.log(counts[-1])))
    if gain < 0.005:
        return "twice as many would change the linear probe little"
    return f"twice as many would make the linear probe about {100 * gain:.0f} points better, by its learning curve"


CHECK = Check(
    name="too-little-data",
    summary="fewer than 100 or 500 rows, with what twice as many would bring by the linear probe's learning curve",
    consequence="little is learned from few rows, and few test rows tell little",
    find=_find,
)
