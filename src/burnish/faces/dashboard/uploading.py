"""A run that is started from an uploaded file: what may be chosen, and the file's way to the disk."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from fastapi import Request

from burnish.catalog import methods, tasks
from burnish.contracts import Task
from burnish.data.read import TABLE_ENDINGS
from burnish.errors import did_you_mean
from burnish.faces.dashboard.settings import DashboardSettings
from burnish.faces.server.refusals import Refused
from burnish.run_folder import disk_faults_explained

_FILE_KINDS = frozenset({"image", "audio"})
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,63}", re.ASCII)
_LONGEST_COLUMN = 200


@dataclass(frozen=True, kw_only=True)
class FormView:
    """What the form offers: tasks and methods with their summaries, models, file endings, and the largest file."""

    tasks: tuple[tuple[str, str], ...]
    methods: tuple[tuple[str, str], ...]
    models: tuple[str, ...]
    endings: str
    megabytes: str


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A run as it was asked for.

    Attributes:
        name: The run's name.
        ending: Of the file; all that is taken from its name.
        options: Options of `burnish run`.
    """

    name: str
    ending: str
    options: Mapping[str, str]


def view_form(settings: DashboardSettings) -> FormView:
    """What the form offers."""
    return FormView(
        tasks=tuple((task.name, task.summary) for task in _tasks().values()),
        methods=tuple((method.name, method.summary) for method in methods().values()),
        models=settings.models,
        endings=",".join(sorted(TABLE_ENDINGS)),
        megabytes=f"{settings.most_bytes / 1_000_000:g}",
    )


def read_wanted(fields: Mapping[str, str], settings: DashboardSettings) -> Wanted:
    """Check what was asked for.

    Args:
        fields: file, name, task, label, text, model, method; all but the first may be "".
        settings: Which models may be chosen.

    Raises:
        Refused: Something cannot be chosen; it says what.
    """
    given = PurePosixPath(fields.get("file", "").replace("\\", "/"))
    ending = given.suffix.lower()
    if ending not in TABLE_ENDINGS:
        raise Refused(
            415,
            f"a file that ends in {ending or 'nothing'!r} cannot be read here",
            where="file",
            fix=f"Give one of: {', '.join(sorted(TABLE_ENDINGS))}.",
        )
    name = fields.get("name", "").strip() or re.sub(r"[^\w.-]+", "-", given.stem, flags=re.ASCII).strip("-.")[:64]
    if not _NAME.fullmatch(name):
        raise Refused(
            422,
            f"{name!r} cannot be a run's name",
            where="name",
            fix="Use up to 64 letters, digits, `_`, `-` and `.`, and begin with a letter or a digit.",
        )
    options = {
        "task": _chosen("task", fields.get("task", "") or next(iter(_tasks())), tuple(_tasks())),
        "model": _chosen("model", fields.get("model", ""), ("", *settings.models)),
        "method": _chosen("method", fields.get("method", ""), ("", *methods())),
    }
    for column in ("label", "text"):
        options[column] = fields.get(column, "").strip()
        if len(options[column]) > _LONGEST_COLUMN or not options[column].isprintable():
            raise Refused(422, "this is no column's name", where=column, fix="Write it as the file's first line does.")
    return Wanted(name=name, ending=ending, options=options)


async def keep_file(request: Request, path: Path, most: int) -> None:
    """Write a request's body to a new file as it comes.

    Raises:
        Refused: It is too large, or empty; nothing is kept then.
        UserError: The disk is full, or may not be written.
    """
    said = request.headers.get("content-length", "")
    if said.isdigit() and int(said) > most:
        raise _too_large(most)
    received = 0
    try:
        with (
            disk_faults_explained(path),
            os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file,
        ):
            async for part in request.stream():
                received += len(part)
                if received > most:
                    raise _too_large(most)
                file.write(part)
        if not received:
            raise Refused(422, "the file is empty", where="file", fix="Choose another.")
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _tasks() -> dict[str, Task]:
    """Tasks whose rows are in one file. Rows that name other files would have those of this machine read."""
    return {
        name: task for name, task in tasks().items() if not any(column.kind in _FILE_KINDS for column in task.columns)
    }


def _chosen(field: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise Refused(422, f"{value!r} cannot be chosen", where=field, fix=did_you_mean(value, filter(None, known)))
    return value


def _too_large(most: int) -> Refused:
    return Refused(
        413,
        f"the file is larger than {most / 1_000_000:g} MB",
        where="file",
        fix="Start the dashboard with a larger --most-bytes, or give it to `burnish run`.",
    )
