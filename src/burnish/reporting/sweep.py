"""The report of a sweep: one page in the look of a run's report."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from burnish.reporting import words
from burnish.reporting.charts import bar_widths
from burnish.reporting.page import templates
from burnish.reporting.sweep_charts import TrialsPlot, plot_history, plot_keys, shown

# Headings of the page in order, by the name that links use.
SECTIONS = {
    "result": "Result",
    "changes": "What the best recipe changes",
    "history": "Trial by trial",
    "importance": "What mattered",
    "searched": "Each key against the score",
    "trials": "Every trial",
    "files": "Files, and going on",
}
_STATES = {"complete": "ended", "pruned": "stopped early", "failed": "impossible", "interrupted": "interrupted"}
_FEW_TRIALS = 15  # fewer ended ones say little about what mattered
_NORMAL_95 = 1.96
_LUCK = (
    "The best of many scores on the same rows flatters: some of it is luck with these rows. The test rows were not "
    "opened; run the best recipe to have it judged on them."
)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number of the first section."""

    title: str
    value: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Change:
    """A key, what the recipe said, and what the best trial has."""

    key: str
    own: str
    best: str
    range: str
    changed: bool


@dataclass(frozen=True, kw_only=True)
class Weight:
    """How much of the scores' variance a key explains."""

    key: str
    share: str
    width: float


@dataclass(frozen=True, kw_only=True)
class TrialRow:
    """A trial in the table."""

    number: str
    style: str
    state: str
    score: str
    gain: str
    epochs: str
    seconds: str
    values: tuple[str, ...]
    why: str


@dataclass(frozen=True, kw_only=True)
class SweepView:
    """All that the page shows."""

    name: str
    tone: str
    badge: str
    headline: str
    lede: str
    cautions: tuple[str, ...]
    figures: tuple[Figure, ...]
    changes: tuple[Change, ...]
    history: TrialsPlot
    history_sentence: str
    weights: tuple[Weight, ...]
    weights_sentence: str
    keys: tuple[TrialsPlot, ...]
    metric: str
    columns: tuple[str, ...]
    trials: tuple[TrialRow, ...]
    trials_sentence: str
    command: str


def render_sweep(found: Mapping[str, Any]) -> str:
    """The page of a sweep's result (sweep.json), as HTML.

    Args:
        found: With the recipe as it stood among the trials that ended.
    """
    view = view_sweep(found)
    return templates().get_template("sweep.html.jinja").render(name=found["run"], headings=SECTIONS, sweep=view)


def view_sweep(found: Mapping[str, Any]) -> SweepView:
    """Lay out what a sweep found."""
    best, own, metric = found["best"], found["recipe"], found["metric"]
    better = _gain(found) > 0
    return SweepView(
        name=found["run"],
        tone="ship" if better else "keep-baseline",
        badge="better on validation rows" if better else "no better score found",
        headline=_headline(found),
        lede=_lede(found),
        cautions=tuple(_cautions(found)),
        figures=_figures(found),
        changes=tuple(
            Change(
                key=dimension["key"],
                own=shown(dimension["own"]),
                best=shown(best["values"][dimension["key"]]),
                range=dimension["shown"],
                changed=dimension["own"] != best["values"][dimension["key"]],
            )
            for dimension in found["space"]
        ),
        history=plot_history(found),
        history_sentence=_history_sentence(found),
        weights=_weights(found["importance"]),
        weights_sentence=_weights_sentence(found),
        keys=plot_keys(found),
        metric=metric["name"],
        columns=tuple(short_keys(found["space"])),
        trials=_trial_rows(found, own["score"]),
        trials_sentence=_trials_sentence(found),
        command=found["command"],
    )


def short_keys(space: Sequence[Mapping[str, Any]]) -> list[str]:
    """Keys without their sections, where that leaves them different."""
    keys = [dimension["key"] for dimension in space]
    short = [key.partition(".")[2] for key in keys]
    return [name if short.count(name) == 1 else key for key, name in zip(keys, short, strict=True)]


def _gain(found: Mapping[str, Any]) -> float:
    """How much better the best trial is than the recipe as it stood."""
    sign = 1 if found["metric"]["higher_is_better"] else -1
    return float(sign * (found["best"]["score"] - found["recipe"]["score"]))


def _headline(found: Mapping[str, Any]) -> str:
    best, share = found["best"], found["metric"]["share"]
    if best["own"]:
        return "No trial was better than the recipe as it stands."
    if _gain(found) == 0:
        return f"Trial {best['number']} scores the same as the recipe as it stands, with a lower loss."
    gain = words.gain(_gain(found), share, signed=False)
    return f"Trial {best['number']} is {gain} better than the recipe as it stands."


def _lede(found: Mapping[str, Any]) -> str:
    best, own, metric = found["best"], found["recipe"], found["metric"]
    share, rows = metric["share"], words.counted(found["validation_rows"], "validation row", "validation rows")
    if best["own"]:
        scored = f"It comes to {words.score(own['score'], share)} {metric['name']} on {rows}"
    else:
        scored = (
            f"It comes to {words.score(best['score'], share)} {metric['name']} on {rows}, the recipe to "
            f"{words.score(own['score'], share)}"
        )
    baseline = _best_baseline(found)
    beside = ""
    if baseline is not None:
        sign = 1 if metric["higher_is_better"] else -1
        link = ", but" if sign * baseline[1] >= sign * best["score"] else ";"
        beside = f"{link} the best baseline, {baseline[0]}, has {words.score(baseline[1], share)} there"
    return f"{scored}{beside}. The sweep ended because {found['stopped']}."


def _best_baseline(found: Mapping[str, Any]) -> tuple[str, float] | None:
    sign = 1 if found["metric"]["higher_is_better"] else -1
    scores: Mapping[str, float] = found["baselines"]
    name = max(scores, key=lambda each: sign * scores[each], default=None)
    return None if name is None else (name, scores[name])


def _cautions(found: Mapping[str, Any]) -> list[str]:
    cautions = [_LUCK]
    rows, share = found["validation_rows"], found["recipe"]["score"]
    if found["metric"]["share"] and rows and 0 < share < 1:
        reach = _NORMAL_95 * math.sqrt(share * (1 - share) / rows)
        known = (
            f"One validation row is worth {words.gain(1 / rows, True, signed=False)}, and a score is known to about ± "
            f"{words.gain(reach, True, signed=False)}"
        )
        small = 0 < _gain(found) < reach
        cautions.append(f"{known}; the gain is smaller than that." if small else f"{known}.")
    return cautions


def _figures(found: Mapping[str, Any]) -> tuple[Figure, ...]:
    metric, states = found["metric"], [row["state"] for row in found["trials"]]
    share = metric["share"]
    counts = [words.counted(states.count(state), word, word) for state, word in _STATES.items() if states.count(state)]
    gain = "the recipe as it stands" if found["best"]["own"] else f"{words.gain(_gain(found), share)} over the recipe"
    budget, workers = found["budget"], found["budget"]["workers"]
    limit = f"limit {budget['minutes']:g} min" if budget["minutes"] else ""
    return (
        Figure(title=f"Best {metric['name']}", value=words.score(found["best"]["score"], share), details=(gain,)),
        Figure(
            title="Recipe as it stands",
            value=words.score(found["recipe"]["score"], share),
            details=(f"trial {found['recipe']['number']}",),
        ),
        Figure(title="Trials", value=words.count(len(states)), details=tuple(counts)),
        Figure(
            title="Time",
            value=words.duration(found["seconds"]),
            details=tuple(part for part in (limit, words.counted(workers, "worker", "workers")) if part),
        ),
    )


def _history_sentence(found: Mapping[str, Any]) -> str:
    states = [row["state"] for row in found["trials"]]
    parts = [f"The best came in trial {found['best']['number']}."]
    if pruned := states.count("pruned"):
        told = words.counted(pruned, "trial was", "trials were")
        parts.append(f"{told} stopped early, because most others had done better by the same epoch.")
    if failed := states.count("failed"):
        parts.append(f"{words.counted(failed, 'trial was', 'trials were')} impossible; the table says why.")
    return " ".join(parts)


def _weights(importance: Mapping[str, float]) -> tuple[Weight, ...]:
    ordered = sorted(importance.items(), key=lambda entry: -entry[1])
    widths = bar_widths([share for _, share in ordered])
    return tuple(
        Weight(key=key, share=words.percent(share, 0), width=width)
        for (key, share), width in zip(ordered, widths, strict=True)
    )


def _weights_sentence(found: Mapping[str, Any]) -> str:
    ended = sum(row["state"] == "complete" for row in found["trials"])
    if not found["importance"]:
        return f"Too few trials with different scores ended ({ended}) to say which key mattered."
    first = max(found["importance"], key=lambda key: found["importance"][key])
    told = f"Of the differences between {ended} trials that ended, {first} explains the most (fANOVA)."
    return told + (" From so few trials that is a hint, no more." if ended < _FEW_TRIALS else "")


def _trial_rows(found: Mapping[str, Any], own_score: float) -> tuple[TrialRow, ...]:
    """Trials that ended by score, then the others in their order."""
    metric, best = found["metric"], found["best"]["number"]
    sign = 1 if metric["higher_is_better"] else -1
    order = list(_STATES)

    def rank(row: Mapping[str, Any]) -> tuple[float, ...]:
        scored = (-sign * row["score"], row["loss"]) if row["state"] == "complete" else (0.0, 0.0)
        return (order.index(row["state"]), *scored, row["number"])

    return tuple(
        TrialRow(
            number=str(row["number"]),
            style="specialist" if row["number"] == best else row["state"],
            state="recipe as it stood" if row["own"] and row["state"] == "complete" else _STATES[row["state"]],
            score="" if row["score"] is None else words.score(row["score"], metric["share"]),
            gain=""
            if row["score"] is None or row["own"]
            else words.gain(sign * (row["score"] - own_score), metric["share"]),
            epochs="" if row["epochs"] is None else words.count(row["epochs"]),
            seconds="" if row["seconds"] is None else words.duration(row["seconds"]),
            values=tuple(shown(row["values"].get(dimension["key"])) for dimension in found["space"]),
            why=row["why"],
        )
        for row in sorted(found["trials"], key=rank)
    )


def _trials_sentence(found: Mapping[str, Any]) -> str:
    return (
        f"Scores are {found['metric']['name']} on validation rows: of the checkpoint that was kept, or the best one "
        "until a trial was stopped. Better by: than the recipe as it stood."
    )
