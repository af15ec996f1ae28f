"""Show a run in the terminal: live where someone watches, in plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from rich.console import Console, Group
from rich.markup import escape
from rich.padding import Padding
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from burnish.errors import UserError
from burnish.events import Event, Note, Progress, StageDone, StageStarted, Work

Result = TypeVar("Result")
_SECONDS_BETWEEN_LINES = 10.0
_COLOURS = {"ship": "green", "keep-baseline": "yellow", "inconclusive": "cyan"}
_SENTENCES = {
    "ship": "Ship it: the specialist is better.",
    "keep-baseline": "Keep the baseline: the specialist is not worth it.",
    "inconclusive": "Inconclusive: {tested} cannot tell.",
}


def watch(work: Work[Result], console: Console) -> Result:
    """Run a piece of work to its end, showing its events."""
    shown = _Live(console) if console.is_terminal else _Lines(console)
    with shown:
        while True:
            try:
                shown.show(next(work))
            except StopIteration as stop:
                result: Result = stop.value
                return result


class _Lines:
    """Plain lines, with progress at most every ten seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = time.monotonic()
        self._began: dict[str, tuple[float, float]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def show(self, event: Event) -> None:
        """Print one event."""
        if isinstance(event, Progress):
            self._progress(event)
        elif line := _line(event):
            self._console.print(line, highlight=False)

    def _progress(self, event: Progress) -> None:
        now = time.monotonic()
        first_seconds, first_done = self._began.setdefault(event.work, (now, event.done))
        if now - self._last < _SECONDS_BETWEEN_LINES:
            return
        self._last = now
        figures = "".join(f", {name} {value}" for name, value in event.figures.items())
        share = f" {event.done:.0f} of {event.total:.0f}" if event.total else f" {event.done:.0f}"
        left = ""
        if event.total and event.done > first_done:
            seconds = (event.total - event.done) * (now - first_seconds) / (event.done - first_done)
            left = f", {seconds:.0f} s left"
        self._console.print(f"    {event.work}:{share}{figures}{left}", highlight=False)


class _Live(_Lines):
    """Lines above one moving bar."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._bar = Bar(
            TextColumn("    {task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("[dim]{task.fields[figures]}"),
            TimeRemainingColumn(compact=True),
            console=console,
            transient=True,
        )
        self._work = ""
        self._task: Any = None

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, event: Event) -> None:
        """Print one event, or move the bar."""
        if isinstance(event, Progress):
            self._move(event)
            return
        if isinstance(event, StageStarted | StageDone):
            self._clear()
        if line := _line(event):
            self._console.print(line, highlight=False)

    def _move(self, event: Progress) -> None:
        figures = "  ".join(f"{name} {value}" for name, value in event.figures.items())
        if event.work != self._work:
            self._clear()
            self._work = event.work
            self._task = self._bar.add_task(event.work, total=event.total, figures=figures)
        self._bar.update(self._task, completed=event.done, total=event.total, figures=figures)

    def _clear(self) -> None:
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task, self._work = None, ""


def _line(event: Event) -> str:
    match event:
        case StageStarted(stage=stage, reason=reason):
            return f"[bold]{stage}[/bold]" + (f" [dim]again: {escape(reason)}[/dim]" if reason else "")
        case StageDone(stage=stage, skipped=True):
            return f"[bold]{stage}[/bold] [dim]done earlier, nothing changed[/dim]"
        case StageDone(seconds=seconds):
            return f"    [dim]{seconds:.1f} s[/dim]"
        case Note(text=text, level="warning"):
            return f"    [yellow]! {escape(text)}[/yellow]"
        case Note(text=text):
            return f"    {escape(text)}"
    return ""


def show_error(error: UserError, console: Console) -> None:
    """Print what is wrong, where, and what to do."""
    console.print(f"[bold red]burnish:[/bold red] {escape(error.what)}", highlight=False, soft_wrap=True)
    if error.where:
        console.print(f"  [bold]where:[/bold] {escape(error.where)}", highlight=False, soft_wrap=True)
    if error.fix:
        console.print(f"  [bold]what to do:[/bold] {escape(error.fix)}", highlight=False, soft_wrap=True)


def show_verdict(verdict: Mapping[str, Any], run: str, report: str, asked: str, console: Console) -> None:
    """The verdict with its reasons, the scores as bars, and what to do next; `asked` is what `predict` is given."""
    show_panel(verdict, console)
    console.print(f"report   {report}", highlight=False, soft_wrap=True)
    console.print(f"predict  burnish predict {run} {asked}", highlight=False, soft_wrap=True)


def show_panel(verdict: Mapping[str, Any], console: Console, *, tested: str = "the test set") -> None:
    """The verdict with its reasons and the scores as bars, in a frame; `tested` is what it rests on."""
    decision = verdict["decision"]
    kept = f"\nkept: {verdict['best_baseline']}" if decision == "keep-baseline" else ""
    cost = verdict["cost"]
    spent = f"{verdict['seconds']:.0f} s, about {cost['amount']:.4f} {cost['currency']}, {cost['watt_hours']:.2f} Wh"
    body = Group(
        f"[bold]{_SENTENCES[decision].format(tested=tested)}[/bold]{kept}",
        "",
        *(escape(reason) for reason in verdict["reasons"]),
        "",
        _scores(verdict, decision),
        "",
        f"[dim]{spent} ({'measured' if cost['energy_measured'] else 'energy estimated'})[/dim]",
    )
    colour = _COLOURS[decision]
    console.print(Panel(body, title=f"verdict: {decision}", border_style=colour, expand=False, padding=(1, 2)))


def _scores(verdict: Mapping[str, Any], decision: str) -> Padding:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in (verdict["metric"], "", "95% interval", ""):
        table.add_column(heading, justify="left")
    rows = [{"name": "specialist", **verdict["specialist"]}, *verdict["baselines"]]
    in_use = "specialist" if decision != "keep-baseline" else verdict["best_baseline"]
    for row in sorted(rows, key=lambda row: -row["value"]):
        style = "bold" if row["name"] == in_use else ""
        bar = "█" * round(24 * max(0.0, min(1.0, row["value"])))
        interval = f"{row['low']:.3f} to {row['high']:.3f}"
        table.add_row(row["name"], f"{row['value']:.3f}", interval, f"[dim]{bar}[/dim]", style=style)
    return Padding(table, (0, 0, 0, 0))
