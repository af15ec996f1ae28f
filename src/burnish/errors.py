"""The one error a user is meant to read."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """Something the user can mend: what is wrong, where it is, and what to do about it.

    Faces print it without a traceback and exit with code 2. Anything else that escapes is a defect of burnish.

    Attributes:
        what: The problem in one sentence.
        where: The file, line, column, recipe key or folder that it concerns, or "".
        fix: What to do about it, or "".
    """

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        self.what = _printable(what)
        self.where = _printable(where)
        self.fix = _printable(fix)
        super().__init__(self.what)

    def __str__(self) -> str:
        parts = [self.what]
        if self.where:
            parts.append(f"where: {self.where}")
        if self.fix:
            parts.append(f"what to do: {self.fix}")
        return "\n  ".join(parts)

    def as_dict(self) -> dict[str, str]:
        """The error as JSON-able text, for `--json` and the run's log."""
        return {"what": self.what, "where": self.where, "fix": self.fix}


def _printable(text: str) -> str:
    """The text with what no UTF-8 output takes (odd bytes of file names) written as escapes."""
    return text.encode("utf-8", errors="backslashreplace").decode("utf-8")


def nearest(word: str, candidates: Iterable[str], *, most: int = 3) -> list[str]:
    """The candidates that `word` was probably meant to be, best first, ignoring case.

    Args:
        word: What the user wrote.
        candidates: What could have been written.
        most: At most this many suggestions.
    """
    by_folded = {candidate.casefold(): candidate for candidate in candidates}
    matches = difflib.get_close_matches(word.casefold(), by_folded, n=most, cutoff=0.55)
    return [by_folded[match] for match in matches]


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """A sentence that suggests the nearest candidates, or lists what there is when nothing is near."""
    known = list(candidates)
    near = nearest(word, known)
    if near:
        return "Did you mean " + " or ".join(repr(name) for name in near) + "?"
    if not known:
        return ""
    shown = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
    return f"There is: {shown}."
