"""The pipeline: the stages in order, and the runner that skips what is done and says why it does the rest."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from burnish.errors import UserError
from burnish.events import Event, Note, StageDone, StageStarted, Work
from burnish.hardware import Meter
from burnish.recipe import Recipe
from burnish.run_folder import RECORD, RunFolder, disk_faults_explained, folder_digests, read_json, write_json
from burnish.stages import baseline, check, evaluate, export, report, split, train
from burnish.stages.stage import Stage
from burnish.version import __version__, source_digest

STAGES: tuple[Stage, ...] = (
    check.STAGE,
    split.STAGE,
    baseline.STAGE,
    train.STAGE,
    export.STAGE,
    evaluate.STAGE,
    report.STAGE,
)
RECIPE_FILE, LOG_FILE = "recipe.yaml", "log.jsonl"
_BEGUN = ".begun.json"


def run_pipeline(recipe: Recipe, folder: RunFolder) -> Work[None]:
    """Bring a run folder to its end: do the stages whose results are missing or out of date, skip the others.

    Args:
        recipe: Completed.
        folder: New, or from an earlier run that ended or was killed.

    Raises:
        UserError: The data, the recipe or the machine does not allow it. A folder that holds no finished stage is
            removed again.
    """
    was_there = folder.root.exists()
    with disk_faults_explained(folder.root):
        try:
            with folder.locked():
                recipe.write(folder.root / RECIPE_FILE)
                yield from _logged(_run_stages(recipe, folder), folder.root / LOG_FILE)
        except UserError:
            if not was_there and not any(folder.record(stage.name) for stage in STAGES):
                shutil.rmtree(folder.root, ignore_errors=True)
            raise


def _run_stages(recipe: Recipe, folder: RunFolder) -> Work[None]:
    rerun_below = ""
    for stage in STAGES:
        began = time.perf_counter()
        wanted = _wanted(stage, recipe, folder)
        reason = rerun_below or _why_run(stage, wanted, folder)
        if not reason:
            yield StageDone(stage=stage.name, seconds=0.0, skipped=True)
            continue
        if folder.record(stage.name) is not None:
            rerun_below = rerun_below or f"{stage.name} is done again"
        yield StageStarted(stage=stage.name, reason=reason if folder.record(stage.name) else "")
        yield from _run_stage(stage, wanted, recipe, folder)
        yield StageDone(stage=stage.name, seconds=time.perf_counter() - began)


def _run_stage(stage: Stage, wanted: Mapping[str, Any], recipe: Recipe, folder: RunFolder) -> Work[None]:
    """Run a stage in a clean folder, or in the one that it left unfinished with the same settings and inputs."""
    place = folder.stage(stage.name)
    begun = place / _BEGUN
    (place / RECORD).unlink(missing_ok=True)
    if not (stage.resumes and begun.is_file() and read_json(begun) == wanted):
        shutil.rmtree(place, ignore_errors=True)
        write_json(begun, wanted)
    meter = Meter()
    try:
        yield from stage.run(recipe, folder)
    except UserError:
        if not stage.resumes:
            shutil.rmtree(place, ignore_errors=True)
        raise
    record = {**wanted, "outputs": folder_digests(place), "seed": recipe.seed, "usage": asdict(meter.read())}
    write_json(place / RECORD, record)
    begun.unlink(missing_ok=True)


def _wanted(stage: Stage, recipe: Recipe, folder: RunFolder) -> dict[str, Any]:
    """What a record must say for the stage's result to hold: settings, inputs and code."""
    files = dict(stage.files(recipe))
    values = recipe.as_dict()
    for section, key in (name.split(".") for name in files):
        values[section].pop(key)  # what a file holds counts, not its name
    before = STAGES[: STAGES.index(stage)]
    return {
        "stage": stage.name,
        "settings": {key: _value(values, key) for key in stage.reads},
        "files": files,
        "inputs": {earlier.name: (folder.record(earlier.name) or {}).get("outputs", {}) for earlier in before},
        "code": {"burnish": __version__, "source": source_digest()},
    }


def _value(values: Any, key: str) -> Any:
    for part in key.split("."):
        values = values[part]
    return values


def _why_run(stage: Stage, wanted: Mapping[str, Any], folder: RunFolder) -> str:
    """Why a stage must run, or "" where its record holds: the first thing that differs, by name."""
    record = folder.record(stage.name)
    if record is None:
        return "not done yet"
    for part in ("settings", "files", "inputs", "code"):
        for key, value in wanted[part].items():
            if record.get(part, {}).get(key) != value:
                return _difference(part, key, record.get(part, {}).get(key), value)
    if folder_digests(folder.stage(stage.name)) != record.get("outputs"):
        return "its files have changed since it ended"
    return ""


def _difference(part: str, key: str, before: Any, now: Any) -> str:
    if part == "settings":
        name, old, new = _first_difference(key, before, now)
        return f"{name} changed from {old!r} to {new!r}"
    if part == "files":
        return f"the file {key} changed"
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
    """Pass events on, writing notes and stage changes to the run's log."""
    with path.open("a", encoding="utf-8", buffering=1) as log:

        def write(event: Event) -> None:
            if isinstance(event, Note | StageStarted | StageDone):
                entry = {"time": round(time.time(), 3), "event": type(event).__name__, **asdict(event)}
                log.write(json.dumps(entry, ensure_ascii=False) + "\n")

        try:
            for event in events:
                write(event)
                yield event
        except UserError as error:
            log.write(json.dumps({"time": round(time.time(), 3), "event": "UserError", **error.as_dict()}) + "\n")
            raise
