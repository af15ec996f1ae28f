"""`near-leaked-rows`: rows to learn from that are nearly the same as a row of the given test file."""

from __future__ import annotations

from burnish.checks.check import Check, Found, Seen, numbers, short
from burnish.data.rows import ROW
from burnish.finding import counted

_MANY = 0.01  # of the test rows


def _find(seen: Seen) -> list[Found]:
    from burnish.data.near_duplicates import near_duplicate_pairs

    tested, learned = seen.texts(seen.test), seen.texts(seen.rows)
    pairs = near_duplicate_pairs([*tested, *learned])  # tests first: the first of a group is compared with all of it
    leaks: dict[int, int] = {}
    for first, second in zip(pairs.first.tolist(), pairs.second.tolist(), strict=True):
        if first < len(tested) <= second:
            leaks.setdefault(second - len(tested), first)
    if not leaks:
        return []
    share = len(set(leaks.values())) / len(tested)
    return [
        Found(
            severity="warning" if share > _MANY else "note",
            text=f"{counted(len(leaks), 'training row is', 'training rows are')} nearly the same as a test row "
            f"({share:.1%} of the test rows)",
            advice="drop them (`near-leaked-rows: drop` under `checks:`) if the test is meant to show what is new",
            rows=numbers(seen.rows, list(leaks)),
            shown={
                seen.rows[place][ROW]: f"{short(learned[place], 70)} ≈ {short(tested[test], 70)}"
                for place, test in leaks.items()
            },
            reason="is nearly the same as a test row",
        )
    ]


CHECK = Check(
    name="near-leaked-rows",
    summary="training rows that differ from a row of the given test file by small edits",
    consequence="the model would be tested on what it has nearly learned by heart",
    policies=("report", "drop", "fail", "skip"),
    inputs=frozenset({"text"}),
    needs_test=True,
    library="rensa",
    find=_find,
)
