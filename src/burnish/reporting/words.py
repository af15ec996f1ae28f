"""Numbers as people read them."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

_MINUS = "−"
_SMALLEST_P = 0.0001


def count(number: float) -> str:
    """A whole number with its thousands apart."""
    return f"{round(number):,}".replace("-", _MINUS)


def counted(number: int, one: str, many: str) -> str:
    """A count with its noun: `1 row`, `2 rows`."""
    return f"{count(number)} {one if number == 1 else many}"


def percent(share: float, decimals: int = 1) -> str:
    """A share of 1 in percent; one that is not nothing never reads as nothing."""
    if 0 < share < 0.5 * 10.0 ** (-2 - decimals):
        return f"< {10.0**-decimals:.{decimals}f}%"
    return f"{100 * share:.{decimals}f}%".replace("-", _MINUS)


def decimal(value: float, *, signed: bool = False) -> str:
    """A number with about three digits that matter after the point; fewer where it is large."""
    if not math.isfinite(value):
        return "unknown"
    decimals = 3 if abs(value) < 10 else 2 if abs(value) < 100 else 1 if abs(value) < 1000 else 0
    return _number(value, decimals, signed)


def _number(value: float, decimals: int, signed: bool) -> str:
    """A number without a sign where it reads as zero."""
    zero = round(value, decimals) == 0
    return f"{0.0 if zero else value:{'+' if signed and not zero else ''},.{decimals}f}".replace("-", _MINUS)


def score(value: float, share: bool) -> str:
    """A score: in percent where it is a share of rows, else as the number that it is."""
    return percent(value) if share else decimal(value)


def score_interval(low: float, high: float, share: bool) -> str:
    """The two ends of a score's interval."""
    return f"{100 * low:.1f} to {percent(high)}" if share else f"{decimal(low)} to {decimal(high)}"


def gain(value: float, share: bool, *, signed: bool = True) -> str:
    """A difference of scores: in percentage points where they are shares of rows."""
    if not share:
        return decimal(value if signed else abs(value), signed=signed)
    return _number(100 * value if signed else abs(100 * value), 1, signed) + " points"


def gain_interval(low: float, high: float, share: bool) -> str:
    """The two ends of a difference's interval."""
    return f"{gain(low, share)} to {gain(high, share)}".replace(" points to", " to")


def p_value(p: float) -> str:
    """A p-value; below 0.0001 only that it is."""
    if p < _SMALLEST_P:
        return f"< {_SMALLEST_P}"
    return f"{p:.4f}" if p < 0.001 else f"{p:.3f}"


def duration(seconds: float) -> str:
    """A time span in its two largest units."""
    if seconds < 10:
        return "< 0.1 s" if 0 < seconds < 0.1 else f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    minutes = whole % 3600 // 60
    return f"{whole // 3600} h" + (f" {minutes} min" if minutes else "")


def money(amount: float, currency: str) -> str:
    """An amount with its currency, with enough decimals to show that small is not nothing."""
    if amount == 0:
        return f"0 {currency}"
    decimals = 2 if amount >= 1 else max(2, 1 - math.floor(math.log10(amount)))
    return f"{amount:,.{decimals}f} {currency}"


def watt_hours(amount: float) -> str:
    """An amount of energy."""
    if 0 < amount < 0.001:
        return "< 0.001 Wh"
    if amount >= 1000:
        return f"{amount / 1000:,.2f} kWh"
    return f"{amount:.{1 if amount >= 10 else 2 if amount >= 0.1 else 3}f} Wh"


def large(number: float) -> str:
    """A large number in millions or billions: `22.7 million`."""
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if number >= size:
            return f"{number / size:.1f} {word}"
    return count(number)


def day(seconds: float) -> str:
    """The day of a time in seconds since 1970, in UTC."""
    moment = datetime.fromtimestamp(seconds, tz=UTC)
    return f"{moment.day} {moment:%B %Y}"


def listed(items: list[str]) -> str:
    """Items in a sentence: `a, b and c`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""


def cell(value: Any) -> str:
    """Any value of a table; text stays as it is."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return count(value)
    return decimal(value) if isinstance(value, float) else str(value)
