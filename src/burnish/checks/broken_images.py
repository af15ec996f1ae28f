"""`broken-images`: image files that cannot be used."""

from __future__ import annotations

from pathlib import Path

from burnish.checks.check import Check, Found, Seen
from burnish.checks.files import faulty


def _find(seen: Seen) -> list[Found]:
    from burnish.data.images import image_fault

    return faulty(seen, "image", lambda path: image_fault(Path(path)))


CHECK = Check(
    name="broken-images",
    summary="image files that are missing, empty, cut off, damaged, no images, or so large that they fill the memory",
    consequence="training would stop at them, or learn from half an image",
    default="drop",
    policies=("report", "drop", "fail", "skip"),
    inputs=frozenset({"image"}),
    library="PIL",
    find=_find,
)
