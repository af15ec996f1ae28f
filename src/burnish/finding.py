"""What a check found in the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class Place:
    """A row that a finding is about: its number in the run, where it was read, and what is shown of it."""

    row: int
    file: str
    line: int
    shown: str


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
        policy: What the recipe asks for: `report`, `repair` or `drop`; "" where nothing can be chosen.
        places: The first rows concerned; every one is in the run's flagged.csv.
        figures: Numbers behind it, for the report.
    """

    name: str
    severity: Literal["note", "warning"]
    count: int
    text: str
    consequence: str
    repair: str
    examples: tuple[str, ...] = ()
    policy: str = ""
    places: tuple[Place, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """What was found, and what was done or can be."""
        return f"{self.text}; {self.repair}"

    def as_dict(self) -> dict[str, Any]:
        """The finding as JSON-able values."""
        return asdict(self)


def counted(number: int, one: str, many: str) -> str:
    """A number with the words that fit it: `1 row repeats`, `2 rows repeat`."""
    return f"{number} {one if number == 1 else many}"
