"""What a division of rows into parts looks like: class mix, groups, times. Written into split.json and shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from burnish.contracts import Rows
from burnish.data.carried import GROUP, TIME
from burnish.data.dividing import Labels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST_LISTED = 1000  # labels


@dataclass(frozen=True, kw_only=True)
class Mix:
    """How evenly labels are divided.

    Attributes:
        rows: Rows by part and label, the commonest label first; at most 1,000 labels.
        labels: How many labels there are.
        largest_gap: The largest difference between a label's share of a part and its share of all rows.
        missing: Labels that some part has none of, by part.
    """

    rows: Mapping[str, Mapping[str, int]]
    labels: int
    largest_gap: float
    missing: Mapping[str, Sequence[str]]


def describe_mix(labels: Mapping[str, Labels]) -> Mix:
    """Compare the labels of the parts.

    Args:
        labels: The labels of every row, by part.
    """
    counts = {part: Counter(label for row in rows for label in row) for part, rows in labels.items()}
    total = sum(counts.values(), Counter[str]())
    listed = [label for label, _ in total.most_common()]
    rows = sum(map(len, labels.values()))
    gaps = [
        abs(counts[part][label] / len(of_part) - total[label] / rows)
        for part, of_part in labels.items()
        for label in listed
        if of_part
    ]
    return Mix(
        rows={part: {label: counts[part][label] for label in listed[:_MOST_LISTED]} for part in labels},
        labels=len(listed),
        largest_gap=max(gaps, default=0.0),
        missing={part: [label for label in listed if not counts[part][label]][:_MOST_LISTED] for part in labels},
    )


def describe_groups(parts: Mapping[str, Rows]) -> dict[str, Any]:
    """Groups by part, rows without one, and how many groups stand in more than one part: none, or it is a defect."""
    groups = {part: {row[GROUP] for row in rows} - {""} for part, rows in parts.items()}
    met = Counter(group for found in groups.values() for group in found)
    return {
        "parts": {part: len(found) for part, found in groups.items()},
        "without": sum(row[GROUP] == "" for rows in parts.values() for row in rows),
        "in_several_parts": sum(count > 1 for count in met.values()),
    }


def describe_times(parts: Mapping[str, Rows], values: Mapping[str, NDArray[np.float64]]) -> dict[str, Any]:
    """The first and the last time of each part, as the cells say them."""
    borders = {}
    for part, rows in parts.items():
        last = len(rows) - 1 - int(values[part][::-1].argmax())
        borders[part] = [rows[int(values[part].argmin())][TIME], rows[last][TIME]]
    return borders
