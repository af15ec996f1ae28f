"""Specialists of the registry: versions, what is at work, and every change."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from burnish.errors import UserError
from burnish.faces.dashboard.live import MOST_LOOKS
from burnish.faces.dashboard.place import Place
from burnish.monitoring.looks import LOOKS_FILE, latest_looks
from burnish.registry.registry import Registry
from burnish.registry.version import CHALLENGER, CHAMPION, Change, Version

_REPLACING = frozenset({"promoted", "forced", "rolled-back"})


@dataclass(frozen=True, kw_only=True)
class SpecialistLine:
    """A specialist in the list: `alarm` where its latest look raised one, `looked` where there was a look."""

    name: str
    champion: str
    challenger: str
    alarm: bool
    looked: bool


@dataclass(frozen=True, kw_only=True)
class VersionLine:
    """A version: its number, what it is at work as, its digest, the run that it comes from, and when it came."""

    number: int
    at_work: str
    digest: str
    run: str
    day: str


@dataclass(frozen=True, kw_only=True)
class ChangeLine:
    """A change in a sentence, and why."""

    when: str
    text: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Specialist:
    """A specialist of the registry.

    Attributes:
        champion: The champion's number; 0 where there is none.
        versions: The newest first.
        changes: The newest first.
        can_roll_back: Whether there was a champion before.
    """

    champion: int
    versions: tuple[VersionLine, ...]
    changes: tuple[ChangeLine, ...]
    can_roll_back: bool


def view_specialists(place: Place, registry: Registry | None) -> list[SpecialistLine]:
    """Everything that is or was served."""
    found = []
    for name, serving in place.served().items():
        at_work = registry.at_work(name) if registry is not None and not name.startswith("runs/") else {}
        looks = latest_looks(serving / LOOKS_FILE, MOST_LOOKS)[-1:]
        found.append(
            SpecialistLine(
                name=name,
                champion=_told(at_work.get(CHAMPION)),
                challenger=_told(at_work.get(CHALLENGER)),
                alarm=any(look.alarms for _, look in looks),
                looked=bool(looks),
            )
        )
    return found


def view_specialist(registry: Registry | None, name: str) -> Specialist | None:
    """A specialist of the registry; None where a run is served by its folder."""
    if registry is None or name.startswith("runs/"):
        return None
    try:
        versions, history = registry.versions(name), registry.history(name)
    except UserError:
        return None
    champion = next((version.number for version in versions if CHAMPION in version.aliases), 0)
    return Specialist(
        champion=champion,
        versions=tuple(_version(version) for version in versions),
        changes=tuple(_change(change) for change in reversed(history)),
        can_roll_back=_has_earlier(history, champion),
    )


def _has_earlier(history: Sequence[Change], champion: int) -> bool:
    promoted = [change for change in history if change.version == champion and change.action in {"promoted", "forced"}]
    return bool(promoted and promoted[-1].before)


def _told(version: Version | None) -> str:
    return "" if version is None else f"version {version.number}, from {Path(version.run).name}"


def _version(version: Version) -> VersionLine:
    at_work = [f"{alias}, {version.share:.1%}" if version.share else alias for alias in version.aliases]
    return VersionLine(
        number=version.number,
        at_work=", ".join(at_work),
        digest=version.digest,
        run=Path(version.run).name,
        day=_moment(version.created),
    )


def _change(change: Change) -> ChangeLine:
    before = f" in place of {change.before}" if change.before and change.action in _REPLACING else ""
    return ChangeLine(
        when=_moment(change.when),
        text=f"Version {change.version} {change.action}{before}, by {change.who}",
        why=change.why,
    )


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(seconds))
