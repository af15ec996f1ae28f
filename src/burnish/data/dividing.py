"""Divide rows into parts where some rows must stay together, with the labels as even as that allows.

A unit is a set of rows that stay together (a customer's, a cluster of near-duplicates). Units of several rows are
placed first, the largest first, each where it does least harm; single rows then fill up by iterative stratification
(Sechidis, Tsoumakas & Vlahavas 2011), which also serves rows with several labels.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Labels = Sequence[frozenset[str]]
_MISSING = 1e9  # how bad it is that a part which needs a label has none of it, next to squared deviations
_MOST_MOVED, _MOST_SWAPPED, _PASSES = 5000, 60, 8  # units: improving the division of more of them is not worth it
_BETTER = 1e-9


@dataclass(kw_only=True)
class _Unit:
    """Rows that stay together: positions, label numbers, and how many rows have each."""

    rows: list[int]
    labels: NDArray[np.int64]
    counts: NDArray[np.float64]


def divide(
    labels: Labels, together: Sequence[int], shares: Sequence[float], seed: int | str, least: Sequence[int] = ()
) -> list[int]:
    """The part of every row.

    Args:
        labels: The labels of each row; for ordinary strata, one.
        together: A number for each row; rows with the same one stay together.
        shares: The share of each part; they add up to 1.
        seed: Seed of every random choice.
        least: How urgent it is that each part has every label, 0 for not at all; labels in two units or more count.
    """
    names = {label: number for number, label in enumerate(sorted(frozenset().union(*labels)))}
    units = _units(labels, together, names)
    state = _State.of(units, shares, len(names), least)
    generator = random.Random(f"{seed}/units")
    generator.shuffle(units)
    large = sorted((unit for unit in units if len(unit.rows) > 1), key=lambda unit: -len(unit.rows))
    for unit in large:
        state.put(unit, int(np.argmin(state.harm(unit))))
    if len(large) <= _MOST_MOVED:
        _improve(state, large)
    _fill(state, [unit for unit in units if len(unit.rows) == 1])
    _leave_none_empty(state, units)
    parts = [0] * len(labels)
    for unit in units:
        for row in unit.rows:
            parts[row] = state.place[id(unit)]
    return parts


def divide_by_time(values: Sequence[float] | NDArray[np.float64], shares: Sequence[float]) -> NDArray[np.int8]:
    """The part of every row, int8 (rows,), so that all rows of a part are later than those of the part before.

    Rows of the same time stay together; borders lie as near to the shares as that allows.

    Raises:
        ValueError: There are fewer different times than parts.
    """
    moments, counts = np.unique(np.asarray(values), return_counts=True)
    if len(moments) < len(shares):
        raise ValueError("fewer different times than parts")
    until = np.cumsum(counts)
    borders: list[int] = []  # how many of the moments come before each border
    for number, share in enumerate(np.cumsum(shares)[:-1], start=1):
        low, high = (borders[-1] if borders else 0) + 1, len(moments) - (len(shares) - number)
        borders.append(low + int(np.argmin(np.abs(until[low - 1 : high] - share * len(values)))))
    firsts = [float(moments[border]) for border in borders]
    return np.searchsorted(firsts, values, side="right").astype(np.int8)


def join(*numberings: Sequence[Hashable | None]) -> list[int]:
    """Numbers that are the same for rows that any of the numberings puts together; None puts a row with no other."""
    parent = list(range(len(numberings[0])))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    for numbering in numberings:
        first: dict[Hashable, int] = {}
        for row, value in enumerate(numbering):
            if value is not None:
                one, other = root(first.setdefault(value, row)), root(row)
                parent[max(one, other)] = min(one, other)
    return [root(row) for row in range(len(parent))]


def _units(labels: Labels, together: Sequence[int], names: dict[str, int]) -> list[_Unit]:
    members: dict[int, list[int]] = defaultdict(list)
    for row, number in enumerate(together):
        members[number].append(row)
    units = []
    for rows in members.values():
        counts = Counter(names[label] for row in rows for label in labels[row])
        numbers = sorted(counts)
        units.append(
            _Unit(
                rows=rows,
                labels=np.array(numbers, dtype=np.int64),
                counts=np.array([counts[number] for number in numbers], dtype=np.float64),
            )
        )
    return units


@dataclass(kw_only=True)
class _State:
    """What the parts have and want. The last column stands for rows, whatever their labels.

    Attributes:
        have: Rows by part and label, (parts, labels + 1).
        want: The same as the shares would have it.
        weight: What a squared deviation counts, by label.
        urgent: What it costs that a part has none of a label, (parts, labels + 1).
        place: The part of every unit that has one.
    """

    have: NDArray[np.float64]
    want: NDArray[np.float64]
    weight: NDArray[np.float64]
    urgent: NDArray[np.float64]
    place: dict[int, int]

    @classmethod
    def of(cls, units: Sequence[_Unit], shares: Sequence[float], labels: int, least: Sequence[int]) -> _State:
        total, in_units = np.zeros(labels + 1), np.zeros(labels + 1)
        for unit in units:
            total[unit.labels] += unit.counts
            in_units[unit.labels] += 1
            total[-1] += len(unit.rows)
        in_units[-1] = len(units)
        asked = np.array([*least, *[0] * (len(shares) - len(least))], dtype=np.float64)
        return cls(
            have=np.zeros((len(shares), labels + 1)),
            want=np.outer(shares, total),
            weight=(in_units > 1) / np.maximum(total, 1),  # a label of one unit is in one part, wherever that goes
            urgent=_MISSING * np.outer(asked, np.append(in_units[:-1] >= max(2, int(np.count_nonzero(asked))), 0)),
            place={},
        )

    def harm(self, unit: _Unit) -> NDArray[np.float64]:
        """How much worse the division gets by putting a unit into each of the parts, (parts,)."""
        at = np.append(unit.labels, -1)
        counts = np.append(unit.counts, len(unit.rows))
        over = self.have[:, at] - self.want[:, at]
        found = np.where(self.have[:, at] == 0, self.urgent[:, at], 0)
        return np.asarray((counts * (counts + 2 * over) * self.weight[at] - found).sum(axis=1))

    def put(self, unit: _Unit, part: int) -> None:
        self.place[id(unit)] = part
        self.have[part, unit.labels] += unit.counts
        self.have[part, -1] += len(unit.rows)

    def take(self, unit: _Unit) -> int:
        part = self.place.pop(id(unit))
        self.have[part, unit.labels] -= unit.counts
        self.have[part, -1] -= len(unit.rows)
        return part


def _improve(state: _State, units: Sequence[_Unit]) -> None:
    """Move units, and exchange pairs where there are few, as long as that makes the division better."""
    for _ in range(_PASSES):
        better = False
        for unit in units:
            before = state.take(unit)
            harm = state.harm(unit)
            part = int(np.argmin(harm))
            part = part if harm[part] < harm[before] - _BETTER else before
            state.put(unit, part)
            better |= part != before
        if not better and len(units) <= _MOST_SWAPPED:
            for number, one in enumerate(units):
                for other in units[:number]:
                    better |= _swap(state, one, other)
        if not better:
            return


def _swap(state: _State, one: _Unit, other: _Unit) -> bool:
    """Exchange two units' parts if that makes the division better."""
    first, second = state.place[id(one)], state.place[id(other)]
    if first == second:
        return False

    def harm_of(part: int, other_part: int) -> float:
        harm = state.harm(one)[part]
        state.put(one, part)
        harm += state.harm(other)[other_part]
        state.take(one)
        return float(harm)

    state.take(one)
    state.take(other)
    better = harm_of(second, first) < harm_of(first, second) - _BETTER
    state.put(one, second if better else first)
    state.put(other, first if better else second)
    return better


def _fill(state: _State, units: Sequence[_Unit]) -> None:
    """Place single rows by iterative stratification: the rarest label first, each row where its label is missing most.

    A row that no part misses as a whole goes where rows are missing, so that totals keep to the shares.
    """
    desired, urgent = state.want - state.have, state.urgent > 0
    order = sorted(range(len(state.have)), key=lambda part: -float(state.urgent[part].max()))
    members: dict[int, list[_Unit]] = defaultdict(list)
    for unit in units:
        for label in unit.labels.tolist():
            members[label].append(unit)
    left = {label: len(having) for label, having in members.items()}

    def place(unit: _Unit, part: int) -> None:
        state.put(unit, part)
        desired[part, unit.labels] -= 1
        desired[part, -1] -= 1
        for label in unit.labels.tolist():
            left[label] -= 1

    while left:
        label = min(left, key=lambda name: (left[name], name))
        for unit in members[label]:
            if id(unit) not in state.place:
                wanting = [part for part in order if urgent[part, label] and state.have[part, label] == 0]
                place(unit, wanting[0] if wanting else _neediest(desired[:, label], desired[:, -1]))
        del left[label]
        for name in [name for name, number in left.items() if number == 0]:
            del left[name]
    for unit in units:
        if id(unit) not in state.place:
            place(unit, int(np.argmax(desired[:, -1])))


def _neediest(of_label: NDArray[np.float64], of_rows: NDArray[np.float64]) -> int:
    """The part that lacks a whole row of the label, the most first; else, of those that lack some, by all rows."""
    if of_label.max() >= 1:
        return int(np.lexsort((-of_rows, -of_label))[0])
    some = of_label > 0
    return int(np.argmax(np.where(some, of_rows, -np.inf))) if some.any() else int(np.argmax(of_rows))


def _leave_none_empty(state: _State, units: Sequence[_Unit]) -> None:
    """Give a part without any row the smallest unit of the part that has most of them, where that has several."""
    for part in range(len(state.have)):
        if state.have[part, -1] == 0:
            of_part = Counter(state.place.values())
            giver, number = of_part.most_common(1)[0]
            if number > 1:
                smallest = min((unit for unit in units if state.place[id(unit)] == giver), key=lambda u: len(u.rows))
                state.take(smallest)
                state.put(smallest, part)
