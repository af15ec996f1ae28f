"""The report on labelling functions: one page in the look of a run's report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from burnish.reporting import words
from burnish.reporting.charts import bar_widths
from burnish.reporting.page import templates

# Headings of the page in order, by the name that links use.
SECTIONS = {
    "result": "Result",
    "functions": "Every function",
    "labels": "Labels given",
    "conflicts": "Where functions contradict each other",
}


@dataclass(frozen=True, kw_only=True)
class FunctionRow:
    """A function in the table."""

    name: str
    labels: str
    coverage: str
    overlaps: str
    conflicts: str
    accuracy: str
    judged: str
    weight: str


@dataclass(frozen=True, kw_only=True)
class LabelBar:
    """A label with the rows that functions gave it to."""

    label: str
    rows: str
    width: float


@dataclass(frozen=True, kw_only=True)
class WeakView:
    """All that the page shows."""

    headline: str
    lede: str
    cautions: tuple[str, ...]
    figures: tuple[tuple[str, str, str], ...]
    functions: tuple[FunctionRow, ...]
    labels: tuple[LabelBar, ...]
    conflicts: tuple[Mapping[str, Any], ...]
    conflicts_sentence: str


def render_weak(found: Mapping[str, Any]) -> str:
    """The page on what labelling functions made of a file, as HTML.

    Args:
        found: The account of `burnish label weak`, with the names of the file of rows and of functions.
    """
    template = templates().get_template("weak.html.jinja")
    return template.render(
        name=found["name"], functions_file=found["functions_file"], headings=SECTIONS, weak=view_weak(found)
    )


def view_weak(found: Mapping[str, Any]) -> WeakView:
    """Lay out the account."""
    rows = found["rows"]
    by_functions = found["written"] - found["by_people"]
    widths = bar_widths(list(found["labels"].values()))
    return WeakView(
        headline=f"{words.counted(by_functions, 'row has', 'rows have')} a label from functions now.",
        lede=_lede(found),
        cautions=tuple(_cautions(found)),
        figures=(
            ("Labelled by functions", words.count(by_functions), f"of {words.count(rows)} rows"),
            ("Labelled by people", words.count(found["by_people"]), "they keep their label"),
            ("No function spoke", words.count(found["silent"]), "left out"),
            ("Tied or unsure", words.count(found["tied"] + found["unsure"]), "left out"),
        ),
        functions=tuple(_function(one) for one in found["functions"]),
        labels=tuple(
            LabelBar(label=label, rows=words.count(count), width=width)
            for (label, count), width in zip(found["labels"].items(), widths, strict=True)
        ),
        conflicts=tuple(
            {**one, "votes": ", ".join(f"{name}: {label}" for name, label in one["votes"].items())}
            for one in found["conflicts"]
        ),
        conflicts_sentence="The first of them, in the order of the file."
        if found["conflicts"]
        else "There is no row on which they do.",
    )


def _lede(found: Mapping[str, Any]) -> str:
    how = (
        "Snorkel's label model combined them: from where they agree it learns whom to believe."
        if found["combined"] == "label-model"
        else "The majority of votes decided."
    )
    count = words.counted(len(found["functions"]), "labelling function was", "labelling functions were")
    if not found["judged"]:
        return f"{count} asked about every row. {how} People labelled no row, so nothing says how often it is right."
    judged = words.counted(found["judged"], "row", "rows")
    right = words.percent(found["right"] / found["judged"])
    majority = words.percent(found["majority_right"] / found["judged"])
    return (
        f"{count} asked about every row. {how} On {judged} labelled by people it is right in {right}; "
        f"a plain majority is right in {majority}."
    )


def _cautions(found: Mapping[str, Any]) -> list[str]:
    cautions = ["Labels from functions repeat what the functions assume. Test on rows that people labelled."]
    worse = [one["name"] for one in found["functions"] if one["judged"] >= 10 and one["accuracy"] < 0.5]
    if worse:
        cautions.append(f"Wrong more often than right where people labelled: {words.listed(worse)}.")
    mute = [one["name"] for one in found["functions"] if not one["coverage"]]
    if mute:
        cautions.append(f"Never said anything: {words.listed(mute)}.")
    if found["judged"] and found["majority_right"] > found["right"]:
        cautions.append("The plain majority is right more often than the label model here: see --combine majority.")
    return cautions


def _function(one: Mapping[str, Any]) -> FunctionRow:
    accuracy = one["accuracy"]
    return FunctionRow(
        name=one["name"],
        labels=words.listed(list(one["labels"])) or "none",
        coverage=words.percent(one["coverage"]),
        overlaps=words.percent(one["overlaps"]),
        conflicts=words.percent(one["conflicts"]),
        accuracy="" if accuracy is None else words.percent(accuracy),
        judged=words.count(one["judged"]) if one["judged"] else "",
        weight="" if one["weight"] is None else words.decimal(one["weight"]),
    )
