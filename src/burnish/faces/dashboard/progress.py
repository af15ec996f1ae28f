"""How far a run has come, from what it writes while it works."""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burnish.pipeline import LOG_FILE, PROGRESS_FILE, STAGES
from burnish.reporting import words
from burnish.reporting.charts import make_axis
from burnish.reporting.learning import Plot, dotted, from_to
from burnish.run_folder import RunFolder

_NOTES_SHOWN = 8
_OPTIONAL = "pretrain"


@dataclass(frozen=True, kw_only=True)
class StageLine:
    """A stage: `state` is done, now or waiting."""

    name: str
    state: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A piece of work: its name, how far it is in percent (None where nobody knows), and figures beside it."""

    work: str
    percent: float | None
    detail: str


@dataclass(frozen=True, kw_only=True)
class Said:
    """A sentence that the run said."""

    text: str
    level: str


@dataclass(frozen=True, kw_only=True)
class ProgressView:
    """A run at work.

    Attributes:
        stages: In order.
        bar: What is being done now.
        said: The latest sentences.
        plot: The score on the validation rows so far.
    """

    stages: tuple[StageLine, ...]
    bar: Bar | None
    said: tuple[Said, ...]
    plot: Plot | None


def view_progress(folder: RunFolder, *, at_work: bool) -> ProgressView:
    """Lay out a run's log.

    Args:
        folder: The run.
        at_work: Whether a process works on it.
    """
    entries = list(read_log(folder.root / LOG_FILE))
    said = [entry for entry in entries if entry["event"] == "Note"][-_NOTES_SHOWN:]
    return ProgressView(
        stages=tuple(_stages(entries, at_work=at_work)),
        bar=_bar(folder.root / PROGRESS_FILE) if at_work else None,
        said=tuple(Said(text=str(entry["text"]), level=str(entry["level"])) for entry in said),
        plot=_plot(entries),
    )


def read_log(path: Path) -> Iterator[dict[str, Any]]:
    """The events of a run's log; a line that is half written is left out."""
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with contextlib.suppress(ValueError):
            entry = json.loads(line)
            if isinstance(entry, dict) and "event" in entry:
                yield entry


def is_at_work(folder: RunFolder) -> bool:
    """Whether a process of this machine works in a run folder, as its lock says. The lock itself is left alone."""
    try:
        number = (folder.root / ".lock").read_text(encoding="utf-8").strip()
        if not re.fullmatch(r"\d{1,9}", number) or _has_ended(folder):
            return False
        os.kill(int(number), 0)
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return True


def _has_ended(folder: RunFolder) -> bool:
    """Whether the last thing that the log says is the run's end."""
    last: dict[str, Any] = next(reversed([*read_log(folder.root / LOG_FILE)]), {})
    ended = last.get("event") == "StageDone" and last.get("stage") == STAGES[-1].name
    return ended or last.get("event") == "UserError"


def _stages(entries: Iterable[Mapping[str, Any]], *, at_work: bool) -> Iterator[StageLine]:
    latest: dict[str, Mapping[str, Any]] = {}
    for entry in entries:
        if entry["event"] in {"StageStarted", "StageDone"}:
            latest[entry["stage"]] = entry
    for stage in STAGES:
        entry = latest.get(stage.name, {})
        match entry.get("event"):
            case "StageDone":
                detail = "done earlier" if entry["skipped"] else words.duration(entry["seconds"])
                yield StageLine(name=stage.name, state="done", detail=detail)
            case "StageStarted" if at_work:
                passed = words.duration(max(0.0, round(time.time() - entry["time"])))
                yield StageLine(name=stage.name, state="now", detail=f"for {passed}")
            case "StageStarted":
                yield StageLine(name=stage.name, state="waiting", detail="stopped")
            case _ if stage.name != _OPTIONAL:
                yield StageLine(name=stage.name, state="waiting", detail="")


def _bar(path: Path) -> Bar | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        done, total = float(found["done"]), found["total"]
        figures = [f"{name} {value}" for name, value in found["figures"].items()]
    except (OSError, ValueError, KeyError):
        return None
    counted = f"{done:,.0f} of {float(total):,.0f}" if total else f"{done:,.0f}"
    percent = round(100 * min(1.0, done / float(total)), 1) if total else None
    return Bar(work=str(found["work"]), percent=percent, detail=", ".join([counted, *figures]))


def _plot(entries: Iterable[Mapping[str, Any]]) -> Plot | None:
    """The validations of the latest training."""
    scores: list[tuple[float, float]] = []
    for entry in entries:
        if entry["event"] == "Validated":  # an epoch that comes again takes the place of what came after it
            scores = [found for found in scores if found[0] < entry["epoch"]]
            scores.append((float(entry["epoch"]), float(entry["score"])))
    if len(scores) < 2:
        return None
    x, y = make_axis([epoch for epoch, _ in scores], low=0.0), make_axis([score for _, score in scores], most_ticks=5)
    label = f"Score on validation rows by epoch so far: it goes {from_to(scores)}."
    return Plot(
        title="Score on validation rows so far",
        label=label,
        x=x,
        y=y,
        series=(dotted("validation rows", scores, x, y),),
        mark=None,
    )
