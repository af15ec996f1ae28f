"""`html-remains`: tags and entities of web pages in texts."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

from burnish.checks.check import Check, Found, Seen, each_text, short
from burnish.contracts import Row
from burnish.data.rows import ROW
from burnish.finding import counted

_REMAINS = re.compile(
    r"</?(?:a|b|br|code|div|em|font|h[1-6]|hr|i|img|li|ol|p|pre|script|span|strong|style|table|tbody|td|th|tr|u|ul)\b"
    r"[^<>]*>|&(?:amp|lt|gt|quot|apos|nbsp|hellip|mdash|ndash|#\d{1,6}|#x[0-9a-f]{1,5});",
    re.IGNORECASE,
)
_BLOCKS = frozenset({"br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "p", "td", "th", "tr"})
_UNSEEN = frozenset({"script", "style"})


class _Text(HTMLParser):
    """Gathers what a reader of the page would see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in _UNSEEN
        self.parts.append(" " if tag in _BLOCKS else "")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in _UNSEEN and self._unseen > 0
        self.parts.append(" " if tag in _BLOCKS else "")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)


def plain_text(text: str) -> str:
    """A text without tags and entities; one without any stays as it is."""
    if not _REMAINS.search(text):
        return text
    if "<" not in text:
        return html.unescape(text)
    reader = _Text()
    reader.feed(text)
    reader.close()
    return " ".join("".join(reader.parts).split())


def _find(seen: Seen) -> list[Found]:
    repaired: dict[int, Row] = {}
    shown: dict[int, str] = {}
    for row, role, text in each_text(seen, seen.inputs("text")):
        better = plain_text(text)
        if better != text:
            shown.setdefault(row[ROW], short(text))
            if better.strip():
                repaired[row[ROW]] = {**repaired.get(row[ROW], {}), role: better}
    if not shown:
        return []
    return [
        Found(
            severity="warning" if len(shown) > (len(seen.rows) + len(seen.test)) / 20 else "note",
            text=f"{counted(len(shown), 'text has', 'texts have')} remains of HTML",
            advice="take them out of what comes in use, too",
            rows=list(shown),
            shown=shown,
            reason="remains of HTML",
            repaired=repaired,
        )
    ]


CHECK = Check(
    name="html-remains",
    summary="tags and entities of web pages (`<br>`, `&amp;`)",
    consequence="they use up what the model can read, and may tell the source instead of the meaning",
    repair="tags were taken out and entities decoded, also in given test rows",
    policies=("report", "repair", "drop", "fail", "skip"),
    inputs=frozenset({"text"}),
    tests_too=True,
    find=_find,
)
