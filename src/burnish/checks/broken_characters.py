"""`broken-characters`: text that was read in the wrong encoding somewhere, and control characters."""

from __future__ import annotations

import re

from burnish.checks.check import Check, Found, Seen, each_text, short
from burnish.contracts import Row
from burnish.data.rows import ROW
from burnish.finding import counted

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2060\ufeff\ufffd\ufff9-\ufffb]")


def _find(seen: Seen) -> list[Found]:
    repaired: dict[int, Row] = {}
    shown: dict[int, str] = {}
    lost = 0
    for row, role, text in each_text(seen, seen.inputs("text")):
        better = mended(text)
        lost += "\ufffd" in text
        if better != text:
            shown.setdefault(row[ROW], f"{short(text, 60)!r} → {short(better, 60)!r}")
            if better.strip():
                repaired[row[ROW]] = {**repaired.get(row[ROW], {}), role: better}
    if not shown:
        return []
    gone = f"; in {lost} of them characters are lost for good" if lost else ""
    return [
        Found(
            severity="warning" if len(shown) > (len(seen.rows) + len(seen.test)) / 100 else "note",
            text=f"{counted(len(shown), 'text has', 'texts have')} broken or invisible characters" + gone,
            advice="mend the file (it was read in another encoding than it was written in), and what comes in use",
            rows=list(shown),
            shown=shown,
            reason="broken characters",
            repaired=repaired,
        )
    ]


def mended(text: str) -> str:
    """The text as it was meant: wrong decodings undone, invisible characters out."""
    if text.isascii() and not _CONTROL.search(text):
        return text
    from ftfy import fix_encoding
    from ftfy.badness import is_bad

    while True:  # what stands together once a control character is out may itself be decoded wrongly
        better = _CONTROL.sub("", fix_encoding(text) if is_bad(text) else text)
        if len(better) >= len(text):
            return better
        text = better


CHECK = Check(
    name="broken-characters",
    summary="texts decoded wrongly (`Ã©` for `é`; ftfy), and control or invisible characters",
    consequence="words are cut into pieces that the model has never seen",
    repair="they were mended, also in given test rows",
    policies=("report", "repair", "drop", "fail", "skip"),
    inputs=frozenset({"text"}),
    library="ftfy",
    tests_too=True,
    find=_find,
)
