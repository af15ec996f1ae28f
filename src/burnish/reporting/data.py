"""The data: what became of every row, what the checks found, and what the rows are like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from burnish.reporting import words
from burnish.reporting.charts import Axis, Bar, bar_widths, histogram, make_axis, stacked
from burnish.reporting.facts import Facts
from burnish.reporting.findings import FindingView, view_findings

_OUTCOMES = {
    "kept": "kept as they are",
    "repaired": "repaired",
    "redacted": "redacted",
    "merged": "merged into a copy",
    "dropped": "dropped",
}
_STAYING = ("kept", "repaired", "redacted")
_PARTS = {
    "train": "to learn from",
    "validation": "to choose by",
    "test": "sealed for the test",
    "replay": "general, to mix into training",
    "unlabelled": "without labels, to pre-train on",
}
_TALL = 12
_SHOWN_TEXT = 60


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of a stacked bar."""

    name: str
    words: str
    rows: int
    share: str
    bar: Bar


@dataclass(frozen=True, kw_only=True)
class Group:
    """A group of rows (a label) with the width of its bar."""

    name: str
    rows: int
    share: str
    width: float


@dataclass(frozen=True, kw_only=True)
class Lengths:
    """A histogram of the inputs' lengths.

    Attributes:
        limit: Where the longest input that the model reads stands, or None where it is beyond the axis.
        median: Where the median stands.
    """

    unit: str
    sentence: str
    axis: Axis
    bars: tuple[Bar, ...]
    median: float
    limit: float | None


@dataclass(frozen=True, kw_only=True)
class DataView:
    """The section on data.

    Attributes:
        adds_up: Whether the ledger accounts for every row and every row that stays is in one part.
        reasons: Outcome, reason and rows.
    """

    ledger_sentence: str
    adds_up: bool
    outcomes: tuple[Part, ...]
    reasons: tuple[tuple[str, str, int], ...]
    parts: tuple[Part, ...]
    parts_sentence: str
    findings: tuple[FindingView, ...]
    findings_sentence: str
    warnings: int
    groups: tuple[Group, ...]
    groups_sentence: str
    groups_tall: bool
    lengths: Lengths | None
    columns: tuple[tuple[str, ...], ...]
    format: str


def view_data(facts: Facts) -> DataView:
    """Lay out ledger, parts, findings and profile."""
    ledger, profile = facts.ledger, facts.profile
    sizes = {**facts.sizes, **ledger.get("beside", {})}
    outcomes = _parts({name: ledger.get(name, 0) for name in _OUTCOMES}, _OUTCOMES)
    accounted, staying = sum(part.rows for part in outcomes), sum(ledger.get(name, 0) for name in _STAYING)
    groups = profile.get("strata") or {}
    return DataView(
        ledger_sentence=_ledger_sentence(outcomes, ledger["read"], accounted),
        adds_up=accounted == ledger["read"] and staying == sum(sizes.values()),
        outcomes=outcomes,
        reasons=tuple((entry["outcome"], entry["reason"], entry["rows"]) for entry in ledger["reasons"]),
        parts=_parts(sizes, _PARTS),
        parts_sentence=_parts_sentence(staying, sizes),
        findings=view_findings(facts.findings),
        findings_sentence=_findings_sentence(facts.findings),
        warnings=sum(finding["severity"] == "warning" for finding in facts.findings),
        groups=tuple(
            Group(name=name, rows=rows, share=words.percent(rows / sum(groups.values())), width=width)
            for (name, rows), width in zip(groups.items(), bar_widths(list(groups.values())), strict=True)
        ),
        groups_sentence=_groups_sentence(groups),
        groups_tall=len(groups) > _TALL,
        lengths=_lengths(profile.get("lengths")),
        columns=tuple(_column(column) for column in profile.get("columns", ())),
        format=profile.get("format", ""),
    )


def _parts(counts: Mapping[str, int], meanings: Mapping[str, str]) -> tuple[Part, ...]:
    total = sum(counts.values())
    return tuple(
        Part(
            name=name,
            words=meanings.get(name, name),
            rows=rows,
            share=words.percent(rows / total) if total else "",
            bar=bar,
        )
        for (name, rows), bar in zip(counts.items(), stacked(list(counts.values())), strict=True)
        if rows
    )


def _ledger_sentence(outcomes: Sequence[Part], read: int, accounted: int) -> str:
    became = words.listed([f"{words.count(part.rows)} {part.words}" for part in outcomes])
    sentence = f"{words.counted(read, 'row was', 'rows were')} read: {became}."
    if accounted == read:
        return f"{sentence} Every row is accounted for."
    return f"{sentence} That accounts for {words.count(accounted)}, not for all of them."


def _parts_sentence(staying: int, sizes: Mapping[str, int]) -> str:
    total = sum(sizes.values())
    if staying == total:
        return f"The {words.counted(staying, 'row that stays was', 'rows that stay were')} divided before learning."
    return f"{words.count(staying)} rows stay, but the parts hold {words.count(total)}: something is wrong here."


def _findings_sentence(findings: Sequence[Mapping[str, Any]]) -> str:
    warnings = sum(finding["severity"] == "warning" for finding in findings)
    if not findings:
        return "The checks found nothing that would spoil the result."
    notes = len(findings) - warnings
    found = [
        words.counted(number, *names)
        for number, names in ((warnings, ("warning", "warnings")), (notes, ("note", "notes")))
        if number
    ]
    return f"The checks left {words.listed(found)}."


def _groups_sentence(groups: Mapping[str, int]) -> str:
    if len(groups) < 2:
        return ""
    total = sum(groups.values())
    largest, smallest = max(groups, key=groups.__getitem__), min(groups, key=groups.__getitem__)
    return (
        f"{words.count(len(groups))} groups. The largest, “{largest}”, holds {words.percent(groups[largest] / total)} "
        f"of the rows, the smallest, “{smallest}”, {words.percent(groups[smallest] / total)}."
    )


def _lengths(lengths: Mapping[str, Any] | None) -> Lengths | None:
    if not lengths or not lengths["counts"]:
        return None
    edges, limit = lengths["edges"], lengths["limit"]
    axis = make_axis([edges[0], edges[-1]], low=0.0)
    cut = lengths["longest"] > limit
    told = "what is longer was cut" if cut else "nothing was cut"
    return Lengths(
        unit=lengths["unit"],
        sentence=f"Half of the inputs have at most {words.count(lengths['median'])} {lengths['unit']}, the longest "
        f"{words.count(lengths['longest'])}. The model reads up to {words.count(limit)}, so {told}.",
        axis=axis,
        bars=tuple(histogram(lengths["counts"], edges, axis)),
        median=axis.place(lengths["median"]),
        limit=axis.place(limit) if limit <= axis.high else None,
    )


def _column(column: Mapping[str, Any]) -> tuple[str, ...]:
    commonest = "; ".join(f"{_short(value)} ({words.count(times)})" for value, times in column["commonest"])
    return (
        str(column["name"]),
        words.count(column["filled"]),
        words.count(column["empty"]),
        words.count(column["distinct"]),
        f"{column['mean_words']:.1f}",
        commonest,
    )


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _SHOWN_TEXT else text[: _SHOWN_TEXT - 1] + "…"
