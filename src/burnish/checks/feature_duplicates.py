"""`feature-duplicates`: inputs of any kind that the untouched model can hardly tell apart."""

from __future__ import annotations

import numpy as np

from burnish.checks.check import Check, Found, Seen, numbers
from burnish.checks.out_of_fold import standardised
from burnish.data.rows import ROW
from burnish.finding import counted

_ALIKE = 0.995  # cosine of centred features
_MOST = 10_000  # rows; all pairs are compared


def _find(seen: Seen) -> list[Found]:
    rows = seen.rows[:_MOST]
    features = standardised(seen.features_of(rows))
    unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
    first: dict[int, int] = {}
    for begin in range(0, len(rows), 500):
        similar = unit[begin : begin + 500] @ unit[: begin + 500].T >= _ALIKE
        for place, others in zip(range(begin, len(rows)), similar, strict=False):
            earlier = next((int(other) for other in np.flatnonzero(others[:place]) if int(other) not in first), None)
            if earlier is not None:
                first[place] = earlier
    if not first:
        return []
    return [
        Found(
            severity="note",
            text=f"{counted(len(first), 'row looks', 'rows look')} the same to the untouched model as an earlier one",
            advice="look whether they are copies; in two parts of the split they would help each other",
            rows=numbers(rows, list(first)),
            shown={rows[p][ROW]: f"{seen.shown(rows[p])} ≈ {seen.shown(rows[o])}" for p, o in first.items()},
            reason="looks the same to the model as another row",
            together={rows[p][ROW]: rows[o][ROW] for p, o in first.items()},
        )
    ]


CHECK = Check(
    name="feature-duplicates",
    summary="inputs of any kind whose features are all but equal (cosine of at least 0.995)",
    consequence="near copies in two parts of the split would make scores look better than they are",
    default="skip",
    policies=("report", "drop", "fail", "skip"),
    needs_features=True,
    judged=True,
    find=_find,
)
