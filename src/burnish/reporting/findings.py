"""What the checks found, laid out: sentences, samples with their places, and bars of the numbers behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from burnish.reporting import words
from burnish.reporting.charts import bar_widths

_SAMPLES_IN_RUN = 5


@dataclass(frozen=True, kw_only=True)
class NamedBar:
    """A bar with its name, its value as people read it, and its width in percent."""

    name: str
    value: str
    width: float


@dataclass(frozen=True, kw_only=True)
class FindingView:
    """A finding.

    Attributes:
        samples: Places and what is shown of them; a place is "" where the finding is not about rows.
        left_out: How many more rows there are.
        bars: Numbers behind it, under a title.
    """

    name: str
    severity: str
    count: str
    text: str
    consequence: str
    repair: str
    policy: str
    samples: tuple[tuple[str, str], ...]
    left_out: int
    bars_title: str
    bars: tuple[NamedBar, ...]


def view_findings(findings: Sequence[Mapping[str, Any]], most: int = _SAMPLES_IN_RUN) -> tuple[FindingView, ...]:
    """Findings with at most so many samples each, warnings first."""
    ordered = sorted(findings, key=lambda finding: finding["severity"] != "warning")
    return tuple(_finding(finding, most) for finding in ordered)


def _finding(finding: Mapping[str, Any], most: int) -> FindingView:
    places = finding.get("places", ())
    samples = [(f"{place['file']}:{place['line']}", place["shown"]) for place in places[:most]]
    samples = samples or [("", example) for example in finding.get("examples", ())[:most]]
    figures = finding.get("figures") or {}
    return FindingView(
        name=finding["name"],
        severity=finding["severity"],
        count=words.count(finding["count"]),
        text=finding["text"][:1].upper() + finding["text"][1:],
        consequence=finding["consequence"],
        repair=finding["repair"],
        policy=finding.get("policy", ""),
        samples=tuple(samples),
        left_out=max(0, finding["count"] - len(samples)) if places else 0,
        bars_title=figures.get("title", ""),
        bars=_bars(figures),
    )


def _bars(figures: Mapping[str, Any]) -> tuple[NamedBar, ...]:
    if figures.get("kind") == "curve":  # rows and shares
        named = [
            (words.counted(count, "row", "rows"), share, words.percent(share)) for count, share in figures["points"]
        ]
        return tuple(NamedBar(name=name, value=told, width=round(100 * share, 2)) for name, share, told in named)
    pairs = figures.get("bars", ())
    widths = bar_widths([value for _, value in pairs])
    return tuple(
        NamedBar(name=str(name), value=words.cell(value), width=width)
        for (name, value), width in zip(pairs, widths, strict=True)
    )
