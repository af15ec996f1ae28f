"""`odd-images`: images that are unlike the others in ways that a model notices and people do not."""

from __future__ import annotations

from pathlib import Path

from burnish.checks.check import Check, Found, Seen, each_text
from burnish.checks.files import odd
from burnish.data.rows import ROW

_USUAL = 0.5


def _find(seen: Seen) -> list[Found]:
    from burnish.data.images import image_fault, image_oddities

    found = {
        row[ROW]: (Path(path).name, image_oddities(Path(path)))
        for row, _, path in each_text(seen, seen.inputs("image"))
        if not image_fault(Path(path))
    }
    return odd(seen, "image", found, _USUAL)


CHECK = Check(
    name="odd-images",
    summary="images that are tiny, grey among coloured ones, of one colour, to be turned (EXIF), or wrongly named",
    consequence="they look otherwise to the model than to you",
    policies=("report", "drop", "fail", "skip"),
    inputs=frozenset({"image"}),
    library="PIL",
    find=_find,
)
