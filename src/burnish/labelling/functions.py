"""Labelling functions: a user's own rules in a Python file, each of which labels a row or abstains."""

from __future__ import annotations

import importlib.util
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from burnish.data.profile import cell_text
from burnish.errors import UserError

LIST_NAME = "FUNCTIONS"
_HOW = (
    "Put @labelling_function (from burnish import labelling_function) above each, or list them: "
    f"{LIST_NAME} = [says_refund, …]."
)


@dataclass(frozen=True, kw_only=True)
class LabellingFunction:
    """A rule.

    Attributes:
        name: Its name, for reports.
        rule: Given a row (cells by the names of the file's columns, and by role), returns a label, or None to abstain.
    """

    name: str
    rule: Callable[[Mapping[str, Any]], Any]

    def __call__(self, row: Mapping[str, Any]) -> Any:
        """What the rule says of a row."""
        return self.rule(row)


def labelling_function(rule: Callable[[Mapping[str, Any]], Any]) -> LabellingFunction:
    """Mark a function as a labelling function. It is given a row, and returns a label, or None to abstain."""
    return LabellingFunction(name=getattr(rule, "__name__", "function"), rule=rule)


def load_functions(path: Path) -> list[LabellingFunction]:
    """Run a Python file and collect the labelling functions in it. Only ever called on a file that the user names.

    Raises:
        UserError: The file cannot be run, or has no labelling functions, or two of the same name.
    """
    module = _run(path)
    listed = getattr(module, LIST_NAME, None)
    if listed is None:
        found = [value for value in vars(module).values() if isinstance(value, LabellingFunction)]
    elif isinstance(listed, list | tuple) and all(map(callable, listed)):
        found = [one if isinstance(one, LabellingFunction) else labelling_function(one) for one in listed]
    else:
        raise UserError(f"{LIST_NAME} is not a list of functions", where=str(path), fix=_HOW)
    if not found:
        raise UserError("the file has no labelling functions", where=str(path), fix=_HOW)
    names = [function.name for function in found]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise UserError(
            f"more than one labelling function is called {repeated[0]!r}", where=str(path), fix="Rename one of them."
        )
    return found


def apply_function(function: LabellingFunction, row: Mapping[str, Any], place: str, file: Path) -> str:
    """The label that a function gives a row, "" where it abstains.

    Args:
        function: The function.
        row: Cells by name; the function cannot change them.
        place: Where the row stands, for messages.
        file: The file of the function.

    Raises:
        UserError: The function fails, or returns what is no label.
    """
    try:
        said = function(MappingProxyType(dict(row)))
    except (Exception, SystemExit) as error:
        raise UserError(
            f"the labelling function {function.name!r} failed on a row: {_told(error)}",
            where=f"{_line_of(error, file)}, on the row {place}",
            fix='Mend the function; it returns None where it has nothing to say. Cells that are empty are "".',
        ) from error
    if said is None:
        return ""
    if isinstance(said, bool) or not isinstance(said, str | int | float):
        raise UserError(
            f"the labelling function {function.name!r} returned {type(said).__name__}, not a label",
            where=f"{file}, on the row {place}",
            fix='Return the name of a label ("refund"), or None to abstain.',
        )
    return cell_text(said)


def _run(path: Path) -> ModuleType:
    if not path.is_file():
        raise UserError("there is no such file", where=str(path), fix="Name a Python file with labelling functions.")
    spec = importlib.util.spec_from_file_location("labelling_functions", path)
    if spec is None or spec.loader is None:
        raise UserError(
            "this is no Python file", where=str(path), fix="Give the file of functions a name that ends in .py."
        )
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise UserError(
            f"the file of labelling functions cannot be run: {_told(error)}",
            where=_line_of(error, path),
            fix="Mend it: `python FILE` shows the whole error.",
        ) from error
    return module


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _line_of(error: BaseException, path: Path) -> str:
    """The file with the last line of it that the error went through, or the one that cannot be parsed."""
    if isinstance(error, SyntaxError) and error.lineno:
        return f"{path}:{error.lineno}"
    own: Sequence[int] = [
        frame.lineno or 0
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename) == path or Path(frame.filename) == path.resolve()
    ]
    return f"{path}:{own[-1]}" if own else str(path)
