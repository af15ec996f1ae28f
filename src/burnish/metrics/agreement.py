"""How far people agree who labelled the same things: Cohen's kappa, Krippendorff's alpha, and agreement by label."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import Literal, TypeAlias

Level: TypeAlias = Literal["nominal", "ordinal", "interval"]


def cohens_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> float | None:
    """Agreement of two people beyond chance (Cohen 1960): 1 is full agreement, 0 is what chance gives.

    Args:
        first: The answers of one.
        second: The answers of the other to the same things, in the same order.

    Returns:
        None where it is not defined: no answers, or both gave the same single answer throughout.
    """
    rows = len(first)
    if not rows:
        return None
    same = sum(one == other for one, other in zip(first, second, strict=True)) / rows
    counts, others = Counter(first), Counter(second)
    chance = sum(count * others[answer] for answer, count in counts.items()) / rows**2
    return (same - chance) / (1 - chance) if chance < 1 else None


def krippendorffs_alpha(units: Iterable[Sequence[Hashable]], level: Level = "nominal") -> float | None:
    """Agreement of any number of people beyond chance, each of whom may have left things out (Krippendorff 2011).

    Args:
        units: For each thing the answers that it got, in any order. Numbers or comparable values for `ordinal` and
            numbers for `interval`. Things with fewer than two answers do not count.
        level: `nominal`: answers are the same or not; `ordinal`: they have an order; `interval`: they have a distance.

    Returns:
        1 for full agreement, 0 for what chance gives, or None where all answers are the same or none can be paired.
    """
    paired = [tuple(unit) for unit in units if len(unit) > 1]
    if level == "nominal":
        return _nominal_alpha(paired)
    if level == "ordinal":
        ranks = _middle_ranks(Counter(answer for unit in paired for answer in unit))
        return _interval_alpha([[ranks[answer] for answer in unit] for unit in paired])
    return _interval_alpha([[float(str(answer)) for answer in unit] for unit in paired])


def agreement_by_label(units: Iterable[Sequence[Hashable]]) -> dict[Hashable, tuple[float, int]]:
    """For each label: where one person gave it, how often another one gave it too; and how many answers say that.

    Args:
        units: For each thing the answers that it got. Things with fewer than two answers do not count.

    Returns:
        By label a share in [0, 1] and the number of answers with this label.
    """
    agreeing: dict[Hashable, float] = defaultdict(float)
    given: Counter[Hashable] = Counter()
    for unit in units:
        if len(unit) > 1:
            for label, count in Counter(unit).items():
                agreeing[label] += count * (count - 1) / (len(unit) - 1)
                given[label] += count
    return {label: (agreeing[label] / count, count) for label, count in given.items()}


def _nominal_alpha(units: Sequence[Sequence[Hashable]]) -> float | None:
    counts = Counter(answer for unit in units for answer in unit)
    total = sum(counts.values())
    expected = total**2 - sum(count**2 for count in counts.values())
    observed = sum(
        (len(unit) ** 2 - sum(count**2 for count in Counter(unit).values())) / (len(unit) - 1) for unit in units
    )
    return 1 - (total - 1) * observed / expected if expected else None


def _interval_alpha(units: Sequence[Sequence[float]]) -> float | None:
    """The sums over all pairs of squared distances, in closed form: that of n values is n Σx² - (Σx)², twice."""
    values = [value for unit in units for value in unit]
    if len(set(values)) < 2:
        return None
    middle = sum(values) / len(values)  # far from zero, squares would cancel

    def spread(numbers: Sequence[float]) -> float:
        moved = [number - middle for number in numbers]
        return len(moved) * sum(number**2 for number in moved) - sum(moved) ** 2

    observed = sum(spread(unit) / (len(unit) - 1) for unit in units)
    return 1 - (len(values) - 1) * observed / spread(values)


def _middle_ranks(counts: Counter[Hashable]) -> dict[Hashable, float]:
    """By answer the middle of the ranks that it takes among all: ordinal distances are differences of these."""
    ranks, below = {}, 0.0
    for answer in sorted(counts, key=_order):
        ranks[answer] = below + counts[answer] / 2
        below += counts[answer]
    return ranks


def _order(answer: Hashable) -> tuple[bool, float, str]:
    """Numbers by size, then all else by its letters."""
    number = isinstance(answer, int | float)
    return not number, float(str(answer)) if number else 0.0, str(answer)
