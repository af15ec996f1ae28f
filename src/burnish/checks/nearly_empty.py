"""`nearly-empty`: texts without a word in them."""

from __future__ import annotations

import re

from burnish.checks.check import Check, Found, Seen, numbers
from burnish.finding import counted

_WORD = re.compile(r"[^\W\d_]{2}|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def _find(seen: Seen) -> list[Found]:
    places = [place for place, text in enumerate(seen.texts(seen.rows)) if not _WORD.search(text)]
    if not places:
        return []
    return [
        Found(
            severity="warning" if len(places) > len(seen.rows) / 100 else "note",
            text=f"{counted(len(places), 'text has', 'texts have')} no word in it",
            advice="look whether something was lost when the file was made",
            rows=numbers(seen.rows, places),
            reason="has no word in it",
        )
    ]


CHECK = Check(
    name="nearly-empty",
    summary="texts of digits and punctuation only",
    consequence="there is nothing to learn from, and their label is learned for them all the same",
    policies=("report", "drop", "fail", "skip"),
    inputs=frozenset({"text"}),
    find=_find,
)
