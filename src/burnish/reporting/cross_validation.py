"""The report of a cross-validation: one page in the look of a run's report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal

from burnish.reporting import words
from burnish.reporting.charts import Axis, Whisker, make_axis, whisker
from burnish.reporting.page import templates
from burnish.reporting.scores import SPECIALIST
from burnish.reporting.verdict import BADGES, VerdictView, figures, gain_line, headline

# Headings of the page in order, by the name that links use.
SECTIONS = {
    "verdict": "Verdict",
    "scores": "Scores in every fold",
    "folds": "Fold by fold",
    "wrong": "Rows that are wrong every time",
    "files": "Files, and going on",
}
_FEW_SCORES = 5  # folds in all; fewer leave the deviation between them unknown
_SHOWN_WRONG = 30
_LONG_TEXT = 420
_ROW_OF_DOTS, _NEXT_DOT, _NEAR = 11.0, 4.0, 1.2  # height of the dots in a line, and how those nearly alike stand apart
_NOT_INPUT = {"file", "line", "row", "truth", "answer", "confidence", "baselines_wrong"}


@dataclass(frozen=True, kw_only=True)
class FoldsLine:
    """One system by one metric. What compares it with the specialist is empty for the specialist itself.

    Attributes:
        whisker: The mean over folds with its interval.
        dots: The folds as an SVG path.
    """

    name: str
    role: Literal["specialist", "best", "other"]
    summary: str
    score: str
    deviation: str
    interval: str
    whisker: Whisker
    dots: str
    gain: str = ""
    gain_interval: str = ""
    p: str = ""


@dataclass(frozen=True, kw_only=True)
class FoldsMetric:
    """One metric: every system, best first; `reference` is where the best baseline's mean stands."""

    name: str
    summary: str
    direction: str
    sentence: str
    lines: tuple[FoldsLine, ...]
    axis: Axis
    reference: float


@dataclass(frozen=True, kw_only=True)
class FoldRow:
    """A fold in the table, by the metric that decided; `gain` is over the baseline that is best on average."""

    name: str
    parts: tuple[str, str, str]
    score: str
    baseline: str
    gain: str
    seconds: str


@dataclass(frozen=True, kw_only=True)
class WrongRow:
    """A row that was answered wrong in every repeat. `start` is the beginning of a long input, or ""."""

    place: str
    text: str
    start: str
    truth: str
    answer: str
    remark: str


@dataclass(frozen=True, kw_only=True)
class CrossValidationView:
    """All that the page shows below the verdict."""

    deciding: FoldsMetric
    others: tuple[FoldsMetric, ...]
    best: str
    folds: tuple[FoldRow, ...]
    folds_sentence: str
    wrong: tuple[WrongRow, ...]
    wrong_sentence: str
    command: str


def render_cross_validation(found: Mapping[str, Any]) -> str:
    """The page of a cross-validation, as HTML.

    Args:
        found: `run`, `verdict` and `scores` (the content of their files), `wrong` (rows, baselines, tested),
            `summaries` of the baselines, and the `command` that trains a specialist.
    """
    template = templates().get_template("cross_validation.html.jinja")
    verdict = _view_verdict(found)
    no_warnings = {"warnings": 0}  # the section of the verdict looks for those of the checks
    return template.render(
        name=found["run"], headings=SECTIONS, verdict=verdict, data=no_warnings, view=view_cross_validation(found)
    )


def view_cross_validation(found: Mapping[str, Any]) -> CrossValidationView:
    """Lay out what the folds found."""
    verdict, metrics = found["verdict"], found["scores"]["metrics"]
    views = {
        name: _view_metric(
            name, metric, found["summaries"], verdict["best_baseline"] if name == verdict["metric"] else ""
        )
        for name, metric in metrics.items()
    }
    return CrossValidationView(
        deciding=views[verdict["metric"]],
        others=tuple(view for name, view in views.items() if name != verdict["metric"]),
        best=verdict["best_baseline"],
        folds=_fold_rows(found),
        folds_sentence=_folds_sentence(found),
        wrong=tuple(_wrong_row(row, found["wrong"]["baselines"]) for row in found["wrong"]["rows"][:_SHOWN_WRONG]),
        wrong_sentence=_wrong_sentence(found),
        command=found["command"],
    )


def _view_verdict(found: Mapping[str, Any]) -> VerdictView:
    verdict = found["verdict"]
    share = found["scores"]["metrics"][verdict["metric"]]["share"]
    return VerdictView(
        decision=verdict["decision"],
        badge=BADGES[verdict["decision"]],
        headline=headline(verdict, share),
        reasons=tuple(verdict["reasons"]),
        cautions=tuple(_cautions(found)),
        figures=figures(verdict, share),
        line=gain_line(verdict, share),
        tested=tuple(_tested(found)),
    )


def _cautions(found: Mapping[str, Any]) -> list[str]:
    scores, verdict = found["scores"], found["verdict"]
    count = len(scores["parts"])
    gone = (
        f"Not one specialist was tested but {count}, each without the rows of its fold. They are gone; the one that is "
        "trained for use by the same recipe should do about as well."
    )
    cautions = [gone]
    if count < _FEW_SCORES:
        cautions.append(
            f"{words.counted(count, 'fold', 'folds')} say little about how much scores differ from fold to fold, so "
            "intervals are wide. More folds (--folds) or repeats (--repeats) make them firmer."
        )
    gains = _gains(found)
    if len(set(gains)) == 1:
        cautions.append(
            f"The difference to {verdict['best_baseline']} is the same in every fold. That happens with few rows; the "
            "interval allows for it by the size of one row."
        )
    return cautions


def _tested(found: Mapping[str, Any]) -> list[str]:
    """How the test was done, in sentences."""
    scores, verdict = found["scores"], found["verdict"]
    parts, repeats = scores["parts"], scores["repeats"]
    often = "once" if repeats == 1 else f"once in each of {repeats} repeats"
    train, validation = (words.count(fmean(part[name] for part in parts)) for name in ("train", "validation"))
    compared = words.counted(len(verdict["baselines"]), "baseline", "baselines")
    rows = (
        f"Each of {words.count(scores['rows'])} rows was a test row {often}, in one of "
        f"{scores['folds']} folds that have the same mix of classes. What a fold tested had not seen its rows."
    )
    systems = (
        f"In each fold about {train} other rows were learned from and {validation} chose the checkpoint. The exported "
        f"specialist and {compared} answered the same test rows."
    )
    test = (
        f"Scores are means over {len(parts)} folds. Folds share training rows, so they are not independent: the "
        f"{verdict['test']} (2003) allows for that, and p-values are corrected for {len(verdict['baselines'])} "
        "comparisons by Holm's procedure. All intervals are 95% intervals."
    )
    return [rows, systems, test]


def _view_metric(name: str, metric: Mapping[str, Any], summaries: Mapping[str, str], best: str) -> FoldsMetric:
    share, sign = metric["share"], 1 if metric["higher_is_better"] else -1
    baselines = metric["baselines"]
    best = best or max(baselines, key=lambda system: sign * baselines[system]["value"])
    systems = {SPECIALIST: metric["specialist"], **baselines}
    ends = [end for score in systems.values() for end in (score["low"], score["high"], *score["folds"])]
    axis = make_axis(ends, scale=100.0, unit="%") if share else make_axis(ends)
    comparisons = {comparison["baseline"]: comparison for comparison in metric["comparisons"]}
    ordered = sorted(systems, key=lambda system: -sign * systems[system]["value"])
    lines = (_line(each, systems[each], comparisons.get(each), best, summaries, axis, share) for each in ordered)
    return FoldsMetric(
        name=name,
        summary=metric["summary"],
        direction="higher is better" if metric["higher_is_better"] else "lower is better",
        sentence=_sentence(metric, comparisons[best], best),
        lines=tuple(lines),
        axis=axis,
        reference=axis.place(baselines[best]["value"]),
    )


def _line(
    name: str,
    score: Mapping[str, Any],
    comparison: Mapping[str, Any] | None,
    best: str,
    summaries: Mapping[str, str],
    axis: Axis,
    share: bool,
) -> FoldsLine:
    gained = comparison["difference"] if comparison else None
    return FoldsLine(
        name=name,
        role="specialist" if comparison is None else "best" if name == best else "other",
        summary="the fine-tuned model" if comparison is None else summaries.get(name, ""),
        score=words.score(score["value"], share),
        deviation=words.gain(score["deviation"], share, signed=False),
        interval=words.score_interval(score["low"], score["high"], share),
        whisker=whisker(axis, score["value"], score["low"], score["high"]),
        dots=dots_in_line([axis.place(value) for value in score["folds"]]),
        gain=words.gain(gained["value"], share) if gained else "",
        gain_interval=words.gain_interval(gained["low"], gained["high"], share) if gained else "",
        p=words.p_value(comparison["corrected"]) if comparison else "",
    )


def dots_in_line(places: Sequence[float]) -> str:
    """An SVG path of dots in a line; those at nearly the same place stand above and below each other."""
    taken: Counter[int] = Counter()
    path = []
    for place in sorted(places):
        spot = round(place / _NEAR)
        step, taken[spot] = taken[spot], taken[spot] + 1
        offset = (step + 1) // 2 * (1 if step % 2 else -1) * _NEXT_DOT
        path.append(f"M{place:g},{max(1.0, min(20.0, _ROW_OF_DOTS + offset)):g}h0.001")
    return "".join(path)


def _sentence(metric: Mapping[str, Any], comparison: Mapping[str, Any], best: str) -> str:
    share, own, gained = metric["share"], metric["specialist"], comparison["difference"]["value"]
    told = f"The specialist scores {words.score(own['value'], share)} on average"
    if gained == 0:
        return f"{told}, the same as the best baseline, {best}."
    sign = 1 if metric["higher_is_better"] else -1
    pairs = zip(own["folds"], metric["baselines"][best]["folds"], strict=True)
    won = sum(sign * (first - second) > 0 for first, second in pairs)
    size, side = words.gain(gained, share, signed=False), "better" if gained > 0 else "worse"
    return f"{told}, {size} {side} than the best baseline, {best}; it is ahead in {won} of {len(own['folds'])} folds."


def _gains(found: Mapping[str, Any]) -> list[float]:
    """The specialist's gain over the best baseline in each fold."""
    verdict = found["verdict"]
    metric = found["scores"]["metrics"][verdict["metric"]]
    sign = 1 if metric["higher_is_better"] else -1
    others = metric["baselines"][verdict["best_baseline"]]["folds"]
    return [round(sign * (own - other), 12) for own, other in zip(metric["specialist"]["folds"], others, strict=True)]


def _fold_rows(found: Mapping[str, Any]) -> tuple[FoldRow, ...]:
    verdict, scores = found["verdict"], found["scores"]
    metric = scores["metrics"][verdict["metric"]]
    share, others = metric["share"], metric["baselines"][verdict["best_baseline"]]["folds"]
    rows = []
    for part, own, other, gain in zip(
        scores["parts"], metric["specialist"]["folds"], others, _gains(found), strict=True
    ):
        repeat = f", repeat {part['repeat']}" if scores["repeats"] > 1 else ""
        rows.append(
            FoldRow(
                name=f"{part['fold']}{repeat}",
                parts=(words.count(part["train"]), words.count(part["validation"]), words.count(part["test"])),
                score=words.score(own, share),
                baseline=words.score(other, share),
                gain=words.gain(gain, share),
                seconds=words.duration(part["seconds"]),
            )
        )
    return tuple(rows)


def _folds_sentence(found: Mapping[str, Any]) -> str:
    gains, metric = _gains(found), found["scores"]["metrics"][found["verdict"]["metric"]]
    low, high = (words.gain(end, metric["share"]) for end in (min(gains), max(gains)))
    best = found["verdict"]["best_baseline"]
    return f"Over {best}, the baseline that is best on average, the gain lies between {low} and {high}."


def _wrong_row(row: Mapping[str, Any], baselines: int) -> WrongRow:
    text = "\n".join(str(value) for key, value in row.items() if key not in _NOT_INPUT)
    others = row["baselines_wrong"]
    also = f"so {'is' if others == 1 else 'are'} {others} of {words.counted(baselines, 'baseline', 'baselines')}"
    return WrongRow(
        place=f"{row['file']}:{row['line']}",
        text=text,
        start="" if len(text) <= _LONG_TEXT else text[: _LONG_TEXT - 120].rstrip() + " …",
        truth=words.cell(row["truth"]),
        answer=words.cell(row["answer"]),
        remark=f"{words.percent(row['confidence'])} sure; {also}"
        if others
        else f"{words.percent(row['confidence'])} sure",
    )


def _wrong_sentence(found: Mapping[str, Any]) -> str:
    wrong, repeats = found["wrong"], found["scores"]["repeats"]
    count, tested = len(wrong["rows"]), words.counted(wrong["tested"], "row", "rows")
    if not count:
        return "There is none."
    when = "when it was tested" if repeats == 1 else f"in all {repeats} repeats"
    told = (
        f"The specialist answered {words.count(count)} of {tested} wrong {when}. "
        "Look at them with care: what no model gets right may be hard, or may carry the wrong label."
    )
    if repeats == 1:
        told += " With --repeats 2 or more, rows that were wrong by chance drop out."
    if count > _SHOWN_WRONG:
        told += f" These are the {_SHOWN_WRONG} it was surest of; wrong.csv lists all."
    return told
