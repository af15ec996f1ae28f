"""A place that tests look at: runs that ended in different ways, and one that is served."""

from __future__ import annotations

import time
from pathlib import Path

from burnish.faces.dashboard.place import Place
from burnish.faces.logs import SERVING, open_store
from burnish.monitoring.drift import Test as DriftTest
from burnish.monitoring.entry import Feedback
from burnish.monitoring.look import Look
from burnish.monitoring.looks import LOOKS_FILE, keep_looks
from burnish.run_folder import write_json, write_text
from tests.monitoring.making import entry
from tests.reporting.made_up import files, write_run

ATTACK = "<script>alert(1)</script>"


def make_place(folder: Path) -> Place:
    """Runs that ended, one that was stopped, one that is damaged, and one that is served."""
    runs = folder / "runs"
    for name, decision in (("good", "ship"), ("bad", "keep-baseline"), ("odd", "inconclusive")):
        content = files(decision)
        content["check/findings.json"][0]["text"] = ATTACK
        write_run(runs / name, content)
    (runs / "odd" / "evaluate" / "scores.json").write_text("{")
    write_text(runs / "good" / "report" / "report.html", "<p>the report</p>")
    write_text(runs / "half" / "recipe.yaml", "task: text-classification\n")
    events = ['{"time": 1, "event": "StageStarted", "stage": "check", "reason": ""}']
    events += ['{"time": 1, "event": "StageDone", "stage": "check", "seconds": 2.0, "skipped": false}']
    events += ['{"time": 2, "event": "Note", "text": "so far", "level": "warning"}', '{"time": 3, "ev']
    write_text(runs / "half" / "log.jsonl", "\n".join(events))
    write_text(runs / "folds" / "recipe.yaml", "task: text-classification\n")
    write_text(runs / "folds" / "cross-validation" / "report.html", "<p>the folds</p>")
    write_json(runs.parent / "secret.json", {})
    _serve(runs / "good" / SERVING)
    return Place(runs=runs, registry=str(folder / "registry"))


def _serve(serving: Path) -> None:
    """The log of a run that was served, with a look that raised an alarm."""
    store = open_store(serving, "")
    now = time.time()
    answered = [entry(n, time=now - 300 + n, seconds=0.01 * (1 + n % 3)) for n in range(200)]
    store.add([*answered, *(Feedback(id=each.id, time=now, truth='"positive"') for each in answered[:50])])
    store.close()
    tests = (DriftTest(name="inputs", p=1e-9, size=3.0, measure="distance", text=ATTACK),)
    quiet = (DriftTest(name="inputs", p=0.5, size=1.0, measure="distance"),)
    looks = [
        Look(begins=now - 200, ends=now, last="x", requests=100, tests=found, level=1e-4) for found in (quiet, tests)
    ]
    keep_looks(serving / LOOKS_FILE, "v1", looks)
