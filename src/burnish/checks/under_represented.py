"""`under-represented-groups`: values of a column that the user names (`data.audit`) with few rows."""

from __future__ import annotations

from collections import Counter

from burnish.checks.check import Check, Found, Seen
from burnish.data.rows import ROW

_FEW_ROWS, _SHARE = 30, 0.05
_LABELS_APART = 0.2


def _find(seen: Seen) -> list[Found]:
    return [found for name in seen.audited for found in _of_column(seen, name)]


def _of_column(seen: Seen, name: str) -> list[Found]:
    groups = Counter(seen.audited[name].get(row[ROW], "") or "(empty)" for row in seen.rows)
    few = [group for group, count in groups.items() if count < _FEW_ROWS or count < _SHARE * len(seen.rows)]
    bars = {"kind": "bars", "title": f"Rows by {name}", "bars": [list(pair) for pair in groups.most_common(20)]}
    found = []
    if few and len(groups) > 1:
        few.sort(key=lambda group: groups[group])
        found.append(
            Found(
                severity="warning",
                text=f"{len(few)} of {len(groups)} values of {name!r} have fewer than {_FEW_ROWS} rows or under "
                f"{_SHARE:.0%} of all",
                advice="collect more rows of these groups, and look at scores by group before using the specialist",
                count=len(few),
                examples=[f"{group}: {groups[group]} rows" for group in few[:10]],
                figures=bars,
            )
        )
    return [*found, *_labels_apart(seen, name, groups)]


def _labels_apart(seen: Seen, name: str, groups: Counter[str]) -> list[Found]:
    """Groups whose labels are shared out otherwise than over all rows: a model may learn the group for the label."""
    role = seen.target("label")
    if not role:
        return []
    over_all = Counter(row[role] for row in seen.rows)
    within: dict[str, Counter[str]] = {}
    for row in seen.rows:
        within.setdefault(seen.audited[name].get(row[ROW], "") or "(empty)", Counter())[row[role]] += 1
    told = []
    for group, count in groups.items():
        for label, all_rows in over_all.items():
            share, usual = within[group][label] / count, all_rows / len(seen.rows)
            if count >= _FEW_ROWS and abs(share - usual) > _LABELS_APART:
                told.append((abs(share - usual), f"{group}: {share:.0%} are {label!r}, {usual:.0%} over all"))
    if not told:
        return []
    return [
        Found(
            severity="note",
            text=f"labels are shared out otherwise in {len(told)} cases among the values of {name!r}",
            advice="check that this is so in life and not only in this file",
            count=len(told),
            examples=[text for _, text in sorted(told, reverse=True)[:10]],
        )
    ]


CHECK = Check(
    name="under-represented-groups",
    summary="groups with few rows or other labels, in a column named under `data.audit`",
    consequence="the specialist may be worse for these groups, and the overall score does not show it",
    find=_find,
)
