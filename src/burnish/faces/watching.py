"""The loop that keeps a specialist good: look, and on an alarm or in time, retrain, let it pass the gates, propose."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from burnish.errors import UserError
from burnish.events import Note, Work
from burnish.exporting.manifest import MANIFEST
from burnish.faces.alarms import send_alarms, send_proposal
from burnish.faces.monitoring import Watched, monitor
from burnish.faces.python import load
from burnish.faces.registering import AtWork, open_registry
from burnish.faces.retraining import Proposal, Wanted, retrain_and_examine, told_feedback
from burnish.monitoring.look import Watching
from burnish.registry.promotion import Request, promote
from burnish.registry.submission import submission_of
from burnish.registry.version import who_is_here
from burnish.run_folder import read_json, write_json

STATE_FILE = "watch.json"
_DAY = 86400.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a specialist is watched.

    Attributes:
        watching: How often its requests are looked at.
        least: Requests with new feedback that a retraining needs.
        days: The longest from one retraining to the next; 0: only an alarm is a reason.
        promote: Whether what passes the gates is promoted, and not only proposed.
        replay: The share of the old rows that are learned from again.
        log: The address of the request log; "" for the default.
        registry: The registry's address; "" for the default.
        webhook: An address that alarms and proposals are sent to; "" for none.
        mail: An e-mail address for the same.
        keys: Keys of the recipe that a retraining is to have otherwise.
    """

    watching: Watching = field(default_factory=Watching)
    least: int = 100
    days: float = 0.0
    promote: bool = False
    replay: float = 1.0
    log: str = ""
    registry: str = ""
    webhook: str = ""
    mail: str = ""
    keys: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Round:
    """What one round came to.

    Attributes:
        watched: What monitoring found.
        reason: Why a retraining is due; "" where none is.
        told: Requests with feedback since the last retraining.
        proposal: What the retraining came to; None where there was none.
        promoted: The number of the version that was promoted; 0: none was.
    """

    watched: Watched
    reason: str = ""
    told: int = 0
    proposal: Proposal | None = None
    promoted: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON-able values."""
        return {
            "monitor": self.watched.as_dict(),
            "reason": self.reason,
            "feedback": self.told,
            "proposal": None if self.proposal is None else self.proposal.as_dict(),
            "promoted": self.promoted,
        }


def watch_once(at_work: AtWork, plan: Plan) -> Work[Round]:
    """One round: look at the requests since the last one, and do what follows from it.

    An alarm is remembered until there is enough feedback to retrain with: labels come later than requests.

    Raises:
        UserError: The run or the log cannot be read, or the retraining is refused.
    """
    watched = yield from monitor(at_work.run, address=plan.log, watching=plan.watching, serving=at_work.serving)
    name = at_work.name or at_work.run.resolve().name
    if watched.alarms and (plan.webhook or plan.mail):
        send_alarms(name, watched.alarms, webhook=plan.webhook, mail=plan.mail)
    path = at_work.serving / STATE_FILE
    state = _state(path, at_work.run, watched)
    reason = _reason(state, plan)
    told = len(told_feedback(at_work, plan.log)) - state["told"] if reason else 0
    if not reason or told < plan.least:
        write_json(path, state)
        if reason:
            yield Note(text=f"a retraining is due ({reason}); it waits for feedback: {told} of {plan.least}")
        return Round(watched=watched, reason=reason, told=told)
    yield Note(text=f"retraining: {reason}, {told} requests with feedback")
    wanted = Wanted(at_work=at_work, log=plan.log, replay=plan.replay, registry=plan.registry, keys=plan.keys)
    proposal = yield from retrain_and_examine(wanted)
    write_json(path, {**state, "alarm": "", "told": state["told"] + told, "retrained": time.time()})
    promoted = 0
    if proposal.passed and plan.promote:
        promoted = yield from _promote(proposal, at_work, plan, reason)
    if plan.webhook or plan.mail:
        send_proposal(name, proposal.as_dict(), promoted, webhook=plan.webhook, mail=plan.mail)
    return Round(watched=watched, reason=reason, told=told, proposal=proposal, promoted=promoted)


def require_plan(at_work: AtWork, plan: Plan) -> None:
    """Refuse to promote where nothing follows.

    Raises:
        UserError: A run folder was named, and not a name in the registry.
    """
    if plan.promote and not at_work.name:
        raise UserError(
            "only what is served by its name in the registry can be promoted",
            where="--promote",
            fix="Promote it once with `burnish promote`, serve and watch it by its name; or leave --promote out.",
        )


def _state(path: Path, run: Path, watched: Watched) -> dict[str, Any]:
    """What is remembered of this version, with the alarms of this round."""
    found: Mapping[str, Any] = read_json(path) if path.is_file() else {}
    if found.get("version") != watched.version:
        made = (load(run).specialist_folder / MANIFEST).stat().st_mtime
        found = {"version": watched.version, "alarm": "", "told": 0, "retrained": made}
    return {**found, "alarm": _alarm(watched) or found["alarm"]}


def _alarm(watched: Watched) -> str:
    names: Sequence[str] = sorted({test.name for look in watched.alarms for test in look.alarms})
    return f"an alarm ({', '.join(names)})" if names else ""


def _reason(state: Mapping[str, Any], plan: Plan) -> str:
    """Why a retraining is due, in words, or ""."""
    if state["alarm"]:
        return str(state["alarm"])
    days = (time.time() - state["retrained"]) / _DAY
    return f"the last one was {days:.0f} days ago" if plan.days and days >= plan.days else ""


def _promote(proposal: Proposal, at_work: AtWork, plan: Plan, reason: str) -> Work[int]:
    why = f"retrained by `burnish watch` after {reason}"
    asked = Request(name=at_work.name, who=who_is_here(), why=why)
    outcome = yield from promote(open_registry(plan.registry), submission_of(proposal.run), asked)
    return outcome.version.number if outcome.promoted else 0
