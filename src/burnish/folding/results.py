"""What the folds say together: scores.json, verdict.json, predictions.csv, wrong.csv and report.html."""

from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from burnish.folding.fold import FOLD_STAGES, fold_folder
from burnish.folding.plan import CROSS_VALIDATION, Fold
from burnish.folding.rows import tested_rows, wrong_rows
from burnish.metrics.comparison import Comparison
from burnish.metrics.folds import FOLDS_TEST, FoldSizes, compare_folds, mean_interval
from burnish.metrics.intervals import Estimate
from burnish.metrics.verdict import Verdict, decide
from burnish.recipe import Recipe
from burnish.reporting.cross_validation import render_cross_validation
from burnish.run_folder import RunFolder, read_json, write_json, write_text

SCORES_FILE, VERDICT_FILE, REPORT_FILE = "scores.json", "verdict.json", "report.html"
PREDICTIONS_FILE, WRONG_FILE = "predictions.csv", "wrong.csv"
SPECIALIST = "specialist"
_USUAL_OUT = Path("runs")
_MORE_REPEATS = "With the same rows, --repeats 3 makes the interval narrower."


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A fold that has ended.

    Attributes:
        sizes: Rows by part.
        metrics: The metrics of its evaluate/scores.json.
        seconds_per_1000: Processor seconds per 1,000 rows, by system.
        usage: What its stages used, without the check that all folds share.
        cost: Of its verdict.
    """

    fold: Fold
    sizes: Mapping[str, int]
    metrics: Mapping[str, Any]
    seconds_per_1000: Mapping[str, float]
    usage: Sequence[Mapping[str, Any]]
    cost: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class FoldedMetric:
    """One metric over all folds.

    Attributes:
        scores: Every system's score in each fold.
        estimates: Its mean, with an interval.
        comparisons: Of the specialist with each baseline.
    """

    name: str
    summary: str
    higher_is_better: bool
    share: bool
    relative: bool
    scores: Mapping[str, Sequence[float]]
    estimates: Mapping[str, Estimate]
    comparisons: Sequence[Comparison]

    def as_dict(self) -> dict[str, Any]:
        """The metric's entry in scores.json."""
        systems = {
            system: {**self.estimates[system].as_dict(), "deviation": stdev(found), "folds": list(found)}
            for system, found in self.scores.items()
        }
        return {
            "summary": self.summary,
            "higher_is_better": self.higher_is_better,
            "share": self.share,
            "relative": self.relative,
            "interval": FOLDS_TEST,
            "specialist": systems.pop(SPECIALIST),
            "baselines": systems,
            "comparisons": [asdict(comparison) for comparison in self.comparisons],
        }


def read_fold(folder: RunFolder, fold: Fold) -> Ended:
    """Read what a fold left."""
    place = fold_folder(folder, fold)
    scores = read_json(place.file("evaluate", "scores.json"))
    records = [place.record(stage.name) for stage in FOLD_STAGES[1:]]
    return Ended(
        fold=fold,
        sizes=read_json(place.file("split", "seal.json"))["rows"],
        metrics=scores["metrics"],
        seconds_per_1000=scores["processor_seconds_per_1000_rows"],
        usage=[record["usage"] for record in records if record],
        cost=read_json(place.file("evaluate", "verdict.json"))["cost"],
    )


def scores_of(ended: Sequence[Ended], metric: str) -> dict[str, list[float]]:
    """Every system's scores in the folds, the specialist's first."""
    own = {SPECIALIST: [float(each.metrics[metric]["specialist"]["value"]) for each in ended]}
    names = ended[0].metrics[metric]["baselines"]
    return own | {name: [float(e.metrics[metric]["baselines"][name]["value"]) for e in ended] for name in names}


def write_results(recipe: Recipe, folder: RunFolder, metric: str, folds: Sequence[Fold]) -> Verdict:
    """Write every file of the result, each in one step.

    Args:
        recipe: Completed, with its folds.
        folder: The run folder.
        metric: The metric that decides.
        folds: All of them, ended.
    """
    ended = [read_fold(folder, fold) for fold in folds]
    place = folder.root / CROSS_VALIDATION
    sizes = _sizes(ended)
    metrics = {name: _folded(name, ended, sizes) for name in ended[0].metrics}
    scores = _scores(recipe, ended, sizes.rows, metrics)
    verdict = _verdict(recipe, metrics[metric], sizes.rows)
    usage = _usage(folder, ended)
    document = verdict.as_dict(seconds=usage["seconds"], cost=_cost(recipe, ended, usage))
    tested = tested_rows(folder, folds)
    wrong = wrong_rows(recipe, folder, tested)
    write_json(place / SCORES_FILE, scores)
    write_text(place / PREDICTIONS_FILE, _as_csv(tested))
    write_text(place / WRONG_FILE, _as_csv(wrong.rows))
    found = {
        "run": folder.name,
        "verdict": document,
        "scores": scores,
        "wrong": asdict(wrong),
        "summaries": _summaries(folder, folds[0]),
        "command": run_command(folder),
    }
    write_text(place / REPORT_FILE, render_cross_validation(found))
    write_json(place / VERDICT_FILE, document)
    return verdict


def run_command(folder: RunFolder) -> str:
    """The command that trains a specialist by the same recipe."""
    words = ["burnish", "run", str(folder.root / "recipe.yaml"), "--set", "evaluate.folds=1"]
    if folder.root.resolve().parent != _USUAL_OUT.resolve():
        words += ["--out", str(folder.root.parent)]
    return shlex.join(words)


def _sizes(ended: Sequence[Ended]) -> FoldSizes:
    test = [each.sizes["test"] for each in ended]
    return FoldSizes(
        scores=len(ended),
        rows=sum(ended[0].sizes.values()),
        test=fmean(test),
        train=fmean(each.sizes["train"] + each.sizes["validation"] for each in ended),
    )


def _folded(name: str, ended: Sequence[Ended], sizes: FoldSizes) -> FoldedMetric:
    about, systems = ended[0].metrics[name], scores_of(ended, name)
    share, higher_is_better = about["share"], about["higher_is_better"]
    own, others = systems[SPECIALIST], {key: found for key, found in systems.items() if key != SPECIALIST}
    return FoldedMetric(
        name=name,
        summary=about["summary"],
        higher_is_better=higher_is_better,
        share=share,
        relative=about.get("relative", False),
        scores=systems,
        estimates={system: mean_interval(found, sizes, share=share) for system, found in systems.items()},
        comparisons=compare_folds(own, others, sizes, higher_is_better=higher_is_better, share=share),
    )


def _scores(recipe: Recipe, ended: Sequence[Ended], rows: int, metrics: Mapping[str, FoldedMetric]) -> dict[str, Any]:
    """Every metric of every system: in each fold, and the mean with deviation and interval."""
    return {
        "rows": rows,
        "folds": recipe.evaluate.folds,
        "repeats": recipe.evaluate.repeats,
        "parts": [{"repeat": e.fold.repeat, "fold": e.fold.number, **e.sizes, "seconds": _seconds(e)} for e in ended],
        "metrics": {name: metric.as_dict() for name, metric in metrics.items()},
        "processor_seconds_per_1000_rows": {
            system: round(fmean(each.seconds_per_1000[system] for each in ended), 4)
            for system in ended[0].seconds_per_1000
        },
    }


def _verdict(recipe: Recipe, metric: FoldedMetric, rows: int) -> Verdict:
    """The verdict, by the same rule as a run's, on the means over folds."""
    settings = recipe.evaluate
    times = f"{settings.repeats} times " if settings.repeats > 1 else ""
    verdict = decide(
        metric=metric.name,
        higher_is_better=metric.higher_is_better,
        specialist=metric.estimates[SPECIALIST],
        baselines={name: score for name, score in metric.estimates.items() if name != SPECIALIST},
        comparisons=metric.comparisons,
        test_rows=rows,
        minimum_gain=settings.minimum_gain,
        share=metric.share,
        relative=metric.relative,
        tested_on=f"all {rows} rows, tested {times}in {settings.folds} folds",
    )
    if verdict.decision != "inconclusive" or settings.repeats > 1:
        return verdict
    *reasons, last = verdict.reasons
    return replace(verdict, reasons=(*reasons, f"{last} {_MORE_REPEATS}"))


def _usage(folder: RunFolder, ended: Sequence[Ended]) -> dict[str, Any]:
    """What the check and all stages of all folds have used."""
    checked = folder.record(FOLD_STAGES[0].name)
    used = [*([checked["usage"]] if checked else []), *(usage for each in ended for usage in each.usage)]
    total: dict[str, Any] = {key: sum(u[key] for u in used) for key in ("seconds", "processor_seconds", "watt_hours")}
    return {**total, "energy_measured": all(u["energy_measured"] for u in used)}


def _seconds(ended: Ended) -> float:
    return round(sum(float(usage["seconds"]) for usage in ended.usage), 3)


def _cost(recipe: Recipe, ended: Sequence[Ended], usage: Mapping[str, Any]) -> dict[str, Any]:
    """Money and energy for all folds; folds themselves know the built-in price only."""
    asked, usual = recipe.cost.price_per_hour, ended[0].cost
    price = usual["price_per_hour"] if asked is None else asked
    return {
        "amount": round(price * usage["seconds"] / 3600, 6),
        "currency": recipe.cost.currency,
        "price_per_hour": price,
        "price_from": usual["price_from"] if asked is None else "recipe",
        "hardware": usual["hardware"],
        "processor_seconds": round(usage["processor_seconds"], 2),
        "watt_hours": round(usage["watt_hours"], 4),
        "energy_measured": usage["energy_measured"],
    }


def _summaries(folder: RunFolder, fold: Fold) -> dict[str, str]:
    """What each baseline is, in a few words."""
    scores = read_json(fold_folder(folder, fold).file("baseline", "scores.json"))
    return {name: entry["summary"] for name, entry in scores.items() if "summary" in entry}


def _as_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    listed = list(rows)
    if listed:
        writer = csv.DictWriter(text, fieldnames=list(listed[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(listed)
    return text.getvalue()
