"""What a check found in the data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that a check found in the data.

    Attributes:
        name: Short kebab-case name (`repeated-rows`).
        severity: `note` (good to know), `warning` (expect worse results).
        count: Rows or classes concerned.
        text: What was found, in a sentence with its numbers.
        consequence: Why it matters.
        repair: What was done about it, or what the user can do.
        examples: A few of the places, for people to look at.
    """

    name: str
    severity: Literal["note", "warning"]
    count: int
    text: str
    consequence: str
    repair: str
    examples: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The finding as JSON-able values."""
        return asdict(self)


def counted(number: int, one: str, many: str) -> str:
    """A number with the words that fit it: `1 row repeats`, `2 rows repeat`."""
    return f"{number} {one if number == 1 else many}"
