"""Compare what is asked of a served specialist with what it learned from."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burnish.contracts import Row
from burnish.errors import UserError
from burnish.events import Note, Progress, Work
from burnish.exporting.manifest import MANIFEST, read_manifest
from burnish.faces.logs import SERVING, open_store
from burnish.faces.python import Run, load, prepare
from burnish.monitoring.drift import embedding_of
from burnish.monitoring.entry import as_json
from burnish.monitoring.look import Look, Watching, characters, look_at
from burnish.monitoring.looks import LOOKS_FILE, keep_looks
from burnish.monitoring.reference import Reference, read_reference
from burnish.monitoring.store import Answered
from burnish.pipeline import RECIPE_FILE
from burnish.run_folder import RunFolder, file_digest, read_json, write_json
from burnish.stages.stage import OpenRun, open_rows, open_run

if TYPE_CHECKING:
    from burnish.contracts import Features

REFERENCE_FILE, STATE_FILE = "reference.npz", "monitor.json"
_MOST_ROWS = 4000


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What monitoring has found.

    Attributes:
        version: The specialist's version.
        requests: Requests that have been looked at so far, in all.
        looks: The looks of this time, oldest first.
        waiting: Requests since the last look: too few for another one.
    """

    version: str
    requests: int
    looks: tuple[Look, ...] = field(default=())
    waiting: int = 0

    @property
    def alarms(self) -> list[Look]:
        """Looks that say that something has changed."""
        return [look for look in self.looks if look.alarms]

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON-able values."""
        return {
            "version": self.version,
            "requests": self.requests,
            "waiting": self.waiting,
            "alarm": bool(self.alarms),
            "looks": [look.as_dict() for look in self.looks],
        }


def monitor(
    run_folder: Path,
    *,
    address: str = "",
    watching: Watching | None = None,
    anew: bool = False,
    serving: Path | None = None,
) -> Work[Watched]:
    """Look at the requests that have come since the last time.

    Each request is looked at for the first time once, however often this is called: to look at all of them again and
    again would raise false alarms.

    Args:
        run_folder: The run that is served.
        address: The database of its predictions; "" for the default.
        watching: How often there is a look.
        anew: Begin again with the first request of this version.
        serving: The folder of the log; None: that of the run.

    Raises:
        UserError: It is no finished run, or the log cannot be read.
    """
    run, how = load(run_folder), watching or Watching()
    opened = yield from _open(run)
    version = file_digest(run.specialist_folder / MANIFEST)[:12]
    place = serving or run.folder / SERVING
    reference = yield from _reference(run, opened, version, place / REFERENCE_FILE)
    before = {} if anew else _state(place / STATE_FILE, version)
    features = _embedder(opened) if reference.embedding is not None else None
    store = open_store(place, address)
    looks: list[Look] = []
    queue = _Queue(how, str(before.get("last", "")))
    try:
        for answered in store.answered(version=version, since=float(before.get("begins", 0.0))):
            if queue.add(answered):
                looks.append(look_at(queue.window, reference, how, features))
                alarms = sum(bool(look.alarms) for look in looks)
                yield Progress(work="looking", done=len(looks), figures={"alarms": str(alarms)})
    finally:
        store.close()
    requests = int(before.get("requests", 0)) + queue.taken - queue.waiting
    if looks:
        latest = looks[-1]
        state = {"version": version, "requests": requests, "begins": latest.begins, "last": latest.last}
        write_json(place / STATE_FILE, state)
        keep_looks(place / LOOKS_FILE, version, looks, anew=anew)
    return Watched(version=version, requests=requests, looks=tuple(looks), waiting=queue.waiting)


class _Queue:
    """Requests in the order of time, gathered until the next look is due.

    Args:
        how: How large a window is, and how far one is from the next.
        last: The last request of the last look of an earlier time: those up to it fill the window and count no more.
    """

    def __init__(self, how: Watching, last: str) -> None:
        self._how, self._last = how, last
        self._requests: deque[Answered] = deque(maxlen=how.window)
        self.waiting = self.taken = 0

    @property
    def window(self) -> list[Answered]:
        """The latest requests."""
        return list(self._requests)

    def add(self, answered: Answered) -> bool:
        """Take a request; True where a look is due."""
        self._requests.append(answered)
        if self._last:
            self._last = "" if answered.entry.id == self._last else self._last
            return False
        self.taken += 1
        self.waiting += 1
        if len(self._requests) < self._how.window or self.waiting < self._how.every:
            return False
        self.waiting = 0
        return True


def _open(run: Run) -> Work[OpenRun]:
    """What the stages of the run work with.

    Raises:
        UserError: This is a specialist alone, which does not know what it learned from.
    """
    recipe_file = run.folder / RECIPE_FILE
    if not recipe_file.is_file():
        raise UserError(
            "a specialist alone does not say what it learned from",
            where=str(run.folder),
            fix="Name the run folder that it was made in.",
        )
    recipe, _ = prepare(recipe_file, name=run.folder.name, out=run.folder.parent, keys={})
    return (yield from open_run(recipe, RunFolder(root=run.folder)))


def _embedder(opened: OpenRun) -> Callable[[Sequence[Row]], Features]:
    """Embeds rows by the untouched model; nothing is kept of them."""
    return replace(opened.features(), digest="")


def _reference(run: Run, opened: OpenRun, version: str, path: Path) -> Work[Reference]:
    """What was known when the specialist was made, computed once for each version."""
    kept = read_reference(path)
    if kept is not None and kept.version == version:
        return kept
    yield Note(text="describing the rows that the specialist learned from, once")
    rows = [row for part in ("train", "validation") for row in open_rows(opened.folder, part)]
    rows = rows[:: max(1, -(-len(rows) // _MOST_ROWS))]
    by_row = not opened.untouched().by_unit
    values, confidences, right = _tested(run)
    reference = Reference(
        version=version,
        embedding=embedding_of(opened.features()(rows)) if by_row else None,
        values=values,
        confidences=confidences,
        right=right,
        characters=[float(characters(_inputs(opened, row))) for row in rows],
    )
    reference.write(path)
    return reference


def _inputs(opened: OpenRun, row: Row) -> Row:
    return {column.role: row[column.role] for column in opened.task.columns if not column.target and column.role in row}


def _tested(run: Run) -> tuple[list[str], list[float], float | None]:
    """The answers to the test rows that what is served gave, how sure it was, and the share that was right."""
    verdict = run.verdict
    system = verdict["best_baseline"] if verdict["decision"] == "keep-baseline" else "specialist"
    with (run.folder / "evaluate" / "predictions.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    labels = set(read_manifest(run.specialist_folder).targets.labels)
    values = [as_json(row[system]) if labels else row[system] for row in rows]
    confidences = [float(row["confidence"]) for row in rows] if system == "specialist" else []
    right = sum(row[system] == row["truth"] for row in rows) / len(rows) if labels else None
    return values, confidences, right


def _state(path: Path, version: str) -> dict[str, Any]:
    """Where the last time ended; {} at the first time, and for another version."""
    found: dict[str, Any] = read_json(path) if path.is_file() else {}
    return found if found.get("version") == version else {}
