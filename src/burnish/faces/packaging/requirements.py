"""The exact versions that a specialist is served with: those that are installed here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement

from burnish.contracts import Task
from burnish.errors import UserError
from burnish.faces.doctor import install_command

SERVE = "serve"


def pinned_requirements(task: Task) -> list[str]:
    """`name==version` of everything that serving needs, in alphabetical order.

    Args:
        task: What is served; what reads its inputs is needed, too.

    Raises:
        UserError: Something that serving needs is not installed.
    """
    versions: dict[str, str] = {}
    waiting = [("burnish", frozenset({SERVE, *_extras_of(task)}))]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, extras = waiting.pop()
        if (_plain(name), extras) in seen:
            continue
        seen.add((_plain(name), extras))
        try:
            found = distribution(name)
        except PackageNotFoundError:
            raise UserError(
                f"{name} is not installed, and serving needs it", where="burnish package", fix=install_command(SERVE)
            ) from None
        versions[_plain(found.metadata["Name"])] = found.version.partition("+")[0]
        waiting += _needed(found.requires or [], extras)
    versions.pop("burnish", None)  # its own files go along
    return [f"{name}=={version}" for name, version in sorted(versions.items())]


def _needed(requirements: list[str], extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    for line in requirements:
        requirement = Requirement(line)
        wanted = requirement.marker is None or any(
            requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras)
        )
        if wanted:
            yield requirement.name, frozenset(requirement.extras)


def _extras_of(task: Task) -> set[str]:
    """Optional extras that the task's inputs need."""
    kinds = {column.kind for column in task.columns if not column.target}
    return {"images"} if "image" in kinds else set()


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
