"""`broken-audio`: audio files that cannot be used."""

from __future__ import annotations

from pathlib import Path

from burnish.checks.check import Check, Found, Seen
from burnish.checks.files import faulty


def _find(seen: Seen) -> list[Found]:
    from burnish.data.sounds import listen

    return faulty(seen, "audio", lambda path: listen(Path(path)).fault)


CHECK = Check(
    name="broken-audio",
    summary="audio files that are missing, empty, or cannot be read",
    consequence="training would stop at them",
    default="drop",
    policies=("report", "drop", "fail", "skip"),
    inputs=frozenset({"audio"}),
    library="soundfile",
    find=_find,
)
