"""What checks of image and audio files share: looking at every file once, and saying what was found by its kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from burnish.checks.check import Found, Seen, each_text, numbers
from burnish.contracts import Rows
from burnish.data.rows import ROW
from burnish.finding import counted


def faulty(seen: Seen, kind: str, fault_of: Callable[[str], str]) -> list[Found]:
    """The files that cannot be used, by what is wrong with them."""
    faults = {
        row[ROW]: f"{Path(path).name}: {fault}"
        for row, _, path in each_text(seen, seen.inputs(kind))
        if (fault := fault_of(path))
    }
    if not faults:
        return []
    return [
        Found(
            severity="warning",
            text=f"{counted(len(faults), f'{kind} file', f'{kind} files')} cannot be used: "
            + listed([text.partition(": ")[2] for text in faults.values()]),
            advice="put the whole files in their place",
            rows=list(faults),
            shown=faults,
            reason=f"the {kind} file cannot be used",
        )
    ]


def odd(seen: Seen, kind: str, oddities: Mapping[int, tuple[str, Sequence[str]]], usual: float) -> list[Found]:
    """The files that are odd; what more than `usual` of the files are is not odd.

    Args:
        seen: The rows.
        kind: Of the input.
        oddities: The file's name and what is odd about it, by the row's number.
        usual: A share of the rows.
    """
    kinds = Counter(_kind(what) for _, whats in oddities.values() for what in whats)
    common = {what for what, count in kinds.items() if count > usual * len(oddities)}
    shown = {
        row: f"{name} {', '.join(left)}"
        for row, (name, whats) in oddities.items()
        if (left := [what for what in whats if _kind(what) not in common])
    }
    if not shown:
        return []
    return [
        Found(
            severity="warning" if len(shown) > len(oddities) / 20 else "note",
            text=f"{counted(len(shown), f'{kind} file is', f'{kind} files are')} odd: "
            + ", ".join(f"{what} ({count})" for what, count in kinds.most_common() if what not in common),
            advice="look whether such files will come in use; take them out if not",
            rows=list(shown),
            shown=shown,
            reason=f"the {kind} file is odd",
        )
    ]


def copies(seen: Seen, kind: str, alike: str, rows: Rows, first: Mapping[int, int]) -> list[Found]:
    """The files that are like an earlier one, or like a test file.

    Args:
        seen: The rows.
        kind: Of the input.
        alike: How they are alike, in a verb's two forms: "looks|look".
        rows: The usable ones: test rows, then the others.
        first: For every row that is like an earlier one the place of that one, by its own place.
    """
    tests = {row[ROW] for row in seen.test}
    tested = sum(row[ROW] in tests for row in rows)
    later = {copy: like for copy, like in first.items() if copy >= tested}
    if not later:
        return []
    leaked = sum(like < tested for like in later.values())
    targets = [column.role for column in seen.columns if column.target]
    same = {c: o for c, o in later.items() if all(rows[c].get(t) == rows[o].get(t) for t in targets) and o >= tested}
    role, (one, many) = seen.inputs(kind)[0], alike.split("|")
    return [
        Found(
            severity="warning" if leaked or len(same) + leaked < len(later) else "note",
            text=f"{counted(len(later), f'{kind} file {one}', f'{kind} files {many}')} like an earlier one"
            + (f"; {leaked} of them like a test file" if leaked else ""),
            advice="look whether they are copies; in two parts of the split they would help each other",
            rows=numbers(rows, list(later)),
            shown={rows[c][ROW]: f"{Path(rows[c][role]).name} ≈ {Path(rows[o][role]).name}" for c, o in later.items()},
            reason=f"{one} like another {kind} file",
            merged={rows[copy][ROW]: rows[like][ROW] for copy, like in same.items()},
            together={rows[copy][ROW]: rows[like][ROW] for copy, like in later.items() if like >= tested},
        )
    ]


def listed(reasons: Sequence[str]) -> str:
    """Reasons with their counts, the most frequent first."""
    return ", ".join(f"{reason} ({count})" for reason, count in Counter(reasons).most_common())


def _kind(what: str) -> str:
    """What is odd, without its numbers."""
    return what.partition(" (")[0]
