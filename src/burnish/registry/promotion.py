"""Promote a run to champion through the gates, and roll back: which version is at work, and why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burnish.errors import UserError
from burnish.events import Note, Work
from burnish.registry.gates import Champion, Gate, examine
from burnish.registry.registry import Registry
from burnish.registry.submission import Submission
from burnish.registry.version import CHALLENGER, CHAMPION, Change, Version
from burnish.run_folder import RunFolder, read_json
from burnish.stages.stage import SPECIALIST

ORIGIN = Path("retrain", "retrain.json")  # of a run that another one was retrained into: says its name
_NAME = re.compile(r"[\w.-]{1,100}")


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked for.

    Attributes:
        name: The specialist's name in the registry.
        who: Who asks.
        why: Why, in the user's words; "" leaves it to the gates.
        force: Why the gates do not count; "" where they do.
    """

    name: str
    who: str
    why: str = ""
    force: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of it.

    Attributes:
        version: The version that it was about.
        change: What was recorded; None where nothing changed and nothing was recorded.
        gates: What was looked at.
        promoted: Whether it is the champion now.
    """

    version: Version
    change: Change | None
    gates: Sequence[Gate]
    promoted: bool

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON-able values."""
        return {
            "promoted": self.promoted,
            "version": self.version.as_dict(),
            "change": None if self.change is None else vars(self.change),
            "gates": [gate.as_dict() for gate in self.gates],
        }


def promote(registry: Registry, submission: Submission, request: Request) -> Work[Outcome]:
    """Register a run, let it go through the gates, and make it the champion if it passes all of them.

    Raises:
        UserError: It cannot be registered or compared.
    """
    require_name(request.name)
    champion = registry.at_work(request.name).get(CHAMPION)
    if champion is not None and champion.digest == submission.digest:
        yield Note(text=f"version {champion.number} is the champion already")
        return Outcome(version=champion, change=None, gates=(), promoted=True)
    gates = yield from gates_of(registry, submission, request.name)
    yield Note(text="registering it with its recipe, metrics and report")
    version = registry.register(request.name, submission)
    passed = all(gate.passed for gate in gates)
    before = champion.number if champion is not None else 0
    if not passed and not request.force:
        why = " ".join(f"{gate.name}: {gate.text}." for gate in gates if not gate.passed)
        change = Change(action="refused", version=version.number, before=before, who=request.who, why=why)
        registry.record(request.name, change)
        return Outcome(version=version, change=change, gates=gates, promoted=False)
    told = " ".join(f"{gate.name}: {gate.text}." for gate in gates)
    said = request.why if passed else request.force
    change = Change(
        action="promoted" if passed else "forced",
        version=version.number,
        before=before,
        who=request.who,
        why=f"{said}. {told}" if said else told,
    )
    _make_champion(registry, version, change)
    return Outcome(version=version, change=change, gates=gates, promoted=True)


def gates_of(registry: Registry, submission: Submission, name: str) -> Work[list[Gate]]:
    """What the gates say of a run, without changing anything."""
    at_work = registry.at_work(name).get(CHAMPION)
    champion = None
    if at_work is not None:
        place = RunFolder(root=registry.files(at_work)).file("evaluate", SPECIALIST)
        champion = Champion(told=f"version {at_work.number}", specialist=place, learned=registry.learned(at_work))
    return (yield from examine(submission, champion))


def challenge(registry: Registry, submission: Submission, request: Request, share: float) -> Version:
    """Register a run as the challenger: it answers beside the champion, in the shadow or for a share of requests.

    Args:
        registry: Where.
        submission: The run.
        request: Who asks, and why.
        share: The share of requests that it answers; 0: none, all in the shadow.

    Raises:
        UserError: There is no champion to challenge, or this is the champion.
    """
    require_name(request.name)
    champion = registry.at_work(request.name).get(CHAMPION)
    if champion is None or champion.digest == submission.digest:
        raise UserError(
            "there is no champion to challenge" if champion is None else "this is the champion itself",
            where=request.name,
            fix="Promote a run first: burnish promote RUN." if champion is None else "Name another run.",
        )
    version = registry.register(request.name, submission)
    registry.set_alias(version, CHALLENGER, share=share)
    how = f"answers {share:.1%} of the requests" if share else "answers in the shadow"
    why = f"{request.why}. It {how}" if request.why else f"It {how}"
    registry.record(
        request.name,
        Change(action="challenging", version=version.number, before=champion.number, who=request.who, why=why),
    )
    return version


def withdraw(registry: Registry, request: Request) -> Version:
    """Let the challenger answer no more.

    Raises:
        UserError: There is none.
    """
    at_work = registry.at_work(request.name)
    if CHALLENGER not in at_work:
        raise UserError("there is no challenger", where=request.name, fix="See `burnish registry`.")
    version = at_work[CHALLENGER]
    registry.remove_alias(request.name, CHALLENGER)
    before = at_work[CHAMPION].number if CHAMPION in at_work else 0
    change = Change(action="withdrawn", version=version.number, before=before, who=request.who, why=request.why)
    registry.record(request.name, change)
    return version


def roll_back(registry: Registry, request: Request, to: int = 0) -> Change:
    """Make an earlier champion the champion again.

    Args:
        registry: Where.
        request: Who asks, and why.
        to: The version's number; 0: the one before the present one.

    Raises:
        UserError: There is none to go back to.
    """
    champion = registry.at_work(request.name).get(CHAMPION)
    if champion is None:
        raise UserError("there is no champion to roll back from", where=request.name, fix="See `burnish registry`.")
    number = to or _before(registry.history(request.name), champion.number)
    if not number:
        raise UserError(
            f"version {champion.number} is the first champion",
            where=request.name,
            fix="Name a version with --to; `burnish registry` lists them.",
        )
    version = registry.version(request.name, number)
    registry.files(version)  # if they are gone, then now
    change = Change(action="rolled-back", version=number, before=champion.number, who=request.who, why=request.why)
    _make_champion(registry, version, change)
    return change


def _make_champion(registry: Registry, version: Version, change: Change) -> None:
    registry.set_alias(version, CHAMPION)
    challenger = registry.at_work(version.name).get(CHALLENGER)
    if challenger is not None and challenger.number == version.number:
        registry.remove_alias(version.name, CHALLENGER)
    registry.record(version.name, change)


def _before(history: Sequence[Change], number: int) -> int:
    """The champion before this one was promoted: a rollback does not count, or two would go in a circle."""
    promoted = [change for change in history if change.action in {"promoted", "forced"} and change.version == number]
    return promoted[-1].before if promoted else 0


def require_name(name: str) -> None:
    """Refuse names that registries, files or commands would not take.

    Raises:
        UserError: It is such a name.
    """
    if not _NAME.fullmatch(name):
        raise UserError(
            f"{name!r} cannot be a specialist's name", where="--as", fix="Use letters, digits, `_`, `-` and `.`."
        )


def name_of(run: Path) -> str:
    """The name under which a run is registered if nobody says otherwise: that of the run that it comes from."""
    origin = run / ORIGIN
    return str(read_json(origin)["name"]) if origin.is_file() else run.resolve().name
