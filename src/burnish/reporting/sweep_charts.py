"""Charts of a sweep: its history, and each searched key against the score."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from burnish.reporting import words
from burnish.reporting.charts import Axis, Tick, dots_path, line_path, make_axis

_MOST_TICKS, _MOST_LOG_TICKS = 6, 4
_ROOM_AT_THE_ENDS = 0.04  # of the axis, so that dots at the ends stay inside
_FAR = 1.5  # times the distance of the quartiles
_SPREAD = 0.3  # of the distance of two choices, over which their dots are spread


@dataclass(frozen=True, kw_only=True)
class Dots:
    """Trials of one look: `main` ended, `pruned` were stopped, `own` is the recipe as it stood, `best` the best one."""

    name: str
    style: str
    path: str


@dataclass(frozen=True, kw_only=True)
class TrialsPlot:
    """Trials by score.

    Attributes:
        title: What is drawn.
        label: The same in words, for those who cannot see it.
        detail: A line under the title, or "".
        line: The best score so far as a path, or "".
        own: Where on the axis of scores the recipe as it stood is.
        failed: Places of trials without a score.
    """

    title: str
    label: str
    detail: str
    x: Axis
    y: Axis
    x_title: str
    dots: tuple[Dots, ...]
    line: str
    own: float
    failed: tuple[float, ...] = ()


def plot_history(found: Mapping[str, Any]) -> TrialsPlot:
    """Scores in the order of the trials, with the best so far."""
    metric, rows = found["metric"], found["trials"]
    x, y = _whole_axis([row["number"] for row in rows]), score_axis(found)
    sign = 1 if metric["higher_is_better"] else -1
    steps: list[tuple[float, float]] = []
    best: float | None = None
    for row in rows:
        if row["state"] == "complete" and (best is None or sign * row["score"] > sign * best):
            steps += [(row["number"], best)] if best is not None else []
            best = row["score"]
            steps.append((row["number"], best))
    if best is not None:
        steps.append((rows[-1]["number"], best))
    own, top = found["recipe"]["score"], found["best"]["score"]
    share = metric["share"]
    return TrialsPlot(
        title=f"{metric['name']} on validation rows, trial by trial",
        label=f"Scores of {len(rows)} trials in their order. The recipe as it stood came to {words.score(own, share)}, "
        f"the best trial, number {found['best']['number']}, to {words.score(top, share)}.",
        detail="",
        x=x,
        y=y,
        x_title="trial",
        dots=_dots(found, {row["number"]: float(row["number"]) for row in rows}, x, y),
        line=line_path(steps, x, y),
        own=y.place(own),
        failed=tuple(x.place(row["number"]) for row in rows if row["state"] == "failed"),
    )


def plot_keys(found: Mapping[str, Any]) -> tuple[TrialsPlot, ...]:
    """One plot for each searched key, the most important first."""
    importance = found["importance"]
    space = sorted(found["space"], key=lambda dimension: -importance.get(dimension["key"], 0.0))
    return tuple(_plot_key(found, dimension) for dimension in space)


def _plot_key(found: Mapping[str, Any], dimension: Mapping[str, Any]) -> TrialsPlot:
    key, y = dimension["key"], score_axis(found)
    rows = [row for row in found["trials"] if row["score"] is not None]
    x, places = _key_axis(dimension, rows)
    importance = found["importance"].get(key)
    best, own = found["best"]["values"][key], dimension["own"]
    return TrialsPlot(
        title=key,
        label=f"Scores by {key}. The best trial has {shown(best)}, the recipe as it stood {shown(own)}.",
        detail=f"best {shown(best)}, recipe {shown(own)}"
        + ("" if importance is None else f"; explains {words.percent(importance, 0)}"),
        x=x,
        y=y,
        x_title="by orders of magnitude" if dimension["log"] else "",
        dots=_dots(found, places, x, y),
        line="",
        own=y.place(found["recipe"]["score"]),
    )


def score_axis(found: Mapping[str, Any]) -> Axis:
    """An axis for the scores; those that are far worse than the others stand at its end."""
    scores = sorted(row["score"] for row in found["trials"] if row["score"] is not None)
    lower, upper = scores[len(scores) // 4], scores[len(scores) * 3 // 4]
    reach = _FAR * (upper - lower) or math.inf
    better = found["metric"]["higher_is_better"]
    scores = [score for score in scores if (score >= lower - reach if better else score <= upper + reach)]
    if found["metric"]["share"]:
        return make_axis(scores, scale=100.0, unit="%", most_ticks=5)
    return make_axis(scores, most_ticks=5)


def shown(value: Any) -> str:
    """A value as the recipe would write it."""
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6g}"
    return ", ".join(map(shown, value)) if isinstance(value, list) else str(value)


def _dots(found: Mapping[str, Any], places: Mapping[int, float], x: Axis, y: Axis) -> tuple[Dots, ...]:
    """Trials as dots: those that ended, those that were stopped, the recipe as it stood, and the best above all."""
    best, own = found["best"]["number"], found["recipe"]["number"]

    def path(rows: Sequence[Mapping[str, Any]]) -> str:
        return dots_path([(places[row["number"]], row["score"]) for row in rows if row["number"] in places], x, y)

    rows = [row for row in found["trials"] if row["score"] is not None]
    looks = (
        ("stopped early", "pruned", [row for row in rows if row["state"] == "pruned"]),
        ("ended", "main", [row for row in rows if row["state"] == "complete" and row["number"] not in {best, own}]),
        ("recipe as it stood", "own", [row for row in rows if row["number"] == own]),
        ("best", "best", [row for row in rows if row["number"] == best and best != own]),
    )
    return tuple(Dots(name=name, style=style, path=path(chosen)) for name, style, chosen in looks if chosen)


def _key_axis(dimension: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> tuple[Axis, dict[int, float]]:
    """The axis of a key, and where on it every trial stands."""
    key = dimension["key"]
    if dimension["kind"] == "choice":
        return _choice_axis(dimension, rows)
    numbers = {row["number"]: row["values"][key] for row in rows if isinstance(row["values"].get(key), int | float)}
    ends = [dimension["low"], dimension["high"], *numbers.values()]
    if dimension["log"]:
        axis = _log_axis([end for end in ends if end > 0])
        return axis, {number: math.log10(value) for number, value in numbers.items() if value > 0}
    return (_whole_axis(ends) if dimension["kind"] == "whole" else make_axis(ends)), numbers


def _choice_axis(dimension: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> tuple[Axis, dict[int, float]]:
    """Choices side by side; the dots of each are spread a little, so that equal scores do not hide each other."""
    key, choices = dimension["key"], list(dimension["values"])
    if dimension["own"] not in choices:
        choices.append(dimension["own"])
    if all(isinstance(choice, int | float) for choice in choices):
        choices.sort()
    bare = Axis(low=-0.5, high=len(choices) - 0.5)
    ticks = tuple(Tick(place=bare.place(place), label=shown(choice)) for place, choice in enumerate(choices))
    places: dict[int, float] = {}
    for place, choice in enumerate(choices):
        same = [row["number"] for row in rows if row["values"][key] == choice]
        for order, number in enumerate(same):
            places[number] = place + (_SPREAD * (order / (len(same) - 1) - 0.5) if len(same) > 1 else 0.0)
    return Axis(low=bare.low, high=bare.high, ticks=ticks), places


def _log_axis(values: Sequence[float]) -> Axis:
    """An axis of logarithms, with ticks at 1, 2 and 5 times the powers of ten, or fewer."""
    least, most = math.log10(min(values)), math.log10(max(values))
    room = _ROOM_AT_THE_ENDS * (most - least or 1.0)
    low, high = least - room, most + room
    powers = range(math.floor(low), math.ceil(high) + 1)
    for digits in ((1, 2, 5), (1, 3), (1,)):
        marks = [digit * 10.0**power for power in powers for digit in digits]
        inside = [mark for mark in marks if low <= math.log10(mark) <= high]
        if len(inside) <= _MOST_LOG_TICKS:
            break
    bare = Axis(low=low, high=high)
    ticks = tuple(Tick(place=bare.place(math.log10(mark)), label=_power(mark)) for mark in inside)
    return Axis(low=low, high=high, ticks=ticks)


def _power(value: float) -> str:
    """A value of a tick, short: 0.003, 3e-5."""
    return f"{value:g}".replace("e-0", "e-")


def _whole_axis(values: Sequence[float]) -> Axis:
    """An axis whose ticks are whole numbers."""
    least, most = math.floor(min(values, default=0)), math.ceil(max(values, default=1))
    span = max(1, most - least)
    steps = (digit * 10**power for power in range(9) for digit in (1, 2, 5))
    step = next(step for step in steps if span / step <= _MOST_TICKS)
    room = _ROOM_AT_THE_ENDS * span
    bare = Axis(low=least - room, high=least + span + room)
    marks = range(math.ceil(least / step) * step, least + span + 1, step)
    ticks = tuple(Tick(place=bare.place(mark), label=words.count(mark)) for mark in marks)
    return Axis(low=bare.low, high=bare.high, ticks=ticks)
