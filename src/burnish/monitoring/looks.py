"""What looks have found, kept beside the request log: one line of JSON each, the oldest first."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from burnish.monitoring.drift import Test
from burnish.monitoring.look import Look

LOOKS_FILE = "looks.jsonl"
_BYTES_OF_A_LOOK = 4096  # more than a look takes


def keep_looks(path: Path, version: str, looks: Sequence[Look], *, anew: bool = False) -> None:
    """Add looks to those that are kept.

    Args:
        path: The file.
        version: The version of the specialist that was looked at.
        looks: In the order of time.
        anew: All requests of this version were looked at again: its earlier looks are forgotten.
    """
    kept: list[str] = []
    if anew and path.is_file():
        lines = path.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if not line.startswith(_beginning(version))]
    text = "".join(f"{line}\n" for line in [*kept, *(_line(version, look) for look in looks)])
    with path.open("w" if anew else "a", encoding="utf-8") as file:
        file.write(text)


def latest_looks(path: Path, most: int) -> list[tuple[str, Look]]:
    """The latest looks with the versions that they looked at, the oldest first; none where none are kept."""
    if not path.is_file():
        return []
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - most * _BYTES_OF_A_LOOK))
        lines = file.read().decode("utf-8", errors="replace").splitlines()
    return list(_read(lines[-most:]))


def _beginning(version: str) -> str:
    return f'{{"version": {json.dumps(version)},'


def _line(version: str, look: Look) -> str:
    return json.dumps({"version": version, **look.as_dict()}, ensure_ascii=False)


def _read(lines: Sequence[str]) -> Iterator[tuple[str, Look]]:
    for line in lines:
        with contextlib.suppress(ValueError, TypeError, KeyError):  # the first may be cut, the last half written
            values = json.loads(line)
            version = str(values.pop("version"))
            values.pop("alarms")
            tests = tuple(Test(**test) for test in values.pop("tests"))
            yield version, Look(**values, tests=tests)
