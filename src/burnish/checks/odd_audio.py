"""`odd-audio`: audio files that are silent, clipped, very short, or of another rate than most."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from burnish.checks.check import Check, Found, Seen, each_text
from burnish.checks.files import odd
from burnish.data.rows import ROW

_USUAL = 0.5


def _find(seen: Seen) -> list[Found]:
    from burnish.data.sounds import listen

    heard = {
        row[ROW]: (Path(path).name, sound)
        for row, _, path in each_text(seen, seen.inputs("audio"))
        if not (sound := listen(Path(path))).fault
    }
    rates = Counter(sound.rate for _, sound in heard.values())
    most = rates.most_common(1)[0][0] if rates else 0
    found = {
        row: (name, [*sound.odd, *([f"has another rate than most ({sound.rate} Hz)"] if sound.rate != most else [])])
        for row, (name, sound) in heard.items()
    }
    return odd(seen, "audio", found, _USUAL)


CHECK = Check(
    name="odd-audio",
    summary="audio files that are silent, clipped, shorter than 0.1 s, or of another sampling rate than most",
    consequence="there is nothing to hear in them, or they sound otherwise than what will come",
    policies=("report", "drop", "fail", "skip"),
    inputs=frozenset({"audio"}),
    library="soundfile",
    find=_find,
)
