"""Geometry of charts: numbers to places in percent of a plot's width and height. Pure functions, no drawing.

A plot is an SVG that stretches to its box (`viewBox="0 0 100 100" preserveAspectRatio="none"`) with strokes that do not
stretch; its words are HTML beside it. So charts fit every width while their words keep their size.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_NARROWEST = 1e-6  # ranges narrower than this, of their size, are drawn as one value


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A value that an axis names, and where it stands."""

    place: float
    label: str


@dataclass(frozen=True, kw_only=True)
class Axis:
    """A range of values laid over 0 to 100."""

    low: float
    high: float
    ticks: tuple[Tick, ...] = ()

    def place(self, value: float) -> float:
        """Where a value stands, in [0, 100]; values outside stand at the end."""
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(1.0, max(0.0, share)), 3)


@dataclass(frozen=True, kw_only=True)
class Whisker:
    """A value with its interval on an axis, in [0, 100]."""

    dot: float
    left: float
    right: float


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A bar of a histogram, or a part of a stacked bar: where it begins, how wide and how high it is."""

    left: float
    width: float
    height: float = 100.0


def make_axis(
    values: Iterable[float],
    *,
    scale: float = 1.0,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    most_ticks: int = 6,
    signed: bool = False,
) -> Axis:
    """An axis that covers the finite values and ends on round numbers.

    Args:
        values: What it must show.
        scale: Labels show values times this: 100 for percent and percentage points.
        unit: What follows the number in a label.
        low: It begins at this value at the latest and never goes below it.
        high: It ends at this value at the earliest and never goes above it.
        most_ticks: At most this many labels.
        signed: Labels carry their sign.
    """
    finite = [value for value in values if math.isfinite(value)]
    least = min([*finite, *([] if low is None else [low])], default=0.0)
    most = max([*finite, *([] if high is None else [high])], default=1.0)
    if most - least < _NARROWEST * max(1.0, abs(least), abs(most)):
        room = abs(most) / 10 if abs(most) > _NARROWEST else 0.5
        least, most = least - room, most + room
    step = _round_step((most - least) / max(1, most_ticks - 1))
    first, last = math.floor(least / step + 1e-9), math.ceil(most / step - 1e-9)
    start = max(first * step, low) if low is not None else first * step
    end = min(last * step, high) if high is not None else last * step
    axis = Axis(low=start, high=end)
    marks = [number * step for number in range(first, last + 1) if start - 1e-9 <= number * step <= end + 1e-9]
    ticks = tuple(Tick(place=axis.place(mark), label=_label(mark, step, scale, unit, signed)) for mark in marks)
    return Axis(low=start, high=end, ticks=ticks)


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in _STEPS if step * power >= rough * (1 - 1e-9))


def _label(value: float, step: float, scale: float, unit: str, signed: bool) -> str:
    decimals = next(d for d in range(12) if abs(round(step * scale, d) - step * scale) < 1e-6 * step * scale)
    number = value * scale
    if abs(number) < 1e-9 * step * scale:
        return f"0{unit}"
    return f"{number:{'+' if signed else ''},.{decimals}f}".replace("-", "−") + unit


def whisker(axis: Axis, value: float, low: float, high: float) -> Whisker:
    """A value and its interval as places on an axis."""
    return Whisker(dot=axis.place(value), left=axis.place(low), right=axis.place(high))


def line_path(points: Iterable[tuple[float, float]], x: Axis, y: Axis) -> str:
    """An SVG path through points; it breaks where a value is not finite."""
    parts: list[str] = []
    drawing = False
    for horizontal, vertical in points:
        if not (math.isfinite(horizontal) and math.isfinite(vertical)):
            drawing = False
            continue
        parts.append(f"{'L' if drawing else 'M'}{_at(horizontal, vertical, x, y)}")
        drawing = True
    return "".join(parts)


def dots_path(points: Iterable[tuple[float, float]], x: Axis, y: Axis) -> str:
    """An SVG path of strokes without length: drawn with round ends they are dots that never stretch."""
    return "".join(
        f"M{_at(horizontal, vertical, x, y)}h0.001"
        for horizontal, vertical in points
        if math.isfinite(horizontal) and math.isfinite(vertical)
    )


def _at(horizontal: float, vertical: float, x: Axis, y: Axis) -> str:
    return f"{x.place(horizontal):g},{100 - y.place(vertical):g}"


def stacked(parts: Sequence[float]) -> list[Bar]:
    """Parts of a whole side by side, their widths adding up to 100."""
    total = sum(parts)
    bars, left = [], 0.0
    for part in parts:
        width = 100 * part / total if total else 0.0
        bars.append(Bar(left=round(left, 3), width=round(width, 3)))
        left += width
    return bars


def histogram(counts: Sequence[float], edges: Sequence[float], axis: Axis) -> list[Bar]:
    """Bars over their edges, as high as their share of the highest."""
    highest = max(counts, default=0) or 1
    return [
        Bar(
            left=axis.place(low), width=round(axis.place(high) - axis.place(low), 3), height=round(100 * n / highest, 3)
        )
        for n, low, high in zip(counts, edges[:-1], edges[1:], strict=True)
    ]


def bar_widths(values: Sequence[float]) -> list[float]:
    """Widths of bars in percent of the longest."""
    longest = max(values, default=0.0)
    return [round(100 * value / longest, 2) if longest > 0 else 0.0 for value in values]
