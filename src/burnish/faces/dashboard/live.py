"""What is served, from its request log: traffic, latency, drift and feedback."""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from burnish.faces.logs import LOG_FILE, open_store
from burnish.metrics.intervals import share_interval
from burnish.monitoring.look import Look
from burnish.monitoring.looks import LOOKS_FILE, latest_looks
from burnish.monitoring.store import Answered
from burnish.reporting import words
from burnish.reporting.charts import Axis, Bar, Tick, dots_path, histogram, line_path, make_axis
from burnish.reporting.verdict import Figure

MOST_REQUESTS, MOST_LOOKS = 5000, 200
_BUCKETS = 40
_STRONGEST = 12.0  # evidence is drawn up to a p of 1e-12


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """Requests over time, and how long they took.

    Attributes:
        label: The columns in words.
        x: Time.
        y: Requests.
        columns: Requests in each span of time.
        seconds_label: The lines in words.
        y_seconds: Milliseconds.
        median: The line of the median.
        slow: The line of the slowest in a hundred.
    """

    label: str
    x: Axis
    y: Axis
    columns: tuple[Bar, ...]
    seconds_label: str
    y_seconds: Axis
    median: str
    slow: str


@dataclass(frozen=True, kw_only=True)
class TestLine:
    """A test of the latest look."""

    __test__ = False

    name: str
    alarm: bool
    p: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Drift:
    """What the looks have found.

    Attributes:
        headline: In a sentence.
        alarm: Whether the latest look raises an alarm.
        label: The chart in words.
        x: Looks, by number.
        y: Evidence: a p of 0.001 stands at 3.
        limit: Where an alarm begins.
        line: The strongest evidence of each look.
        dots: Looks without alarm.
        alarms: Looks with one.
        when: The window of the latest look.
        tests: Its tests.
    """

    headline: str
    alarm: bool
    label: str
    x: Axis
    y: Axis
    limit: float
    line: str
    dots: str
    alarms: str
    when: str
    tests: tuple[TestLine, ...]


@dataclass(frozen=True, kw_only=True)
class LiveView:
    """What is known of an endpoint.

    Attributes:
        figures: The numbers that stand large.
        since: From when to when the requests were.
        traffic: None without requests.
        drift: None where nobody has looked.
        feedback: Sentences on the right answers that people told.
        answers: How often each answer was given: name, count, share, width of its bar.
    """

    figures: tuple[Figure, ...]
    since: str
    traffic: Traffic | None
    drift: Drift | None
    feedback: tuple[str, ...]
    answers: tuple[tuple[str, str, str, float], ...]


def view_live(serving: Path, address: str) -> LiveView:
    """Read a request log.

    Args:
        serving: The folder of the log.
        address: The database; "" for the one in that folder.

    Raises:
        UserError: The log cannot be read.
    """
    requests: list[Answered] = []
    total = 0
    if address or (serving / LOG_FILE).is_file():
        store = open_store(serving, address)
        try:
            requests, total = store.latest(MOST_REQUESTS), store.count()
        finally:
            store.close()
    looks = latest_looks(serving / LOOKS_FILE, MOST_LOOKS)
    current = [look for version, look in looks if version == looks[-1][0]]
    return LiveView(
        figures=tuple(_figures(requests, total)),
        since=_since(requests, total),
        traffic=_traffic(requests) if requests else None,
        drift=_drift(current) if current else None,
        feedback=tuple(_feedback(requests)),
        answers=tuple(_answers(requests)),
    )


def _figures(requests: Sequence[Answered], total: int) -> list[Figure]:
    if not requests:
        return [Figure(title="Requests", value="0", details=("none is logged yet",))]
    seconds = [answered.entry.seconds for answered in requests]
    now = time.time()
    lately = sum(answered.entry.time > now - 60 for answered in requests)
    return [
        Figure(title="Requests", value=words.count(total), details=(f"{words.count(lately)} in the last minute",)),
        Figure(
            title="Time of an answer",
            value=_milliseconds(float(np.median(seconds))),
            details=(f"99% within {_milliseconds(float(np.quantile(seconds, 0.99)))}",),
        ),
        Figure(
            title="Mean confidence",
            value=words.percent(float(np.mean([answered.entry.confidence for answered in requests]))),
            details=(f"version {requests[-1].entry.version}",),
        ),
        Figure(title="Last request", value=_ago(now - requests[-1].entry.time), details=("ago",)),
    ]


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms" if seconds < 0.01 else f"{1000 * seconds:,.0f} ms"


def _ago(seconds: float) -> str:
    days = seconds / 86400
    return words.counted(round(days), "day", "days") if days >= 2 else words.duration(max(0.0, round(seconds)))


def _since(requests: Sequence[Answered], total: int) -> str:
    if not requests:
        return ""
    begins, ends = (_moment(requests[place].entry.time) for place in (0, -1))
    of_all = (
        f"the latest {words.count(len(requests))} of {words.count(total)} requests"
        if total > len(requests)
        else (words.counted(total, "request", "requests"))
    )
    return f"{of_all[0].upper()}{of_all[1:]}, from {begins} to {ends} (UTC)."


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(seconds))


def _traffic(requests: Sequence[Answered]) -> Traffic:
    times = np.array([answered.entry.time for answered in requests])
    milliseconds = np.array([1000 * answered.entry.seconds for answered in requests])
    first, last = float(times[0]), float(max(times[-1], times[0] + 1.0))
    edges = np.linspace(first, last, _BUCKETS + 1)
    places = np.clip(np.searchsorted(edges, times, side="right") - 1, 0, _BUCKETS - 1)
    counts = np.bincount(places, minlength=_BUCKETS)
    x = Axis(low=first, high=last, ticks=tuple(_time_ticks(first, last)))
    y = make_axis([0.0, float(counts.max())], low=0.0, most_ticks=5)
    middles = [(float(edges[n] + edges[n + 1]) / 2, milliseconds[places == n]) for n in range(_BUCKETS) if counts[n]]
    median = [(middle, float(np.median(found))) for middle, found in middles]
    slow = [(middle, float(np.quantile(found, 0.99))) for middle, found in middles]
    y_seconds = make_axis([value for _, value in slow], low=0.0, unit=" ms", most_ticks=5)
    columns = [
        Bar(left=bar.left, width=bar.width, height=y.place(float(count)))
        for bar, count in zip(histogram(counts.tolist(), edges.tolist(), x), counts, strict=True)
        if count
    ]
    span = words.duration((last - first) / _BUCKETS)
    return Traffic(
        label=f"Requests over time, at most {counts.max()} in {span}.",
        x=x,
        y=y,
        columns=tuple(columns),
        seconds_label=f"Milliseconds of an answer over time: the median ends at {median[-1][1]:.1f}, "
        f"the slowest in a hundred at {slow[-1][1]:.1f}.",
        y_seconds=y_seconds,
        median=line_path(median, x, y_seconds),
        slow=line_path(slow, x, y_seconds),
    )


def _time_ticks(first: float, last: float) -> list[Tick]:
    span = last - first
    form = "%H:%M:%S" if span < 600 else "%H:%M" if span < 86400 else "%m-%d"
    return [
        Tick(place=place, label=time.strftime(form, time.gmtime(first + share * span)))
        for share, place in ((0.0, 4.0), (0.5, 50.0), (1.0, 96.0))
    ]


def _drift(looks: Sequence[Look]) -> Drift:
    latest, strength = looks[-1], [max(map(_evidence, (test.p for test in look.tests)), default=0.0) for look in looks]
    limit, points = _evidence(latest.level), list(enumerate(strength, start=1))
    x = make_axis([1.0, float(len(looks))], low=0.0 if len(looks) > 1 else 0.5)
    y = make_axis([0.0, 1.3 * limit, *strength], low=0.0, most_ticks=5)
    loud = [point for point, look in zip(points, looks, strict=True) if look.alarms]
    still = [point for point, look in zip(points, looks, strict=True) if not look.alarms]
    named = words.listed([test.name for test in latest.alarms])
    if latest.alarms:
        headline = f"Alarm: {named} {'have' if len(latest.alarms) > 1 or named.endswith('s') else 'has'} changed."
    elif loud:
        headline = f"The latest look is quiet; {len(loud)} of {len(looks)} raised an alarm."
    else:
        headline = f"Nothing has changed in {words.counted(len(looks), 'look', 'looks')}."
    return Drift(
        headline=headline,
        alarm=bool(latest.alarms),
        label=f"Strongest evidence of change at each of {len(looks)} looks; {len(loud)} above the limit.",
        x=x,
        y=y,
        limit=y.place(limit),
        line=line_path(points, x, y),
        dots=dots_path(still, x, y),
        alarms=dots_path(loud, x, y),
        when=f"{latest.requests} requests from {_moment(latest.begins)} to {_moment(latest.ends)} (UTC)",
        tests=tuple(
            TestLine(
                name=test.name,
                alarm=test.p < latest.level,
                p=words.p_value(test.p) if test.p >= 0.0001 else f"{test.p:.0e}",
                text=test.text or f"{test.measure}: {words.decimal(test.size)}",
            )
            for test in latest.tests
        ),
    )


def _evidence(p: float) -> float:
    return _STRONGEST if p <= 10.0**-_STRONGEST else -math.log10(p)


def _feedback(requests: Sequence[Answered]) -> list[str]:

    told = [answered for answered in requests if answered.truth is not None]
    if not told:
        return []
    share = words.percent(len(told) / len(requests))
    found = [f"Right answers are known for {words.count(len(told))} of these requests ({share})."]
    right: list[bool] = [json.loads(answered.entry.value) == answered.truth for answered in told]
    if all(isinstance(answered.truth, str) for answered in told):
        estimate: Any = share_interval(sum(right), len(right))
        interval = words.score_interval(estimate.low, estimate.high, True)
        found.append(f"{words.percent(estimate.value)} of them were answered right (95% interval {interval}).")
    return found


def _answers(requests: Sequence[Answered]) -> list[tuple[str, str, str, float]]:

    values = [json.loads(answered.entry.value) for answered in requests]
    if not values or not all(isinstance(value, str) for value in values):
        return []
    counted = Counter(values).most_common(8)
    return [
        (name, words.count(n), words.percent(n / len(values)), round(100 * n / counted[0][1], 2)) for name, n in counted
    ]
