"""What a recipe may name as data: a path, or an address (`scheme://…`)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator

from burnish.data.address import is_address, refuse_password, scheme
from burnish.run_folder import expanded

_SQLITE = "sqlite:///"


def as_source(value: Any) -> Any:
    """A text as a path, unless it is an address: `Path` would make one slash of its two.

    Raises:
        UserError: It is an address with a password.
    """
    if not isinstance(value, str):
        return value
    if not is_address(value):
        return Path(value)
    refuse_password(value)
    return value


Source: TypeAlias = Path | str
SourceKey: TypeAlias = Annotated[Path | str, BeforeValidator(as_source)]  # the same, as the type of a recipe's key


def given_source(source: Source) -> Source:
    """A source as somebody typed it, with `~` written out.

    Raises:
        UserError: It is an address with a password.
    """
    return as_source(str(source)) if is_address(source) else expanded(str(source))


def source_name(source: Source) -> str:
    """What a source is called in a few letters: the last part of its path."""
    if not is_address(source):
        return Path(source).name or Path(source).resolve().name
    return str(source).partition("://")[2].partition("?")[0].rstrip("/").rpartition("/")[2]


def from_folder(name: str, folder: Path) -> str:
    """A source that a recipe in `folder` names, as seen from where we are."""
    if is_address(name):
        return _sqlite_file(name, lambda file: os.path.normpath(folder / file))
    return os.path.normpath(folder / expanded(name))


def to_folder(name: str, folder: Path) -> str:
    """The opposite of `from_folder`: a source as a recipe in `folder` must name it. Absolute ones stay as they are."""
    if is_address(name):
        return _sqlite_file(name, lambda file: file if Path(file).is_absolute() else os.path.relpath(file, folder))
    return name if Path(name).is_absolute() else os.path.relpath(name, folder)


def _sqlite_file(address: str, change: Callable[[str], str]) -> str:
    """An address, in which only that of an SQLite file depends on where one is."""
    if scheme(address) != "sqlite":
        return address
    file, mark, rest = address.removeprefix(_SQLITE).partition("?")
    return f"{_SQLITE}{change(file)}{mark}{rest}"


def files_in(folder: Path) -> Iterator[Path]:
    """The files below a folder in the order of their names, leaving out all that is hidden."""
    for place, folders, names in os.walk(folder, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(place, name) for name in sorted(names) if not name.startswith("."))
