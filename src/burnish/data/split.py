"""Split rows into training, validation and test parts, each with the same mix of strata."""

from __future__ import annotations

import random
import re
from array import array
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator, model_validator

from burnish.section import Section

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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
    strata: Sequence[str], shares: Sequence[float], seed: int | str, least: Sequence[int] = ()
) -> list[NDArray[np.int64]]:
    """Divide rows into parts so that every stratum is divided in the same proportion.

    The result depends on the seed and the order only.

    Args:
        strata: The stratum of each row.
        shares: The share of each part; they add up to 1.
        seed: Seed of the shuffle.
        least: Rows of every stratum that each part gets whatever its share, first parts first as far as they go.

    Returns:
        For each share the places of its rows, int64, rising.
    """
    import numpy as np

    members = _shuffled(strata, seed)
    parts = [array("q") for _ in shares]
    owed = [0.0] * len(shares)
    for places in members:
        begin = 0
        for part, size in enumerate(_sizes(len(places), shares, owed, least)):
            parts[part].extend(places[begin : begin + size])
            begin += size
    return [np.sort(np.frombuffer(part, dtype=np.int64)) for part in parts]


def stratified_folds(strata: Sequence[str], folds: int, seed: int) -> list[NDArray[np.int64]]:
    """Divide rows into folds of the same size, give or take one, with as many of every stratum, give or take one.

    Args:
        strata: The stratum of each row.
        folds: How many.
        seed: Seed of the shuffle.

    Returns:
        For each fold the places of its rows, int64, rising.
    """
    import numpy as np

    dealt = np.concatenate([np.zeros(0, np.int64), *_shuffled(strata, seed)])
    return [np.sort(dealt[fold::folds]) for fold in range(folds)]


def _shuffled(strata: Sequence[str], seed: int | str) -> list[array[int]]:
    """The places of the rows of every stratum in alphabetical order, shuffled; a row takes 8 bytes."""
    members: dict[str, array[int]] = defaultdict(lambda: array("q"))
    for place, stratum in enumerate(strata):
        members[stratum].append(place)
    for stratum, places in members.items():
        random.Random(f"{seed}/{stratum}").shuffle(places)
    return [members[stratum] for stratum in sorted(members)]


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
