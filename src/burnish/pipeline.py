"""The pipeline: the stages in order, and the runner that skips what is done and says why it does the rest."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from burnish.errors import UserError
from burnish.events import Event, Progress, StageDone, StageStarted, Work
from burnish.hardware import Meter
from burnish.memory_faults import memory_faults_explained
from burnish.models.sources import named_folder
from burnish.recipe import Recipe
from burnish.recipe_problems import FILE_KEYS
from burnish.run_folder import RECORD, RunFolder, disk_faults_explained, folder_digests, read_json, write_json
from burnish.stages import baseline, check, evaluate, export, pretrain, report, split, train
from burnish.stages.stage import Stage, sealed_digest
from burnish.version import __version__, source_digest

STAGES: tuple[Stage, ...] = (
    check.STAGE,
    split.STAGE,
    baseline.STAGE,
    pretrain.STAGE,
    train.STAGE,
    export.STAGE,
    evaluate.STAGE,
    report.STAGE,
)
RECIPE_FILE, LOG_FILE, PROGRESS_FILE = "recipe.yaml", "log.jsonl", ".progress.json"
_SECONDS_BETWEEN_PROGRESS = 0.5
_BEGUN = ".begun.json"
_SOME_FILE, _SOME_FOLDER = "a file", "a folder"


def run_pipeline(recipe: Recipe, folder: RunFolder) -> Work[None]:
    """Bring a run folder to its end: do the stages whose results are missing or out of date, skip the others.

    Args:
        recipe: Completed.
        folder: New, or from an earlier run that ended or was killed.

    Raises:
        UserError: The data, the recipe or the machine does not allow it. Folders that this run made are removed again
            where they hold no finished stage.
    """
    if recipe.evaluate.folds > 1:
        raise UserError(
            f"the recipe asks for {recipe.evaluate.folds} folds, and a run seals one test set",
            where="evaluate.folds",
            fix="Test every row with `burnish.cross_validate`, by the same recipe; or train one specialist with "
            "`evaluate.folds: 1`.",
        )
    yield from in_folder(recipe, folder, run_stages(recipe, folder))


def in_folder(recipe: Recipe, folder: RunFolder, work: Work[None]) -> Work[None]:
    """Do a piece of work in a run folder that is held meanwhile: the recipe is written, and what is said is logged.

    Args:
        recipe: Completed.
        folder: Made where it does not exist, and removed again where an error leaves no finished stage in it.
        work: Not begun yet.
    """
    with disk_faults_explained(folder.root):
        made = [place for place in (folder.root, *folder.root.parents) if not place.exists()]
        try:
            with folder.locked():
                for left in folder.root.glob(".*.tmp"):  # by a process that was killed while it wrote
                    left.unlink(missing_ok=True)
                recipe.write(folder.root / RECIPE_FILE)
                yield from _logged(work, folder.root / LOG_FILE)
        except (UserError, OSError):
            if folder.root in made:
                _remove_again(folder, made)
            raise


def _remove_again(folder: RunFolder, made: Sequence[Path]) -> None:
    """Remove a new run without any finished stage, and then the new folders above it that hold nothing else."""
    with contextlib.suppress(OSError):  # its name is one that no file can have
        if any(folder.record(stage.name) for stage in STAGES):
            return
    shutil.rmtree(folder.root, ignore_errors=True)
    for place in made[1:]:
        with contextlib.suppress(OSError):
            place.rmdir()


def run_stages(recipe: Recipe, folder: RunFolder, *, last: str = report.STAGE.name) -> Work[None]:
    """Do the stages up to the `last` one whose results are missing or out of date, and skip the others."""
    rerun_below = ""
    names = [stage.name for stage in STAGES]
    for stage in STAGES[: names.index(last) + 1]:
        if not stage.applies(recipe):
            shutil.rmtree(folder.stage(stage.name), ignore_errors=True)  # of an earlier recipe, which asked for it
            continue
        began = time.perf_counter()
        wanted = wanted_record(stage, recipe, folder)
        reason = rerun_below or _why_run(stage, wanted, folder)
        if not reason:
            yield StageDone(stage=stage.name, seconds=0.0, skipped=True)
            continue
        if folder.record(stage.name) is not None:
            rerun_below = rerun_below or f"{stage.name} is done again"
        sealed = sealed_digest(folder) if STAGES.index(stage) > STAGES.index(split.STAGE) else ""
        yield StageStarted(stage=stage.name, reason=reason if folder.record(stage.name) else "")
        yield from _run_stage(stage, wanted, recipe, folder, sealed)
        yield StageDone(stage=stage.name, seconds=time.perf_counter() - began)


def _run_stage(stage: Stage, wanted: Mapping[str, Any], recipe: Recipe, folder: RunFolder, sealed: str) -> Work[None]:
    """Run a stage in a clean folder, or in the one that it left unfinished with the same settings and inputs.

    Its record says, too, which sealed test rows there were when it began: `sealed`, their sha256.
    """
    place = folder.stage(stage.name)
    begun = place / _BEGUN
    (place / RECORD).unlink(missing_ok=True)
    if not (stage.resumes and begun.is_file() and read_json(begun) == wanted):
        shutil.rmtree(place, ignore_errors=True)
        write_json(begun, wanted)
    meter = Meter()
    try:
        with memory_faults_explained(f"stage {stage.name}"):
            yield from stage.run(recipe, folder)
    except UserError:
        if not stage.resumes:
            shutil.rmtree(place, ignore_errors=True)
        raise
    record = {**wanted, "outputs": folder_digests(place), "seed": recipe.seed, "usage": asdict(meter.read())}
    if sealed:
        record["sealed"] = sealed
    write_json(place / RECORD, record)
    begun.unlink(missing_ok=True)


def wanted_record(stage: Stage, recipe: Recipe, folder: RunFolder) -> dict[str, Any]:
    """What a record must say for the stage's result to hold: settings, inputs and code."""
    values = _without_paths(recipe)
    before = [earlier for earlier in STAGES[: STAGES.index(stage)] if earlier.applies(recipe)]
    return {
        "stage": stage.name,
        "settings": {key: _value(values, key) for key in stage.reads},
        "files": dict(stage.files(recipe)),
        "inputs": {earlier.name: (folder.record(earlier.name) or {}).get("outputs", {}) for earlier in before},
        "code": {"burnish": __version__, "source": source_digest()},
    }


def _without_paths(recipe: Recipe) -> dict[str, Any]:
    """The recipe's values without the paths in it: what files hold counts (`check` says so), not where they lie."""
    values = recipe.as_dict()
    for section, key in FILE_KEYS:
        if (within := values[section]) is not None and within[key] is not None and Path(within[key]).exists():
            within[key] = _SOME_FILE
    if named_folder(recipe.model) is not None:
        values["model"] = _SOME_FOLDER
    if recipe.augment is not None and named_folder(recipe.augment.masked_model) is not None:
        values["augment"]["masked-model"] = _SOME_FOLDER
    return values


def _value(values: Any, key: str) -> Any:
    for part in key.split("."):
        values = values[part]
    return values


def _why_run(stage: Stage, wanted: Mapping[str, Any], folder: RunFolder) -> str:
    """Why a stage must run, or "" where its record holds: the first thing that differs, by name."""
    record = folder.record(stage.name)
    if record is None:
        return "not done yet"
    if changed := what_changed(record, wanted):
        return changed
    if folder_digests(folder.stage(stage.name)) != record.get("outputs"):
        return "its files have changed since it ended"
    return ""


def what_changed(record: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """The first setting, file, input or code in which a record differs from what is wanted, in words, or ""."""
    for part in ("settings", "files", "inputs", "code"):
        before, now = record.get(part, {}), wanted[part]
        for key in dict.fromkeys([*now, *before]):
            if before.get(key) != now.get(key):
                return _difference(part, key, before.get(key), now.get(key))
    return ""


def _difference(part: str, key: str, before: Any, now: Any) -> str:
    if part == "settings":
        name, old, new = _first_difference(key, before, now)
        return f"{name} changed from {old!r} to {new!r}"
    if part == "files":
        return f"the content of {key} changed"
    if part == "inputs":
        return f"the result of {key} changed"
    return "burnish itself changed"


def _first_difference(key: str, before: Any, now: Any) -> tuple[str, Any, Any]:
    """The first key below `key` whose value changed, with both values."""
    if isinstance(before, dict) and isinstance(now, dict):
        for name in sorted({*before, *now}):
            if before.get(name) != now.get(name):
                return _first_difference(f"{key}.{name}", before.get(name), now.get(name))
    return key, before, now


def _logged(events: Work[None], path: Path) -> Work[None]:
    """Pass events on, writing what is said, stages and validations to the run's log.

    How far the present piece of work has come stands in a file of its own, which is gone when the run has ended.
    """
    progress = path.with_name(PROGRESS_FILE)
    shown = 0.0
    with path.open("a", encoding="utf-8", buffering=1) as log:

        def write(event: Event) -> None:
            nonlocal shown
            if isinstance(event, Progress):
                if (now := time.monotonic()) - shown >= _SECONDS_BETWEEN_PROGRESS:
                    shown = now
                    write_json(progress, {"time": time.time(), **asdict(event)})
                return
            entry = {"time": round(time.time(), 3), "event": type(event).__name__, **asdict(event)}
            log.write(json.dumps(entry, ensure_ascii=False) + "\n")

        try:
            for event in events:
                write(event)
                yield event
        except UserError as error:
            log.write(json.dumps({"time": round(time.time(), 3), "event": "UserError", **error.as_dict()}) + "\n")
            raise
        finally:
            progress.unlink(missing_ok=True)
