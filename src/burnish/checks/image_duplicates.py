"""`image-duplicates`: images that look like another one (perceptual hash)."""

from __future__ import annotations

from pathlib import Path

from burnish.checks.check import Check, Found, Seen
from burnish.checks.files import copies


def _find(seen: Seen) -> list[Found]:
    import numpy as np

    from burnish.data.images import image_duplicates, image_fault, thumbnail

    role = seen.inputs("image")[0]
    rows = [row for part in (seen.test, seen.rows) for row in part if not image_fault(Path(row[role]))]
    if len(rows) < 2:
        return []
    first = image_duplicates(np.stack([thumbnail(Path(row[role])) for row in rows]))
    return copies(seen, "image", "looks|look", rows, first)


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
