"""`audio-duplicates`: audio files that hold the same sound as another one."""

from __future__ import annotations

from pathlib import Path

from burnish.checks.check import Check, Found, Seen
from burnish.checks.files import copies


def _find(seen: Seen) -> list[Found]:
    from burnish.data.sounds import listen

    role = seen.inputs("audio")[0]
    heard = [(row, listen(Path(row[role]))) for part in (seen.test, seen.rows) for row in part]
    usable = [(row, sound.digest) for row, sound in heard if not sound.fault]
    known: dict[str, int] = {}
    first = {
        place: earlier
        for place, (_, digest) in enumerate(usable)
        if (earlier := known.setdefault(digest, place)) < place
    }
    return copies(seen, "audio", "sounds|sound", [row for row, _ in usable], first)


CHECK = Check(
    name="audio-duplicates",
    summary="audio files whose samples are those of an earlier one, or of a given test file",
    consequence="copies in two parts of the split would make scores look better than they are",
    repair="those with the same label were merged into the first of them",
    policies=("report", "repair", "drop", "fail", "skip"),
    inputs=frozenset({"audio"}),
    library="soundfile",
    outcome="merged",
    find=_find,
)
