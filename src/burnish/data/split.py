"""Split rows into training, validation and test parts, each with the same mix of strata."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import TypeVar

from pydantic import Field, model_validator

from burnish.section import Section

Item = TypeVar("Item")


class SplitSettings(Section):
    """Recipe section `split`: the share of each part. With a test file, the other two share the rows that train."""

    train: float = Field(0.6, gt=0, lt=1, description="Share of the rows to learn from.")
    validation: float = Field(0.2, gt=0, lt=1, description="Share that chooses checkpoints and thresholds.")
    test: float = Field(0.2, gt=0, lt=1, description="Share that is sealed until the final score.")

    @model_validator(mode="after")
    def _adds_up(self) -> SplitSettings:
        if abs(self.train + self.validation + self.test - 1) > 1e-6:
            raise ValueError("train, validation and test must add up to 1")
        return self


def stratified_split(
    items: Sequence[Item], strata: Sequence[str], shares: Sequence[float], seed: int
) -> list[list[Item]]:
    """Divide items into parts so that every stratum is divided in the same proportion.

    Each part gets at least one item of every stratum that has as many items as there are parts. Within a part the
    order of `items` is kept, and the result depends on the seed and the order only.

    Args:
        items: What to divide.
        strata: The stratum of each item.
        shares: The share of each part; they add up to 1.
        seed: Seed of the shuffle.

    Returns:
        One list per share.
    """
    members: dict[str, list[int]] = defaultdict(list)
    for index, stratum in enumerate(strata):
        members[stratum].append(index)
    parts: list[list[int]] = [[] for _ in shares]
    owed = [0.0] * len(shares)
    for stratum in sorted(members):
        indices = members[stratum]
        random.Random(f"{seed}/{stratum}").shuffle(indices)
        begin = 0
        for part, size in enumerate(_sizes(len(indices), shares, owed)):
            parts[part].extend(indices[begin : begin + size])
            begin += size
    return [[items[index] for index in sorted(part)] for part in parts]


def _sizes(count: int, shares: Sequence[float], owed: list[float]) -> list[int]:
    """Whole part sizes for one stratum. `owed` carries what rounding left over, so that totals keep to the shares."""
    wanted = [count * share + debt for share, debt in zip(shares, owed, strict=True)]
    floor = 1 if count >= len(shares) else 0
    sizes = [floor] * len(shares)
    for _ in range(count - sum(sizes)):
        neediest = max(range(len(shares)), key=lambda part: wanted[part] - sizes[part])
        sizes[neediest] += 1
    for part in range(len(shares)):
        owed[part] = wanted[part] - sizes[part]
    return sizes
