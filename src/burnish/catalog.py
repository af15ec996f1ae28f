"""The explicit table of tasks and methods. Other packages add theirs through entry points."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, TypeVar

from burnish.contracts import Method, Metric, Task
from burnish.errors import UserError, did_you_mean

TASKS = {
    "text-classification": "burnish.tasks.text_classification",
}
METHODS = {
    "full": "burnish.methods.full",
}

Plugin = TypeVar("Plugin")


@cache
def tasks() -> Mapping[str, Task]:
    """Every task by name: ours, and those of installed packages (entry points `burnish.tasks`)."""
    return _own(TASKS, "TASK") | _from_entry_points("burnish.tasks", Task)


@cache
def methods() -> Mapping[str, Method]:
    """Every method by name: ours, and those of installed packages (entry points `burnish.methods`)."""
    return _own(METHODS, "METHOD") | _from_entry_points("burnish.methods", Method)


def get_task(name: str) -> Task:
    """The task of that name.

    Raises:
        UserError: There is none; the nearest names are suggested.
    """
    return _get(tasks(), name, "task")


def get_method(name: str) -> Method:
    """The method of that name.

    Raises:
        UserError: There is none; the nearest names are suggested.
    """
    return _get(methods(), name, "method")


def get_metric(task: Task, name: str) -> Metric:
    """A task's metric by name.

    Raises:
        UserError: The task has no such metric.
    """
    return _get({metric.name: metric for metric in task.metrics}, name, "metric")


def _own(modules: Mapping[str, str], attribute: str) -> dict[str, Any]:
    return {name: getattr(import_module(module), attribute) for name, module in modules.items()}


def _from_entry_points(group: str, kind: type[Plugin]) -> dict[str, Plugin]:
    found: dict[str, Plugin] = {}
    for entry in entry_points(group=group):
        plugin = entry.load()
        if not isinstance(plugin, kind):
            raise UserError(
                f"the entry point {entry.name!r} of {group} is a {type(plugin).__name__}, not a {kind.__name__}",
                where=entry.value,
                fix="Mend or uninstall the package that brings it.",
            )
        found[entry.name] = plugin
    return found


def _get(table: Mapping[str, Plugin], name: str, kind: str) -> Plugin:
    try:
        return table[name]
    except KeyError:
        raise UserError(f"there is no {kind} {name!r}", where=kind, fix=did_you_mean(name, table)) from None
