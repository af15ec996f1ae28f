"""A job as its page shows it."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from burnish.faces.dashboard.desk import Desk
from burnish.faces.dashboard.jobs import Job, Outcome
from burnish.faces.dashboard.progress import ProgressView, view_progress
from burnish.faces.server.refusals import Refused
from burnish.reporting import words

_TITLES = {
    "run": "Run {name}",
    "promote": "Promote a run to champion of {name}",
    "rollback": "Roll {name} back",
    "look": "Look at the requests of {name}",
}


@dataclass(frozen=True, kw_only=True)
class JobView:
    """A job.

    Attributes:
        number: Its number.
        title: What it does.
        who: Who asked for it.
        command: The command.
        state: working, ended or failed.
        passed: How long it has worked.
        error: What was wrong.
        gates: What was looked at before a promotion: name, whether it is open, what was found.
        told: What came of it, in a sentence.
        then: The page that shows more.
        go_there: Whether that page is shown by itself when the job ends.
        progress: Of a run.
        is_run: Whether it is a run.
    """

    number: str
    title: str
    who: str
    command: str
    state: str
    passed: str
    error: Mapping[str, str]
    gates: tuple[tuple[str, bool, str], ...]
    told: str
    then: str
    go_there: bool
    progress: ProgressView | None
    is_run: bool

    @property
    def working(self) -> bool:
        """Whether it works."""
        return self.state == "working"


def view_job(desk: Desk, number: str) -> JobView:
    """Lay a job out.

    Raises:
        Refused: There is none of that number.
    """
    if (job := desk.jobs.find(number)) is None:
        raise Refused(404, "there is no such job", fix="See the list of runs.")
    outcome = desk.jobs.outcome(job)
    run = desk.place.run(job.asked.name) if job.asked.kind == "run" else None
    ended = outcome.state == "ended"
    return JobView(
        number=number,
        title=_TITLES[job.asked.kind].format(name=job.asked.name),
        who=job.asked.who,
        command=shlex.join(["burnish", *job.asked.words]),
        state=outcome.state,
        passed=words.duration(max(0.0, round(time.time() - job.began))),
        error=outcome.error,
        gates=tuple((gate["name"], gate["passed"], gate["text"]) for gate in outcome.result.get("gates", ())),
        told=_told(job, outcome) if ended else "",
        then=job.asked.then,
        go_there=ended and job.asked.kind != "promote",
        progress=None if run is None else view_progress(run, at_work=outcome.state == "working"),
        is_run=job.asked.kind == "run",
    )


def _told(job: Job, outcome: Outcome) -> str:
    result: Mapping[str, Any] = outcome.result
    match job.asked.kind:
        case "promote":
            number = result["version"]["number"]
            done = "is the champion" if result["promoted"] else "is refused: a gate is shut"
            return f"Version {number} of {job.asked.name} {done}."
        case "rollback":
            return f"Version {result['version']} is the champion again."
        case "look":
            return (
                "There was an alarm." if result["alarm"] else f"{words.counted(len(result['looks']), 'look', 'looks')}."
            )
    return f"The verdict is {result['verdict']['decision']}."
