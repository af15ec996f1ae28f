"""The explicit table of tasks and methods. Other packages add theirs through entry points."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

from burnish.contracts import Metric, Task
from burnish.errors import UserError, did_you_mean
from burnish.method_contract import Method

TASKS = {
    "text-classification": "burnish.tasks.text_classification",
    "text-regression": "burnish.tasks.text_regression",
    "token-classification": "burnish.tasks.token_classification",
    "image-classification": "burnish.tasks.image_classification",
    "chat": "burnish.tasks.chat",
}
METHODS = {
    "full": "burnish.methods.full",
    "freeze": "burnish.methods.freeze",
    "head": "burnish.methods.head",
    "lora": "burnish.methods.lora",
    "adapter": "burnish.methods.adapter",
    "ia3": "burnish.methods.ia3",
    "prompt": "burnish.methods.prompt",
    "few-shot": "burnish.methods.few_shot",
}

Plugin = TypeVar("Plugin", Task, Method, Metric)


@cache
def tasks() -> Mapping[str, Task]:
    """Every task by name: ours, and those of installed packages (entry points `burnish.tasks`)."""
    return _own(TASKS, "TASK") | _from_entry_points("burnish.tasks", Task, TASKS)


@cache
def methods() -> Mapping[str, Method]:
    """Every method by name: ours, and those of installed packages (entry points `burnish.methods`)."""
    return _own(METHODS, "METHOD") | _from_entry_points("burnish.methods", Method, METHODS)


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


WITH_ROWS = "new-rows.csv -o answered.csv"  # what `burnish predict RUN` may always be given


def asked_with(task: Task) -> str:
    """What `burnish predict RUN` is given to answer, by example: a text, or a place with files or rows."""
    inputs = [column for column in task.columns if not column.target and not column.optional]
    if len(inputs) == 1 and inputs[0].kind in {"image", "audio"}:
        return "FOLDER -o answered.csv"
    return '--text "…"' if len(inputs) == 1 else WITH_ROWS


def _own(modules: Mapping[str, str], attribute: str) -> dict[str, Any]:
    return {name: getattr(import_module(module), attribute) for name, module in modules.items()}


def _from_entry_points(group: str, kind: type[Plugin], own: Collection[str]) -> dict[str, Plugin]:
    found: dict[str, Plugin] = {}
    for entry in entry_points(group=group):
        try:
            plugin = entry.load()
        except (ImportError, AttributeError) as error:
            raise _faulty(entry, f"cannot be loaded: {error}") from error
        problem = ""
        if not isinstance(plugin, kind):
            problem = f"is a {type(plugin).__name__}, not a {kind.__name__}"
        elif plugin.name != entry.name:
            problem = f"has another name than the {kind.__name__.lower()} that it gives, {plugin.name!r}"
        elif entry.name in own:
            problem = "has the name of one of burnish's own"
        elif entry.name in found:
            problem = "is given by more than one package"
        if problem:
            raise _faulty(entry, problem)
        found[entry.name] = plugin
    return found


def _faulty(entry: EntryPoint, problem: str) -> UserError:
    package = f" of the package {entry.dist.name}" if entry.dist else ""
    return UserError(
        f"the entry point {entry.name!r}{package} {problem}",
        where=f"{entry.group}: {entry.name} = {entry.value}",
        fix="Mend the package, or uninstall it.",
    )


def _get(table: Mapping[str, Plugin], name: str, kind: str) -> Plugin:
    try:
        return table[name]
    except KeyError:
        raise UserError(f"there is no {kind} {name!r}", where=kind, fix=did_you_mean(name, table)) from None
