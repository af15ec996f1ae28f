"""The pieces that a task wants shown (see `burnish.panels`), laid out by kind; the report never asks for the task."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from burnish.metrics.intervals import share_interval
from burnish.reporting import words
from burnish.reporting.answers import Exchange, exchanges
from burnish.reporting.charts import Axis, dots_path, make_axis
from burnish.reporting.marked import MarkedText, marked_texts

_TALL = 12  # tables with more rows than this scroll in a box of their own
_MISTAKES_AT_ONCE = 6  # the others are folded
_LONG_TEXT = 420  # longer inputs are folded
_NARROW = 5  # matrices with more labels than this write them upright, and leave out shares
_PLACES_OF_DOTS = (7, 10, 13, 17)  # diameters of dots by how many rows they stand for


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A cell of a table; `bar` is a width in percent, or None."""

    text: str
    number: bool = False
    bar: float | None = None


@dataclass(frozen=True, kw_only=True)
class MatrixCell:
    """Rows with one true label and one answer; `heat` is their share of the true label's rows, `share` in words."""

    rows: int
    heat: float
    share: str
    right: bool


@dataclass(frozen=True, kw_only=True)
class Dot:
    """A group of rows in the reliability diagram: its path, the path of its interval, its diameter."""

    path: str
    interval: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A wrong answer. `start` is the beginning of a long input, or ""."""

    text: str
    start: str
    truth: str
    answer: str
    confidence: str


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture as a data address, with what is said below it."""

    address: str
    caption: str
    wrong: bool


@dataclass(frozen=True, kw_only=True)
class PanelView:
    """One panel; only the fields of its kind are filled."""

    kind: str
    title: str
    caption: str
    sentence: str = ""
    columns: tuple[Cell, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    tall: bool = False
    upright: bool = False
    labels: tuple[str, ...] = ()
    matrix: tuple[tuple[str, tuple[MatrixCell, ...], int], ...] = ()
    axis: Axis = field(default_factory=lambda: make_axis([], scale=100.0, unit="%", low=0.0, high=1.0))
    dots: tuple[Dot, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    more_mistakes: tuple[Mistake, ...] = ()
    marked: tuple[MarkedText, ...] = ()
    more_marked: tuple[MarkedText, ...] = ()
    plain: str = ""
    path: str = ""
    titles: tuple[str, str] = ("", "")
    pictures: tuple[Picture, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    more_exchanges: tuple[Exchange, ...] = ()


def view_panels(panels: Sequence[Mapping[str, Any]]) -> tuple[PanelView, ...]:
    """Lay out every panel; one of an unknown kind is shown as its plain data, so that nothing is lost."""
    layouts = {
        "table": _table,
        "matrix": _matrix,
        "reliability": _reliability,
        "errors": _errors,
        "scatter": _scatter,
        "spans": _spans,
        "pictures": _pictures,
        "answers": _answers,
    }
    return tuple(layouts.get(panel.get("kind", ""), _plain)(panel) for panel in panels)


def _table(panel: Mapping[str, Any]) -> PanelView:
    rows, shares = panel["rows"], set(panel.get("shares", ()))
    numeric = [
        any(_is_number(row[place]) for row in rows)
        and all(row[place] is None or _is_number(row[place]) for row in rows)
        for place in range(len(panel["columns"]))
    ]
    return PanelView(
        kind="table",
        title=panel["title"],
        caption=panel["caption"],
        columns=tuple(Cell(text=str(name), number=numeric[place]) for place, name in enumerate(panel["columns"])),
        rows=tuple(
            tuple(_cell(value, numeric[place], place in shares) for place, value in enumerate(row)) for row in rows
        ),
        tall=len(rows) > _TALL,
        sentence="" if rows else "There is nothing to list.",
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cell(value: Any, number: bool, share: bool) -> Cell:
    if value is None:
        return Cell(text="–", number=number)
    if share and _is_number(value):
        return Cell(text=words.percent(value), number=True, bar=round(100 * min(1.0, max(0.0, value)), 1))
    return Cell(text=words.cell(value), number=number)


def _matrix(panel: Mapping[str, Any]) -> PanelView:
    labels, counts = panel["labels"], panel["counts"]
    rows = []
    for true, (label, row) in enumerate(zip(labels, counts, strict=True)):
        total = sum(row)
        cells = (
            MatrixCell(
                rows=n,
                heat=round(n / total, 3) if total else 0.0,
                share=words.percent(n / total, 0) if total and len(labels) <= _NARROW else "",
                right=answer == true,
            )
            for answer, n in enumerate(row)
        )
        rows.append((str(label), tuple(cells), total))
    return PanelView(
        kind="matrix",
        title=panel["title"],
        caption=panel["caption"],
        sentence=_confusion_sentence(labels, counts),
        labels=tuple(str(label) for label in labels),
        matrix=tuple(rows),
        upright=len(labels) > _NARROW,
    )


def _confusion_sentence(labels: Sequence[str], counts: Sequence[Sequence[int]]) -> str:
    total = sum(map(sum, counts))
    right = sum(row[place] for place, row in enumerate(counts))
    wrong = [(n, t, a) for t, row in enumerate(counts) for a, n in enumerate(row) if a != t and n]
    sentence = f"{words.count(right)} of {words.counted(total, 'row is', 'rows are')} right."
    if not wrong:
        return sentence
    rows, true, answer = max(wrong, key=lambda entry: entry[0])
    share = words.percent(rows / sum(counts[true]), 0)
    return (
        f"{sentence} The most frequent confusion: “{labels[true]}” taken for “{labels[answer]}”, "
        f"{words.counted(rows, 'row', 'rows')} ({share} of “{labels[true]}”)."
    )


def _reliability(panel: Mapping[str, Any]) -> PanelView:
    bins = panel["bins"]
    base = PanelView(kind="reliability", title=panel["title"], caption=panel["caption"])
    most = max((group["rows"] for group in bins), default=1)
    dots, rows = [], []
    for group in bins:
        chance = share_interval(round(group["accuracy"] * group["rows"]), group["rows"])
        x = base.axis.place(group["confidence"])
        size = _PLACES_OF_DOTS[min(3, int(4 * group["rows"] / most))]
        dots.append(
            Dot(
                path=dots_path([(group["confidence"], group["accuracy"])], base.axis, base.axis),
                interval=f"M{x:g},{100 - base.axis.place(chance.low):g}V{100 - base.axis.place(chance.high):g}",
                size=size,
            )
        )
        rows.append(
            tuple(
                Cell(text=text, number=True)
                for text in (
                    words.percent(group["confidence"]),
                    words.percent(group["accuracy"]),
                    words.score_interval(chance.low, chance.high, share=True),
                    words.count(group["rows"]),
                )
            )
        )
    return PanelView(
        kind="reliability",
        title=panel["title"],
        caption=panel["caption"],
        sentence=_reliability_sentence(bins),
        columns=tuple(Cell(text=t, number=True) for t in ("mean confidence", "right", "95% interval", "test rows")),
        rows=tuple(rows),
        dots=tuple(dots),
        tall=len(rows) > _TALL,
    )


def _reliability_sentence(bins: Sequence[Mapping[str, Any]]) -> str:
    total = sum(group["rows"] for group in bins)
    if not total:
        return "There are no test rows to draw."
    sure = sum(group["confidence"] * group["rows"] for group in bins) / total
    right = sum(group["accuracy"] * group["rows"] for group in bins) / total
    chance = share_interval(round(right * total), total)
    if chance.low <= sure <= chance.high:
        meaning = "the gap is no larger than chance would make it"
    else:
        meaning = "it is too sure of itself" if sure > right else "it is better than it thinks"
    return f"On average it is {words.percent(sure)} sure and {words.percent(right)} right: {meaning}."


def _errors(panel: Mapping[str, Any]) -> PanelView:
    mistakes = tuple(
        Mistake(
            text=(text := str(error["input"])),
            start="" if len(text) <= _LONG_TEXT else text[: _LONG_TEXT - 120].rstrip() + " …",
            truth=words.cell(error["truth"]),
            answer=words.cell(error["answer"]),
            confidence=words.percent(error["confidence"]),
        )
        for error in panel["errors"]
    )
    return PanelView(
        kind="errors",
        title=panel["title"],
        caption=panel["caption"],
        mistakes=mistakes[:_MISTAKES_AT_ONCE],
        more_mistakes=mistakes[_MISTAKES_AT_ONCE:],
    )


def _scatter(panel: Mapping[str, Any]) -> PanelView:
    """Dots of two numbers in the same unit, on axes with the same ends."""
    points = [(float(x), float(y)) for x, y in panel["points"]]
    axis = make_axis([number for point in points for number in point])
    return PanelView(
        kind="scatter",
        title=panel["title"],
        caption=panel["caption"],
        sentence=words.counted(len(points), "row is drawn.", "rows are drawn."),
        axis=axis,
        path=dots_path(points, axis, axis),
        titles=(str(panel["x"]), str(panel["y"])),
    )


def _spans(panel: Mapping[str, Any]) -> PanelView:
    marked = marked_texts(panel)
    return PanelView(
        kind="spans",
        title=panel["title"],
        caption=panel["caption"],
        marked=marked[:_MISTAKES_AT_ONCE],
        more_marked=marked[_MISTAKES_AT_ONCE:],
    )


def _pictures(panel: Mapping[str, Any]) -> PanelView:
    return PanelView(
        kind="pictures",
        title=panel["title"],
        caption=panel["caption"],
        pictures=tuple(
            Picture(address=str(p["picture"]), caption=str(p["caption"]), wrong=bool(p["wrong"]))
            for p in panel["pictures"]
            if str(p["picture"]).startswith("data:image/")
        ),
    )


def _answers(panel: Mapping[str, Any]) -> PanelView:
    found = exchanges(panel)
    return PanelView(
        kind="answers",
        title=panel["title"],
        caption=panel["caption"],
        exchanges=found[:_MISTAKES_AT_ONCE],
        more_exchanges=found[_MISTAKES_AT_ONCE:],
    )


def _plain(panel: Mapping[str, Any]) -> PanelView:
    known = {"kind", "title", "caption"}
    rest = {key: value for key, value in panel.items() if key not in known}
    return PanelView(
        kind="plain",
        title=str(panel.get("title", panel.get("kind", "More"))),
        caption=str(panel.get("caption", "")),
        plain=json.dumps(rest, indent=2, ensure_ascii=False),
    )
