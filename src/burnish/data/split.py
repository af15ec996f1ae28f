"""Split rows into training, validation and test parts, each with the same mix of strata."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Literal, TypeVar

from pydantic import Field, field_validator, model_validator

from burnish.section import Section

Item = TypeVar("Item")
_FOLD = re.compile(r"([1-9]\d{0,5})/([1-9]\d{0,5})")


class SplitSettings(Section):
    """Recipe section `split`: the share of each part. With a test file, the other two share the rows that train."""

    train: float = Field(0.6, gt=0, lt=1, description="Share of the rows to learn from.")
    validation: float = Field(0.2, gt=0, lt=1, description="Share that chooses checkpoints and thresholds.")
    test: float = Field(0.2, gt=0, lt=1, description="Share that is sealed until the final score.")
    fold: str = Field(
        "", description="The fold that is the test part (`2/5`), as `burnish cross-validate` sets it; empty: by share."
    )

    near_duplicates: Literal["auto", "together", "ignore"] = Field(
        "auto",
        description="Rows whose texts or images are almost the same stay in one part; `auto`: where there are few "
        "enough rows to look for them, and not by time.",
    )

    @field_validator("fold")
    @classmethod
    def _one_of_several(cls, fold: str) -> str:
        found = _FOLD.fullmatch(fold)
        if fold and not (found and int(found[2]) >= 2 and int(found[1]) <= int(found[2])):
            raise ValueError("write which fold of how many, as 2/5; there are at least two")
        return fold

    @model_validator(mode="after")
    def _adds_up(self) -> SplitSettings:
        if abs(self.train + self.validation + self.test - 1) > 1e-6:
            raise ValueError("train, validation and test must add up to 1")
        return self

    def fold_number(self) -> tuple[int, int] | None:
        """The fold's number, from 1, and how many folds there are; None where the parts are cut by shares."""
        found = _FOLD.fullmatch(self.fold)
        return (int(found[1]), int(found[2])) if found else None

    def shares_without_test(self) -> tuple[float, float]:
        """The shares of train and validation where the test rows are chosen in another way."""
        rest = self.train + self.validation
        return self.train / rest, self.validation / rest


def stratified_split(
    items: Sequence[Item], strata: Sequence[str], shares: Sequence[float], seed: int | str, least: Sequence[int] = ()
) -> list[list[Item]]:
    """Divide items into parts so that every stratum is divided in the same proportion.

    Within a part the order of `items` is kept, and the result depends on the seed and the order only.

    Args:
        items: What to divide.
        strata: The stratum of each item.
        shares: The share of each part; they add up to 1.
        seed: Seed of the shuffle.
        least: Items of every stratum that each part gets whatever its share, first parts first as far as they go.

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
        for part, size in enumerate(_sizes(len(indices), shares, owed, least)):
            parts[part].extend(indices[begin : begin + size])
            begin += size
    return [[items[index] for index in sorted(part)] for part in parts]


def stratified_folds(items: Sequence[Item], strata: Sequence[str], folds: int, seed: int) -> list[list[Item]]:
    """Divide items into folds of the same size, give or take one, with as many of every stratum, give or take one.

    Args:
        items: What to divide; within a fold their order is kept.
        strata: The stratum of each item.
        folds: How many.
        seed: Seed of the shuffle.
    """
    members: dict[str, list[int]] = defaultdict(list)
    for index, stratum in enumerate(strata):
        members[stratum].append(index)
    dealt: list[int] = []
    for stratum in sorted(members):
        random.Random(f"{seed}/{stratum}").shuffle(members[stratum])
        dealt += members[stratum]
    return [[items[index] for index in sorted(dealt[fold::folds])] for fold in range(folds)]


def _sizes(count: int, shares: Sequence[float], owed: list[float], least: Sequence[int]) -> list[int]:
    """Whole part sizes for one stratum. `owed` carries what rounding left over, so that totals keep to the shares."""
    wanted = [count * share + debt for share, debt in zip(shares, owed, strict=True)]
    sizes = [0] * len(shares)
    for part, floor in enumerate(least):
        sizes[part] = min(floor, count - sum(sizes))
    for _ in range(count - sum(sizes)):
        neediest = max(range(len(shares)), key=lambda part: wanted[part] - sizes[part])
        sizes[neediest] += 1
    for part in range(len(shares)):
        owed[part] = wanted[part] - sizes[part]
    return sizes
