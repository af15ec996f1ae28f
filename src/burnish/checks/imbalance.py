"""`imbalanced-classes`: one class is much more frequent than another."""

from __future__ import annotations

from collections import Counter

from burnish.checks.check import Check, Found, Seen

_TIMES, _SHARE = 10, 0.8


def _find(seen: Seen) -> list[Found]:
    role = seen.target("label")
    counts = Counter(row[role] for row in seen.rows).most_common()
    if len(counts) < 2:
        return []
    (most, high), (least, low) = counts[0], counts[-1]
    share = high / len(seen.rows)
    if high < _TIMES * low and share < _SHARE:
        return []
    return [
        Found(
            severity="warning" if share >= _SHARE else "note",
            text=f"the class {most!r} ({share:.0%}) has {high / low:.0f} times the rows of {least!r}",
            advice="let `training.class-weights: balanced` count rare ones more, and look at macro-F1",
            count=len(counts),
            examples=[f"{label}: {count} rows" for label, count in [*counts[:3], *counts[-3:]]],
            figures={"kind": "bars", "title": "Rows by class", "bars": [list(pair) for pair in counts[:20]]},
        )
    ]


CHECK = Check(
    name="imbalanced-classes",
    summary="a class with ten times the rows of another one, or with four fifths of all",
    consequence="always answering the frequent class looks good, and rare ones are hardly learned",
    targets=frozenset({"label"}),
    find=_find,
)
