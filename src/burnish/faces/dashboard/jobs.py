"""What the dashboard changes, it changes by a command of burnish in a process of its own: jobs.

A job's folder lies in `.dashboard` beside the runs: the uploaded file, what was asked for, and what the command said.
Jobs outlive the dashboard, which finds them again when it is next started.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from burnish.faces.server.refusals import Refused
from burnish.run_folder import read_json, write_json

FOLDER = ".dashboard"
JOB_FILE, OUTPUT_FILE, ERRORS_FILE = "job.json", "output.json", "errors.log"
Kind: TypeAlias = Literal["run", "promote", "rollback", "look"]
State: TypeAlias = Literal["working", "ended", "failed"]
_NUMBER = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a job is to do.

    Attributes:
        kind: What it does.
        name: The run, or the specialist's name in the registry.
        words: The command, without the program.
        who: Who asked for it.
        then: The page that shows what came of it.
    """

    kind: Kind
    name: str
    words: tuple[str, ...]
    who: str
    then: str


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job that was begun.

    Attributes:
        number: Its number, which is the name of its folder.
        asked: What it is to do.
        pid: The process.
        began: Seconds since 1970.
    """

    number: str
    asked: Asked
    pid: int
    began: float


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a job is.

    Attributes:
        state: Whether it works, has ended with a result, or has failed.
        result: The object that the command printed; {} where there is none.
        error: What was wrong, where, and what to do.
    """

    state: State
    result: dict[str, Any]
    error: dict[str, str]


class Jobs:
    """All jobs of a folder of runs.

    Args:
        folder: Where their folders lie.
        at_once: The most that work at the same time.
    """

    def __init__(self, folder: Path, at_once: int) -> None:
        self._folder, self._at_once = folder, at_once
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._starting = threading.Lock()

    def new(self) -> tuple[str, Path]:
        """A number and a folder for what a job will need, readable by this user only."""
        number = secrets.token_hex(8)
        place = self._folder / number
        place.mkdir(parents=True, mode=0o700)
        return number, place

    def start(self, asked: Asked, number: str = "") -> Job:
        """Begin a job.

        Args:
            asked: What it is to do.
            number: From `new`, where something was put there before.

        Raises:
            Refused: Others are at work.
        """
        with self._starting:
            if (busy := [job for job in self.all() if self.outcome(job).state == "working"]) and len(
                busy
            ) >= self._at_once:
                what = " and ".join(f"`{job.asked.kind}` of {job.asked.name}" for job in busy)
                raise Refused(
                    409, f"another job is at work: {what}", fix="Wait for it to end, then try again.", again=5
                )
            if not number:
                number, _ = self.new()
            place = self._folder / number
            with (place / OUTPUT_FILE).open("wb") as output, (place / ERRORS_FILE).open("wb") as errors:
                process = subprocess.Popen(
                    [sys.executable, "-m", "burnish", *asked.words],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=errors,
                    start_new_session=True,  # a dashboard that is stopped does not stop it
                )
            self._processes[number] = process
            job = Job(number=number, asked=asked, pid=process.pid, began=time.time())
            write_json(place / JOB_FILE, asdict(job))
        return job

    def all(self) -> list[Job]:
        """Every job that was begun, the latest first."""
        if not self._folder.is_dir():
            return []
        found = [job for place in self._folder.iterdir() if (job := self.find(place.name)) is not None]
        return sorted(found, key=lambda job: -job.began)

    def find(self, number: str) -> Job | None:
        """A job by its number; None where there is none."""
        path = self._folder / number / JOB_FILE
        if not _NUMBER.fullmatch(number) or not path.is_file():
            return None
        values = read_json(path)
        asked = values["asked"]
        return Job(**{**values, "asked": Asked(**{**asked, "words": tuple(asked["words"])})})

    def of(self, kind: Kind, name: str) -> Job | None:
        """The latest job that does something with a name."""
        return next((job for job in self.all() if (job.asked.kind, job.asked.name) == (kind, name)), None)

    def outcome(self, job: Job) -> Outcome:
        """How a job is."""
        if self._works(job):
            return Outcome(state="working", result={}, error={})
        try:
            result = json.loads((self._folder / job.number / OUTPUT_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            result = None
        if not isinstance(result, dict):
            fault = {"what": "it was stopped before it had a result", "where": "", "fix": "Begin it again."}
            return Outcome(state="failed", result={}, error=fault)
        if "error" in result:
            return Outcome(state="failed", result={}, error=result["error"])
        return Outcome(state="ended", result=result, error={})

    def stop(self, job: Job) -> None:
        """End a job: a run goes on from there when it is begun again."""
        if self._works(job):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(job.pid, signal.SIGTERM)

    def _works(self, job: Job) -> bool:
        if (process := self._processes.get(job.number)) is not None:
            return process.poll() is None
        output = self._folder / job.number / OUTPUT_FILE  # of an earlier dashboard: the number may be another's by now
        if not output.is_file() or output.stat().st_size:
            return False
        try:
            os.kill(job.pid, 0)
        except PermissionError:
            return False
        except OSError:
            return False
        return True


def asked_words(command: str, options: dict[str, str], arguments: Sequence[str] = ()) -> tuple[str, ...]:
    """The words of a command: options that say something, then arguments that cannot be taken for options."""
    given = [f"--{name}={value}" for name, value in options.items() if value]
    return (command, "--json", *given, "--", *arguments)
