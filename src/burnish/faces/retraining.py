"""Retrain what is at work, and say what the gates make of it: a proposal to promote, or why not."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burnish.data.source import Source
from burnish.errors import UserError
from burnish.events import Note, Work
from burnish.exporting.manifest import MANIFEST
from burnish.faces.logs import open_store
from burnish.faces.python import Run, load, prepare
from burnish.faces.registering import AtWork, open_registry
from burnish.pipeline import RECIPE_FILE
from burnish.registry.gates import Champion, Gate, examine
from burnish.registry.promotion import gates_of, name_of
from burnish.registry.submission import submission_of
from burnish.registry.version import CHAMPION
from burnish.retraining.gathering import label_file
from burnish.retraining.retraining import RETRAIN, Retraining, retrain
from burnish.run_folder import RunFolder, file_digest, write_json

if TYPE_CHECKING:
    from burnish.monitoring.store import Answered
    from burnish.recipe import Recipe

PROPOSAL_FILE, FEEDBACK_FILE = "proposal.json", "feedback.jsonl"


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What a retraining came to.

    Attributes:
        run: The new run folder.
        name: The specialist's name.
        gates: What the gates say of it, against what is at work.
        command: What promotes it.
    """

    run: Path
    name: str
    gates: Sequence[Gate]
    command: str

    @property
    def passed(self) -> bool:
        """Whether all gates are open: whether it is proposed."""
        return all(gate.passed for gate in self.gates)

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON-able values."""
        return {
            "run": str(self.run),
            "name": self.name,
            "passed": self.passed,
            "gates": [gate.as_dict() for gate in self.gates],
            "promote": self.command,
        }


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is asked for.

    Attributes:
        at_work: The present run.
        data: The new rows; None: what feedback said was right.
        log: The address of the request log; "" for the default.
        name: The new run's name; "": the next number.
        replay: The share of the old rows that are learned from again.
        registry: The registry's address; "" for the default.
        keys: Keys of the recipe that are to be others than in the present run.
    """

    at_work: AtWork
    data: Source | None = None
    log: str = ""
    name: str = ""
    replay: float = 1.0
    registry: str = ""
    keys: Mapping[str, Any] = field(default_factory=dict)


def retrain_and_examine(wanted: Wanted) -> Work[Proposal]:
    """Make the present run anew with new rows, and let the result go through the gates.

    Raises:
        UserError: There are too few new rows, or what any run refuses.
    """
    old = load(wanted.at_work.run)
    if not (old.folder / RECIPE_FILE).is_file():
        raise UserError(
            "a specialist alone does not know what it learned from",
            where=str(old.folder),
            fix="Name the run folder that it was made in.",
        )
    name, out = old.folder.resolve().name, old.folder.parent
    recipe, _ = prepare(old.folder / RECIPE_FILE, name=name, out=out, keys=wanted.keys)
    place = old.folder.parent / (wanted.name or _next_name(old.folder))
    data = wanted.data
    if data is None:
        data = _feedback_file(wanted, recipe, place / RETRAIN / FEEDBACK_FILE)
    name = wanted.at_work.name or name_of(old.folder)
    asked = Retraining(
        old=RunFolder(root=old.folder),
        recipe=recipe,
        name=name,
        data=data,
        folder=RunFolder(root=place),
        replay=wanted.replay,
    )
    yield from retrain(asked)
    gates = yield from _gates(old, place, name, wanted.registry)
    command = ["burnish", "promote", str(place), "--as", name]
    command += ["--registry", wanted.registry] if wanted.registry else []
    proposal = Proposal(run=place, name=name, gates=gates, command=shlex.join(command))
    write_json(place / RETRAIN / PROPOSAL_FILE, proposal.as_dict())
    return proposal


def told_feedback(wanted: AtWork, log: str) -> list[Answered]:
    """The requests to the present specialist whose right answer is known, with their inputs.

    Raises:
        UserError: The log cannot be read.
    """
    version = file_digest(load(wanted.run).specialist_folder / MANIFEST)[:12]
    store = open_store(wanted.serving, log)
    try:
        return [a for a in store.answered(version=version) if a.truth is not None and a.inputs()]
    finally:
        store.close()


def _feedback_file(wanted: Wanted, recipe: Recipe, path: Path) -> Path:
    """What feedback said, as a table with the user's columns.

    Raises:
        UserError: Nobody said anything, or the log keeps no inputs.
    """
    from burnish.catalog import get_task

    if path.is_file():  # a retraining that was stopped goes on with the same rows
        return path
    found = told_feedback(wanted.at_work, wanted.log)
    if not found:
        raise UserError(
            "the log holds no input with feedback",
            where=str(wanted.at_work.serving),
            fix="Give new rows with --data FILE; or feedback, with `burnish feedback`. A log of hashes has no inputs.",
        )
    target = next(column.role for column in get_task(recipe.task).columns if column.target)
    rows = [{**answered.inputs(), target: answered.truth} for answered in found]
    return label_file(path, recipe, rows)


def _gates(old: Run, run: Path, name: str, registry: str) -> Work[list[Gate]]:
    """The gates against the champion, or where there is none against the run that was retrained."""
    from burnish.registry.address import registry_address

    submission = submission_of(run)
    if registry_address(registry).exists and find_spec("mlflow") is not None:
        opened = open_registry(registry)
        if CHAMPION in opened.at_work(name):
            return (yield from gates_of(opened, submission, name))
    yield Note(text=f"{name} has no champion in a registry: the gates compare with {old.folder.resolve().name}")
    present = submission_of(old.folder)
    champion = Champion(told=old.folder.resolve().name, specialist=old.specialist_folder, learned=present.learned())
    return (yield from examine(submission, champion))


def _next_name(folder: Path) -> str:
    """The run's name with the next number that is free; one whose retraining was stopped is taken up again."""
    stem = re.sub(r"-\d+$", "", folder.resolve().name)
    number = 2
    while _has_ended(folder.parent / f"{stem}-{number}") or folder.resolve().name == f"{stem}-{number}":
        number += 1
    return f"{stem}-{number}"


def _has_ended(folder: Path) -> bool:
    """Whether a folder is something else than a retraining that was stopped."""
    if not folder.exists():
        return False
    return (folder / RETRAIN / PROPOSAL_FILE).is_file() or not (folder / RETRAIN).is_dir()


def read_proposal(run: Path) -> dict[str, Any]:
    """The proposal that a retraining left."""
    found: dict[str, Any] = json.loads((run / RETRAIN / PROPOSAL_FILE).read_text(encoding="utf-8"))
    return found
