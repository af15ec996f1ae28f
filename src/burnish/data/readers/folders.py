"""A folder with a subfolder for each class: its files are rows, and the subfolders' names are labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from burnish.data.cells import Cells, joined_cells, kept_cells
from burnish.data.profile import FILE_ENDINGS
from burnish.data.source import files_in
from burnish.data.table import Table
from burnish.errors import UserError

_KINDS: Mapping[str, frozenset[str]] = {"text": frozenset({".txt", ".text", ".md"}), **FILE_ENDINGS}
_PARTS = frozenset({"train", "training", "test", "testing", "valid", "validation", "val", "dev"})


def table_from_folder(folder: Path, decode: Callable[[Path], str]) -> Table:
    """Read a folder per class of text, image or audio files.

    Columns are `text` (the file's text), `image` or `audio` (its full path), and `label`. Files deeper inside belong to
    the class whose folder stands at the top. Files of other kinds are left alone, and counted in the table's format.

    Args:
        folder: Holds the classes' folders.
        decode: A file's whole text.

    Raises:
        UserError: There are no such files, or files of more than one kind.
    """
    try:
        files = list(files_in(folder))
    except OSError as error:
        raise UserError(f"the folder cannot be read: {error}", where=str(folder), fix="Check it.") from None
    inside = [(file, file.relative_to(folder).parts) for file in files]
    _refuse_parts({parts[0].casefold() for _, parts in inside if len(parts) > 2}, folder)
    rows = [(file, parts[0], kind) for file, parts in inside if len(parts) > 1 and (kind := _kind(file))]
    kind = _only_kind(Counter(kind for *_, kind in rows), folder)
    cells = [decode(file) if kind == "text" else str(file.absolute()) for file, *_ in rows]
    others = len(files) - len(rows)
    return Table(
        file=str(folder),
        columns={kind: cells, "label": [label for _, label, _ in rows]},
        lines=[1] * len(rows),
        format=f"a folder per class of {kind} files" + (f"; {others} other files left alone" if others else ""),
        files=[file.relative_to(folder).as_posix() for file, *_ in rows],
        kinds={kind: kind, "label": "label"},
    )


def _kind(file: Path) -> str:
    ending = file.suffix.lower()
    return next((kind for kind, endings in _KINDS.items() if ending in endings), "")


def _refuse_parts(tops: set[str], folder: Path) -> None:
    """Refuse to take the parts of a data set for its classes."""
    if tops and tops <= _PARTS:
        raise UserError(
            "the subfolders are parts of a data set (" + ", ".join(sorted(tops)) + "), not classes",
            where=str(folder),
            fix="Name the part to learn from as the data, and the other one as `test` (--test).",
        )


def _only_kind(kinds: Counter[str], folder: Path) -> str:
    if not kinds:
        raise UserError(
            "this is a folder, and it has no subfolders of text, image or audio files",
            where=str(folder),
            fix="Name a data file; or put the files of each class into a subfolder with the name of the class.",
        )
    if len(kinds) > 1:
        told = ", ".join(f"{count} {kind} files" for kind, count in kinds.most_common())
        raise UserError(
            f"the subfolders hold files of different kinds: {told}",
            where=str(folder),
            fix="Keep files of one kind in this folder.",
        )
    return next(iter(kinds))


def parts_of_folder(folder: Path, is_table: Callable[[Path], bool]) -> list[Path]:
    """The tables that lie in a folder itself, in the order of their names."""
    try:
        inside = sorted(path for path in folder.iterdir() if not path.name.startswith(".") and path.is_file())
    except OSError:
        return []
    return [path for path in inside if is_table(path)]


def is_parted(folder: Path, parts: Sequence[Path]) -> bool:
    """Whether a folder is a table in parts: all its files are tables, and it has no folders of other files."""
    return bool(parts) and len(parts) == sum(1 for _ in files_in(folder))


def joined_tables(folder: Path, tables: Sequence[Table]) -> Table:
    """The tables of a folder one below the other.

    Raises:
        UserError: They do not have the same columns.
    """
    first = tables[0]
    for table in tables:
        if set(table.names) != set(first.names):
            odd = sorted(set(table.names) ^ set(first.names))
            raise UserError(
                f"the files of this folder have different columns: {', '.join(odd)}",
                where=table.file,
                fix="Keep files with the same columns in a folder, or name one file.",
            )
    columns = {name: joined_cells([_as_cells(table.columns[name]) for table in tables]) for name in first.names}
    return Table(
        file=str(folder),
        columns=columns,
        lines=[line for table in tables for line in table.lines],
        format=f"{len(tables)} files: {first.format}" if len(tables) > 1 else first.format,
        files=[Path(table.file).name for table in tables for _ in table.lines],
        kinds=first.kinds,
    )


def _as_cells(cells: Sequence[Any]) -> Cells:
    return cells if isinstance(cells, Cells) else kept_cells(cells)
