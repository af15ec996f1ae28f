"""`near-duplicates`: texts that are nearly the same as another one."""

from __future__ import annotations

from burnish.checks.check import Check, Found, Seen, numbers, short
from burnish.data.rows import ROW
from burnish.finding import counted

_MANY = 0.05  # of the rows


def _find(seen: Seen) -> list[Found]:
    from burnish.data.near_duplicates import clusters_of, near_duplicate_pairs

    texts = seen.texts(seen.rows)
    pairs = near_duplicate_pairs(texts)
    stands_for: dict[int, int] = {}  # place of a near copy -> place of the first one that it resembles
    for second, first in sorted(zip(pairs.second.tolist(), pairs.first.tolist(), strict=True)):
        if second not in stands_for and first not in stands_for:
            stands_for[second] = first
    if not stands_for:
        return []
    clusters = enumerate(clusters_of(pairs, len(texts)).tolist())
    linked = {place for pair in (pairs.first, pairs.second) for place in pair.tolist()}
    targets = [column.role for column in seen.columns if column.target]
    same = {
        copy: first
        for copy, first in stands_for.items()
        if all(seen.rows[copy].get(role) == seen.rows[first].get(role) for role in targets)
    }
    share = len(stands_for) / len(seen.rows)
    others = len(stands_for) - len(same)
    differ = f"; {others} of them with another {' or '.join(targets)}" if others else ""
    return [
        Found(
            severity="warning" if share > _MANY or others else "note",
            text=f"{counted(len(stands_for), 'row', 'rows')} ({share:.1%}) nearly the same as an earlier one" + differ,
            advice="look whether they say something new; copies with another label are worth a correction first",
            rows=numbers(seen.rows, [*(copy for copy in stands_for if copy not in same), *same]),
            shown={
                seen.rows[copy][ROW]: f"{short(seen.shown(seen.rows[copy]), 70)} ≈ {short(texts[first], 70)}"
                for copy, first in stands_for.items()
            },
            reason="is nearly the same as another row",
            merged={seen.rows[copy][ROW]: seen.rows[first][ROW] for copy, first in same.items()},
            together={seen.rows[p][ROW]: seen.rows[first][ROW] for p, first in clusters if p in linked},
        )
    ]


CHECK = Check(
    name="near-duplicates",
    summary="texts that differ from an earlier one by small edits (MinHash, then the true similarity)",
    consequence="near copies in two parts of the split would make scores look better than they are",
    repair="those with the same label were merged into the first of them",
    policies=("report", "repair", "drop", "fail", "skip"),
    inputs=frozenset({"text"}),
    library="rensa",
    outcome="merged",
    find=_find,
)
