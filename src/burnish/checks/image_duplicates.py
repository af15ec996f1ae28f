"""`image-duplicates`: images that look like another one (perceptual hash)."""

from __future__ import annotations

from pathlib import Path

from burnish.checks.check import Check, Found, Seen, numbers
from burnish.data.rows import ROW
from burnish.finding import counted


def _find(seen: Seen) -> list[Found]:
    import numpy as np

    from burnish.data.images import image_duplicates, image_fault, thumbnail

    role = seen.inputs("image")[0]
    rows = [row for part in (seen.test, seen.rows) for row in part if not image_fault(Path(row[role]))]
    tested = len(rows) - sum(not image_fault(Path(row[role])) for row in seen.rows)
    if len(rows) < 2:
        return []
    first = image_duplicates(np.stack([thumbnail(Path(row[role])) for row in rows]))
    copies = {copy: like for copy, like in first.items() if copy >= tested}
    if not copies:
        return []
    leaked = sum(like < tested for like in copies.values())
    targets = [column.role for column in seen.columns if column.target]
    same = {c: o for c, o in copies.items() if all(rows[c].get(t) == rows[o].get(t) for t in targets) and o >= tested}
    return [
        Found(
            severity="warning" if leaked or len(same) + leaked < len(copies) else "note",
            text=f"{counted(len(copies), 'image looks', 'images look')} like an earlier one"
            + (f"; {leaked} of them like a test image" if leaked else ""),
            advice="look whether they are copies; in two parts of the split they would help each other",
            rows=numbers(rows, list(copies)),
            shown={rows[c][ROW]: f"{Path(rows[c][role]).name} ≈ {Path(rows[o][role]).name}" for c, o in copies.items()},
            reason="looks like another image",
            merged={rows[copy][ROW]: rows[like][ROW] for copy, like in same.items()},
            together={rows[copy][ROW]: rows[like][ROW] for copy, like in copies.items() if like >= tested},
        )
    ]


CHECK = Check(
    name="image-duplicates",
    summary="images that look like an earlier one, or like a given test image (difference hash of 256 bits)",
    consequence="near copies in two parts of the split would make scores look better than they are",
    repair="those with the same label were merged into the first of them",
    policies=("report", "repair", "drop", "fail", "skip"),
    inputs=frozenset({"image"}),
    library="PIL",
    outcome="merged",
    find=_find,
)
