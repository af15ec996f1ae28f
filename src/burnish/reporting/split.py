"""How the rows were divided: the mix of labels in each part, what was kept together, and borders in time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from burnish.reporting import words
from burnish.reporting.facts import Facts

_LISTED = 40  # labels; the others are in split.json
_UNEVEN = 0.05  # difference of shares from which on it is worth saying


@dataclass(frozen=True, kw_only=True)
class Share:
    """A label's share of a part, in words and as the width of a bar in percent."""

    words: str
    width: float


@dataclass(frozen=True, kw_only=True)
class SplitView:
    """The part on dividing.

    Attributes:
        sentences: What was done, and how even it came out.
        parts: Names of the parts.
        mix: Each label with its share of every part.
        tall: Whether there are so many that the table scrolls.
    """

    sentences: tuple[str, ...]
    parts: tuple[str, ...] = ()
    mix: tuple[tuple[str, tuple[Share, ...]], ...] = ()
    tall: bool = False


def view_split(facts: Facts) -> SplitView:
    """Lay out split.json; a run of an earlier version has none."""
    split = facts.split
    if not split:
        return SplitView(sentences=())
    mix = split["mix"]["rows"]
    parts = tuple(mix)
    labels = list(next(iter(mix.values())))
    shares = {part: {label: mix[part][label] / max(1, split["rows"][part]) for label in labels} for part in parts}
    highest = max((share for of_part in shares.values() for share in of_part.values()), default=0.0) or 1.0
    return SplitView(
        sentences=tuple(_sentences(split)),
        parts=parts,
        mix=tuple(
            (
                label,
                tuple(
                    Share(words=words.percent(shares[part][label]), width=round(100 * shares[part][label] / highest, 1))
                    for part in parts
                ),
            )
            for label in (labels[:_LISTED] if len(labels) > 1 else [])
        ),
        tall=len(labels) > 12,
    )


def _sentences(split: Mapping[str, Any]) -> list[str]:
    how = {
        "row": "Rows were divided at random.",
        "group": "Whole groups were divided: no value of the column stands in two parts.",
        "time": "Rows were divided by time: the model learns from the past and is tested on what came later.",
    }
    return [how[split["by"]], *_groups(split), *_times(split), *_near_duplicates(split), *_evenness(split)]


def _groups(split: Mapping[str, Any]) -> list[str]:
    if not (groups := split["groups"]):
        return []
    told = words.listed([f"{words.count(number)} in {part}" for part, number in groups["parts"].items()])
    alone = f"; {words.counted(groups['without'], 'row has', 'rows have')} none" if groups["without"] else ""
    return [f"Groups by “{groups['column']}”: {told}{alone}."]


def _times(split: Mapping[str, Any]) -> list[str]:
    if not (times := split["times"]):
        return []
    told = "; ".join(f"{part} from {first} to {last}" for part, (first, last) in times["parts"].items())
    late = times["test_rows_not_later"]
    warned = [f"{words.counted(late, 'test row is', 'test rows are')} not later than all others."] if late else []
    return [f"By “{times['column']}”: {told}.", *warned]


def _near_duplicates(split: Mapping[str, Any]) -> list[str]:
    found = split["near_duplicates"]
    if "skipped" in found:
        return [f"Near-duplicates were not looked for: {found['skipped']}."]
    if not found.get("rows"):
        return []
    clusters = words.counted(found["clusters"], "cluster", "clusters")
    return [
        f"{words.counted(found['rows'], 'row is', 'rows are')} near-duplicates, in {clusters}; each stays in one part."
    ]


def _evenness(split: Mapping[str, Any]) -> list[str]:
    mix = split["mix"]
    if mix["labels"] < 2:
        return []
    gap = f"{100 * mix['largest_gap']:.1f} points"
    told = [f"No label's share of a part differs by more than {gap} from its share of all rows."]
    if mix["largest_gap"] > _UNEVEN:
        told = [f"The mix of labels differs between the parts by up to {gap}: look at the table."]
    more = mix["labels"] - _LISTED
    return [*told, *([f"The table shows the {_LISTED} commonest of {mix['labels']} labels."] if more > 0 else [])]
