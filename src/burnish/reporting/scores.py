"""Every metric: the specialist against every baseline, as a chart and as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from burnish.reporting import words
from burnish.reporting.charts import Axis, Whisker, make_axis, whisker
from burnish.reporting.facts import Facts, is_share

SPECIALIST = "specialist"
_ROWS_TO_TIME = 100  # fewer rows time the start more than the answers


@dataclass(frozen=True, kw_only=True)
class SystemRow:
    """One system by one metric. What compares it with the specialist is empty for the specialist itself."""

    name: str
    role: Literal["specialist", "best", "other"]
    summary: str
    score: str
    interval: str
    whisker: Whisker
    gain: str = ""
    gain_interval: str = ""
    p: str = ""


@dataclass(frozen=True, kw_only=True)
class MetricView:
    """One metric.

    Attributes:
        direction: Which way is better, in words.
        sentence: What one sees.
        rows: Every system, best first.
        axis: Of the chart.
        reference: Where the best baseline stands on it.
        test: The test behind the p-values.
    """

    name: str
    summary: str
    direction: str
    sentence: str
    rows: tuple[SystemRow, ...]
    axis: Axis
    reference: float
    test: str


@dataclass(frozen=True, kw_only=True)
class ScoresView:
    """The metric that decided, and the others."""

    deciding: MetricView
    others: tuple[MetricView, ...]
    speed: str


def view_scores(facts: Facts) -> ScoresView:
    """Lay out every metric of scores.json."""
    summaries = {
        name: entry.get("summary", "") for name, entry in facts.baselines.items() if isinstance(entry, Mapping)
    }
    deciding = facts.verdict["metric"]
    views = {
        name: _view_metric(name, metric, summaries, facts.verdict["best_baseline"] if name == deciding else "")
        for name, metric in facts.scores["metrics"].items()
    }
    return ScoresView(
        deciding=views[deciding],
        others=tuple(view for name, view in views.items() if name != deciding),
        speed=_speed(facts.scores),
    )


def _view_metric(name: str, metric: Mapping[str, Any], summaries: Mapping[str, str], best: str) -> MetricView:
    share, sign = is_share(metric), 1 if metric["higher_is_better"] else -1
    baselines = metric["baselines"]
    best = best or max(baselines, key=lambda system: sign * baselines[system]["value"])
    systems = {SPECIALIST: metric["specialist"], **baselines}
    ends = [end for score in systems.values() for end in (score["low"], score["high"])]
    axis = make_axis(ends, scale=100.0, unit="%") if share else make_axis(ends)
    # The specialist stands before baselines that score the same; sorting keeps the order of equals.
    ordered = sorted(systems, key=lambda system: -sign * systems[system]["value"])
    comparisons = {comparison["baseline"]: comparison for comparison in metric["comparisons"]}
    rows = tuple(
        _view_system(system, systems[system], comparisons.get(system), best, summaries, axis, share)
        for system in ordered
    )
    return MetricView(
        name=name,
        summary=metric["summary"],
        direction="higher is better" if metric["higher_is_better"] else "lower is better",
        sentence=_sentence(metric, ordered, best, comparisons[best], share),
        rows=rows,
        axis=axis,
        reference=axis.place(baselines[best]["value"]),
        test=words.listed(sorted({comparison["test"] for comparison in metric["comparisons"]})),
    )


def _view_system(
    name: str,
    score: Mapping[str, float],
    comparison: Mapping[str, Any] | None,
    best: str,
    summaries: Mapping[str, str],
    axis: Axis,
    share: bool,
) -> SystemRow:
    gained = comparison["difference"] if comparison else None
    return SystemRow(
        name=name,
        role="specialist" if comparison is None else "best" if name == best else "other",
        summary="the fine-tuned model" if comparison is None else summaries.get(name, ""),
        score=words.score(score["value"], share),
        interval=words.score_interval(score["low"], score["high"], share),
        whisker=whisker(axis, score["value"], score["low"], score["high"]),
        gain=words.gain(gained["value"], share) if gained else "",
        gain_interval=words.gain_interval(gained["low"], gained["high"], share) if gained else "",
        p=words.p_value(comparison["corrected"]) if comparison else "",
    )


def _sentence(
    metric: Mapping[str, Any], ordered: list[str], best: str, comparison: Mapping[str, Any], share: bool
) -> str:
    """Where the specialist stands, in a sentence."""
    place, gained = ordered.index(SPECIALIST) + 1, comparison["difference"]["value"]
    own = words.score(metric["specialist"]["value"], share)
    if gained == 0:
        return f"The specialist scores {own}, the same as the best baseline, {best}."
    side = "better" if gained > 0 else "worse"
    return (
        f"The specialist scores {own} and comes {_ordinal(place)} of {len(ordered)}, "
        f"{words.gain(gained, share, signed=False)} {side} than the best baseline, {best}."
    )


def _ordinal(place: int) -> str:
    named = {1: "first", 2: "second", 3: "third"}
    return named.get(place, f"in place {place}")


def _speed(scores: Mapping[str, Any]) -> str:
    """How fast the specialist answers, beside the baselines."""
    seconds = dict(scores.get("processor_seconds_per_1000_rows", {}))
    if SPECIALIST not in seconds or scores["rows"] < _ROWS_TO_TIME:
        return ""
    own = words.duration(seconds.pop(SPECIALIST))
    others = words.listed([f"{name} {words.duration(value)}" for name, value in seconds.items()])
    return f"It answers 1,000 rows in {own} of processor time" + (f" ({others})." if others else ".")
