"""The top of the page: the verdict in a sentence, the numbers behind it, and how it was tested."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from burnish.reporting import words
from burnish.reporting.charts import Axis, Whisker, make_axis, whisker
from burnish.reporting.facts import Facts, is_share

BADGES = {"ship": "Ship", "keep-baseline": "Keep the baseline", "inconclusive": "Inconclusive"}
_FEW_ROWS = 100


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number that stands large, with the words around it."""

    title: str
    value: str
    details: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class GainLine:
    """The difference to the best baseline as a dot with its interval, on an axis with the marks that decide.

    Attributes:
        title: What is drawn, with its unit.
        label: The chart in words.
        wanted: Where the least gain that is worth it stands, or None where it is not known.
        wanted_label: That gain in words.
    """

    title: str
    label: str
    axis: Axis
    zero: float
    gain: Whisker
    wanted: float | None
    wanted_label: str


@dataclass(frozen=True, kw_only=True)
class VerdictView:
    """What the top of the page shows."""

    decision: str
    badge: str
    headline: str
    reasons: tuple[str, ...]
    cautions: tuple[str, ...]
    figures: tuple[Figure, ...]
    line: GainLine
    tested: tuple[str, ...]


def view_verdict(facts: Facts) -> VerdictView:
    """Put the verdict into words and places."""
    verdict = facts.verdict
    share = is_share(facts.scores["metrics"][verdict["metric"]])
    return VerdictView(
        decision=verdict["decision"],
        badge=BADGES.get(verdict["decision"], verdict["decision"]),
        headline=headline(verdict, share),
        reasons=tuple(verdict["reasons"]),
        cautions=tuple(_cautions(facts)),
        figures=figures(verdict, share),
        line=gain_line(verdict, share),
        tested=tuple(_tested(facts)),
    )


def headline(verdict: Mapping[str, Any], share: bool) -> str:
    """The verdict in a sentence."""
    best, value = verdict["best_baseline"], verdict["difference"]["value"]
    size = words.gain(value, share, signed=False)
    if not share:
        size = f"{size} in {verdict['metric']}"
    match verdict["decision"]:
        case "ship":
            return f"Ship the specialist: it beats the best baseline by {size}."
        case "keep-baseline":
            if value < 0:
                return f"Keep {best}: the specialist is {size} worse."
            gained = "training gained nothing" if value == 0 else f"training gains only {size}"
            return f"Keep {best}: {gained}."
        case "inconclusive" if needed := verdict.get("rows_to_settle"):
            more = words.counted(needed - verdict["test_rows"], "more test row is", "more test rows are")
            return f"Not settled: about {more} needed to tell."
        case "inconclusive":
            return "Not settled: the difference lies just where it would matter."
    return f"Verdict: {verdict['decision']}."


def figures(verdict: Mapping[str, Any], share: bool) -> tuple[Figure, ...]:
    """The numbers that stand large below it."""
    cost = verdict["cost"]
    own, gained = verdict["specialist"], verdict["difference"]
    best = next(entry for entry in verdict["baselines"] if entry["name"] == verdict["best_baseline"])
    return (
        Figure(
            title=f"Specialist, {verdict['metric']}",
            value=words.score(own["value"], share),
            details=(words.score_interval(own["low"], own["high"], share),),
        ),
        Figure(
            title=f"Best baseline, {best['name']}",
            value=words.score(best["value"], share),
            details=(words.score_interval(best["low"], best["high"], share),),
        ),
        Figure(
            title="Difference",
            value=words.gain(gained["value"], share),
            details=(words.gain_interval(gained["low"], gained["high"], share), f"p {_p(gained['p'])}"),
        ),
        Figure(
            title="Cost of this run",
            value=words.money(cost["amount"], cost["currency"]),
            details=(words.duration(verdict["seconds"]), f"on {cost['hardware']}"),
        ),
    )


def _p(p: float) -> str:
    text = words.p_value(p)
    return text if text.startswith("<") else f"= {text}"


def gain_line(verdict: Mapping[str, Any], share: bool) -> GainLine:
    """The difference to the best baseline as a chart."""
    gained, wanted = verdict["difference"], verdict["minimum_gain"]
    marks = [] if wanted is None else [float(wanted)]
    room = (gained["high"] - gained["low"]) / 10
    ends = [gained["low"] - room, gained["high"] + room]
    shown = [0.0, *marks, *(2 * mark for mark in marks), *(-mark / 2 for mark in marks), *ends]
    axis = make_axis(shown, scale=100.0 if share else 1.0, signed=True, most_ticks=7)
    unit = "percentage points" if share else verdict["metric"]
    worth = "" if wanted is None else f"worth it from {words.gain(float(wanted), share)}"
    return GainLine(
        title=f"Difference to the best baseline, in {unit}, with its 95% interval",
        label=f"Difference to the best baseline: {words.gain(gained['value'], share)}, 95% interval "
        f"{words.gain_interval(gained['low'], gained['high'], share)}. {worth.capitalize()}.",
        axis=axis,
        zero=axis.place(0.0),
        gain=whisker(axis, gained["value"], gained["low"], gained["high"]),
        wanted=None if wanted is None else axis.place(float(wanted)),
        wanted_label=worth,
    )


def _cautions(facts: Facts) -> list[str]:
    """What a reader must know before believing the verdict."""
    gained, rows = facts.verdict["difference"], facts.verdict["test_rows"]
    cautions = []
    if facts.training["best"] == 0:
        cautions.append(
            "No epoch scored better on the validation rows than the point where training began, so the specialist "
            "that was tested is that starting point."
        )
    elif gained["low"] == gained["high"]:
        cautions.append(
            f"The specialist and {facts.verdict['best_baseline']} score alike on these {rows} rows however they are "
            f"resampled, so the interval of the difference has no width. On new rows they may still differ."
        )
    if rows < _FEW_ROWS:
        cautions.append(
            f"{words.counted(rows, 'test row is', 'test rows are')} few: every score and interval here is rough. A "
            f"larger test set would make the verdict firmer."
        )
    return cautions


def _tested(facts: Facts) -> list[str]:
    """How the test was done, in sentences."""
    verdict, sizes = facts.verdict, facts.sizes
    baselines = len(verdict["baselines"])
    given = facts.setting("data", "test")
    source = f" They are the file {given} that the recipe names." if given else ""
    sealed = words.counted(sizes["test"], "row was", "rows were")
    comparisons = words.counted(baselines, "comparison", "comparisons")
    chosen_on = words.counted(sizes["validation"], "other row", "other rows")
    corrected = f"their p-values are corrected for {comparisons} by Holm's procedure"
    return [
        f"{sealed} sealed before anything learned, and only the final evaluation opened them.{source}",
        f"The exported specialist and {words.counted(baselines, 'baseline', 'baselines')} answered these same rows.",
        f"Differences are paired, row by row ({verdict['test']}); {corrected}. All intervals are 95% intervals.",
        f"What to keep was chosen on {chosen_on}, never on the test rows.",
    ]
