"""Runs side by side: their scores on one axis, their curves on the same axes, and where their recipes differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from burnish.faces.dashboard.overview import is_share_metric, read_recipe
from burnish.reporting import words
from burnish.reporting.charts import Axis, Whisker, make_axis, whisker
from burnish.reporting.learning import Plot, dotted, from_to
from burnish.reporting.verdict import BADGES
from burnish.run_folder import RunFolder, read_json

_NO_SETTINGS = ("data.train", "data.test")  # say where files lie, not what is done with them


@dataclass(frozen=True, kw_only=True)
class ScoreLine:
    """A run's score with its interval, and what it came to."""

    name: str
    decision: str
    badge: str
    value: str
    interval: str
    gain: str
    line: Whisker


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Runs that were scored by the same metric, on one axis."""

    metric: str
    axis: Axis
    lines: tuple[ScoreLine, ...]


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A run's curve; `plot` is None where it was not trained."""

    name: str
    plot: Plot | None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Runs side by side.

    Attributes:
        names: The runs.
        scores: By metric.
        curves: One for each run; those of one metric have the same axes.
        settings: Keys of the recipes that differ, with their value in each run.
    """

    names: tuple[str, ...]
    scores: tuple[Scores, ...]
    curves: tuple[Curve, ...]
    settings: tuple[tuple[str, tuple[str, ...]], ...]


def view_comparison(folders: Sequence[RunFolder]) -> Comparison:
    """Lay out finished runs side by side.

    Raises:
        UserError: A run's file is missing or damaged.
    """
    verdicts = {folder.root.name: read_json(folder.file("evaluate", "verdict.json")) for folder in folders}
    shares = {
        verdict["metric"]: is_share_metric(folder, verdict["metric"])
        for folder, verdict in zip(folders, verdicts.values(), strict=True)
    }
    return Comparison(
        names=tuple(verdicts),
        scores=tuple(_scores(metric, verdicts, share) for metric, share in shares.items()),
        curves=tuple(_curves(folders)),
        settings=tuple(_settings([read_recipe(folder) for folder in folders])),
    )


def _scores(metric: str, verdicts: Mapping[str, Mapping[str, Any]], share: bool) -> Scores:
    ours = {name: verdict for name, verdict in verdicts.items() if verdict["metric"] == metric}
    ends = [verdict["specialist"][end] for verdict in ours.values() for end in ("low", "high")]
    axis = make_axis(ends, scale=100.0 if share else 1.0, unit="%" if share else "", most_ticks=5)
    lines = []
    for name, verdict in ours.items():
        score = verdict["specialist"]
        lines.append(
            ScoreLine(
                name=name,
                decision=verdict["decision"],
                badge=BADGES.get(verdict["decision"], verdict["decision"]),
                value=words.score(score["value"], share),
                interval=words.score_interval(score["low"], score["high"], share),
                gain=f"{words.gain(verdict['difference']['value'], share)} against {verdict['best_baseline']}",
                line=whisker(axis, score["value"], score["low"], score["high"]),
            )
        )
    return Scores(metric=metric, axis=axis, lines=tuple(lines))


def _curves(folders: Sequence[RunFolder]) -> Iterator[Curve]:
    trainings = {
        folder.root.name: read_json(folder.file("train", "training.json"))
        for folder in folders
        if folder.file("train", "training.json").is_file()
    }
    points = {
        name: [(float(entry["epoch"]), float(entry["score"])) for entry in training["validations"]]
        for name, training in trainings.items()
    }
    for folder in folders:
        name = folder.root.name
        if name not in points or len(points[name]) < 2:
            yield Curve(name=name, plot=None)
            continue
        metric = trainings[name]["metric"]
        alike = [points[other] for other, training in trainings.items() if training["metric"] == metric]
        x = make_axis([epoch for each in alike for epoch, _ in each], low=0.0)
        y = make_axis([score for each in alike for _, score in each], most_ticks=5)
        yield Curve(
            name=name,
            plot=Plot(
                title=name,
                label=f"{name}: {metric} on validation rows by epoch goes {from_to(points[name])}.",
                x=x,
                y=y,
                series=(dotted(f"{metric} on validation rows", points[name], x, y),),
                mark=x.place(points[name][trainings[name]["best"]][0]),
            ),
        )


def _settings(recipes: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    flat = [dict(_flat(recipe, "")) for recipe in recipes]
    for key in dict.fromkeys(key for each in flat for key in each):
        values = tuple(each.get(key, "") for each in flat)
        if len(set(values)) > 1 and key not in _NO_SETTINGS:
            yield key, values


def _flat(value: Any, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(inner, f"{key}.{name}" if key else str(name))
    else:
        yield key, words.cell(value) if isinstance(value, bool) else str("" if value is None else value)
