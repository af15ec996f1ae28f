"""Runs in a list: what each came to, in a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burnish.contracts import Json
from burnish.errors import UserError
from burnish.faces.dashboard.progress import is_at_work, read_log
from burnish.folding.plan import CROSS_VALIDATION
from burnish.pipeline import LOG_FILE, RECIPE_FILE
from burnish.reporting import words
from burnish.reporting.verdict import BADGES
from burnish.run_folder import RunFolder, read_json
from burnish.searching.trial import SWEEP_FOLDER
from burnish.stages.report import REPORT_FILE

AT_WORK, UNFINISHED, DAMAGED = "at work", "not finished", "damaged"
OTHER_REPORTS = {CROSS_VALIDATION: "Cross-validated", SWEEP_FOLDER: "Searched"}  # by the folder in the run's own
_OTHER_REPORT_FILE = "report.html"


@dataclass(frozen=True, kw_only=True)
class RunLine:
    """A run in a line.

    Attributes:
        name: Its name.
        state: The verdict's decision, or what else there is to say.
        badge: The state as people read it.
        task: What its specialist does.
        method: How its weights changed.
        metric: What decided.
        score: The specialist's score.
        gain: The difference to the best baseline.
        against: That baseline.
        day: When it last did something.
        has_report: Whether its report is there.
        others: Names of the other reports that are there.
    """

    name: str
    state: str
    badge: str
    task: str = ""
    method: str = ""
    metric: str = ""
    score: str = ""
    gain: str = ""
    against: str = ""
    day: str = ""
    has_report: bool = False
    others: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether it has a verdict."""
        return self.state in BADGES


def view_runs(folders: Sequence[RunFolder]) -> list[RunLine]:
    """A line for each run."""
    return [view_run(folder) for folder in folders]


def view_run(folder: RunFolder) -> RunLine:
    """A run's line; what is damaged is said to be."""
    try:
        return _line(folder)
    except (UserError, KeyError, TypeError, ValueError, OSError):
        return RunLine(name=folder.root.name, state=DAMAGED, badge="Damaged")


def _line(folder: RunFolder) -> RunLine:
    recipe = read_recipe(folder)
    method = recipe.get("method")
    facts: dict[str, Any] = {
        "name": folder.root.name,
        "task": str(recipe.get("task", "")),
        "method": str(method.get("name", "") if isinstance(method, Mapping) else method or ""),
        "day": _day(folder),
        "others": tuple(name for name in OTHER_REPORTS if other_report(folder, name).is_file()),
        "has_report": folder.file("report", REPORT_FILE).is_file(),
    }
    at_work = is_at_work(folder)
    if at_work or folder.record("evaluate") is None:
        state = AT_WORK if at_work else UNFINISHED
        told = [] if at_work else [OTHER_REPORTS[name] for name in facts["others"]]
        return RunLine(state=state, badge=words.listed(told) or state.capitalize(), **facts)
    verdict = read_json(folder.file("evaluate", "verdict.json"))
    share = is_share_metric(folder, verdict["metric"])
    return RunLine(
        state=verdict["decision"],
        badge=BADGES.get(verdict["decision"], verdict["decision"]),
        metric=verdict["metric"],
        score=words.score(verdict["specialist"]["value"], share),
        gain=words.gain(verdict["difference"]["value"], share),
        against=verdict["best_baseline"],
        **facts,
    )


def other_report(folder: RunFolder, name: str) -> Path:
    """The report of a cross-validation or of a sweep."""
    return folder.file(name, _OTHER_REPORT_FILE)


def read_recipe(folder: RunFolder) -> dict[str, Json]:
    """A run's recipe as values."""
    import yaml

    found: Any = yaml.safe_load((folder.root / RECIPE_FILE).read_text(encoding="utf-8"))
    return found if isinstance(found, dict) else {}


def is_share_metric(folder: RunFolder, metric: str) -> bool:
    """Whether a run's metric is a share of rows."""
    return bool(read_json(folder.file("evaluate", "scores.json"))["metrics"][metric]["share"])


def _day(folder: RunFolder) -> str:
    """The day on which the run last said something."""
    last = 0.0
    for entry in read_log(folder.root / LOG_FILE):
        last = float(entry.get("time", last))
    return words.day(last) if last else ""
