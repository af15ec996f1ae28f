"""Read a column of times, whatever way its dates are written, so that rows can be put in order."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import numpy as np
from numpy.typing import NDArray

from burnish.errors import UserError

_DAYS = ("%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y")
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p")
_EITHER_WAY = {"%d/%m/%Y": "%m/%d/%Y", "%m/%d/%Y": "%d/%m/%Y"}  # the same cells can be read as both
_TRIED = 200  # cells that choose among the forms
_LISTED = 5


@dataclass(frozen=True, kw_only=True)
class Times:
    """A column of times.

    Attributes:
        values: By row: a number as it stands, or seconds since 1970 in UTC; float64 (rows,).
        form: How they are written, in words.
    """

    values: NDArray[np.float64]
    form: str


def read_times(cells: Sequence[str], places: Callable[[Sequence[int]], list[str]], column: str) -> Times:
    """Read numbers, ISO 8601, RFC 2822, and the usual ways to write a day with or without a time of day.

    All cells are read in one form: the one that fits most. A time without a zone is taken as UTC.

    Args:
        cells: The cells as text.
        places: Where rows stand, by their positions in `cells`, for the message.
        column: The column's name, for the message.

    Raises:
        UserError: Some cells cannot be read; it names their places. Or days and months cannot be told apart.
    """
    forms = {**_plain_forms(), **{f"{day}{clock}": _by_pattern(f"{day}{clock}") for day in _DAYS for clock in _CLOCKS}}
    step = max(1, len(cells) // _TRIED)
    tried = cells[::step]
    fits = {name: sum(_readable(read, cell) for cell in tried) for name, read in forms.items()}
    best = max(fits, key=fits.__getitem__)
    values, bad = _read_all(cells, forms[best])
    if bad:
        raise _unreadable(cells, bad, places, column, best if fits[best] else "")
    if other := _other_way(best):
        again, unfit = _read_all(cells, forms[other])
        if not unfit and not np.array_equal(again, values):
            raise UserError(
                f"the column {column!r} can be read with the day first or with the month first: {cells[0]!r}",
                where="data.time",
                fix="Write its dates as year-month-day (2024-01-31).",
            )
    return Times(values=values, form=best)


def _plain_forms() -> dict[str, Callable[[str], float]]:
    return {"numbers": _number, "ISO 8601": _iso, "RFC 2822": _mail}


def _number(cell: str) -> float:
    value = float(cell)
    if not math.isfinite(value) or "_" in cell:
        raise ValueError(cell)
    return value


def _iso(cell: str) -> float:
    return _seconds(datetime.fromisoformat(cell))


def _mail(cell: str) -> float:
    return _seconds(parsedate_to_datetime(cell))


def _by_pattern(pattern: str) -> Callable[[str], float]:
    return lambda cell: _seconds(datetime.strptime(cell, pattern))  # noqa: DTZ007 - taken as UTC below


def _seconds(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _readable(read: Callable[[str], float], cell: str) -> bool:
    try:
        read(cell)
    except (ValueError, OverflowError):
        return False
    return True


def _read_all(cells: Sequence[str], read: Callable[[str], float]) -> tuple[NDArray[np.float64], list[int]]:
    """Every cell read, and the positions of those that cannot be."""
    values, bad = np.zeros(len(cells)), []
    for position, cell in enumerate(cells):
        try:
            values[position] = read(cell)
        except (ValueError, OverflowError):
            bad.append(position)
    return values, bad


def _other_way(pattern: str) -> str:
    """The pattern that reads the same cells with day and month exchanged, or ""."""
    for day, other in _EITHER_WAY.items():
        if pattern.startswith(day):
            return other + pattern.removeprefix(day)
    return ""


def _unreadable(
    cells: Sequence[str], bad: Sequence[int], places: Callable[[Sequence[int]], list[str]], column: str, form: str
) -> UserError:
    shown = bad[:_LISTED]
    told = zip(places(shown), (cells[position] for position in shown), strict=True)
    listed = ", ".join(f"{place} ({cell!r})" for place, cell in told)
    more = f" and {len(bad) - _LISTED} more" if len(bad) > _LISTED else ""
    others = f"; the others are {form}" if form else ""
    return UserError(
        f"{len(bad)} of {len(cells)} rows have no time in the column {column!r} that can be read{others}",
        where=f"{listed}{more}",
        fix="Fill these cells in the same form as the others, best as year-month-day (2024-01-31), or drop the rows.",
    )
