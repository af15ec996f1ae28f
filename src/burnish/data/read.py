"""Read a source into a Table, or say what is wrong with it and on which lines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from burnish.conversations.shapes import shaped
from burnish.data.address import DATABASES, HUB, is_address, scheme
from burnish.data.decoding import TextReader
from burnish.data.files import PACKED, SourceFile, local_file, remote_file
from burnish.data.readers.boxes import is_voc, table_from_voc
from burnish.data.readers.columnar import table_from_arrow, table_from_parquet
from burnish.data.readers.conll import table_from_conll
from burnish.data.readers.databases import table_from_database
from burnish.data.readers.delimited import table_from_csv
from burnish.data.readers.folders import is_parted, joined_tables, parts_of_folder, table_from_folder
from burnish.data.readers.hub import is_saved, table_from_hub, table_from_saved
from burnish.data.readers.json_objects import table_from_json, table_from_json_lines
from burnish.data.readers.spreadsheets import table_from_workbook
from burnish.data.source import Source
from burnish.data.table import Table
from burnish.errors import UserError

_DELIMITED = frozenset({".csv", ".tsv", ".txt", ""})
_JSON_LINES = frozenset({".jsonl", ".ndjson"})
_CONLL = frozenset({".conll", ".iob", ".bio", ".iob2"})
_TEXTS = _DELIMITED | _JSON_LINES | _CONLL | {".json"}
_SEEKABLE = {
    ".parquet": table_from_parquet,
    ".arrow": table_from_arrow,
    ".feather": table_from_arrow,
    ".ipc": table_from_arrow,
    ".xlsx": table_from_workbook,
    ".xlsm": table_from_workbook,
}
_SQLITE = frozenset({".sqlite", ".sqlite3", ".db"})
TABLE_ENDINGS = (_TEXTS - {"", ".txt"}) | _SEEKABLE.keys()


@dataclass(frozen=True, kw_only=True)
class _How:
    """What the user said of how to read."""

    encoding: str
    delimiter: str
    as_written: bool


def read_table(source: Source, *, encoding: str = "", delimiter: str = "", as_written: bool = False) -> Table:
    """Read whatever a source is: a file, a folder, a database, a data set of the Hub, or a file at an address.

    Args:
        source: A file's ending says the format; .gz and .zst are unpacked. docs/data.md lists all that can be read.
        encoding: A Python codec name; "" takes the byte order mark's or UTF-8.
        delimiter: One character; "" finds it out.
        as_written: Leave exports of annotation tools, and conversations, as they are written, a row for each object.

    Raises:
        UserError: The source cannot be read as a table; the message names lines and what to do.
    """
    table = _as_it_is(source, _How(encoding=encoding, delimiter=delimiter, as_written=as_written))
    return table if as_written else _with_conversations(table)


def _with_conversations(table: Table) -> Table:
    """The table with its conversations, where it has any, in the one form that the rest of burnish knows."""
    if (found := shaped(table.columns)) is None:
        return table
    kinds = {**table.kinds, **found.kinds}
    return replace(table, columns=found.columns, kinds=kinds, format=f"{table.format}, {found.name}")


def _as_it_is(source: Source, how: _How) -> Table:
    if isinstance(source, str) and is_address(source):
        if scheme(source) in DATABASES:
            return table_from_database(source)
        return table_from_hub(source) if scheme(source) == HUB else _from_file(remote_file(source), how)
    path = Path(source)
    if not _is_folder(path):
        return _from_file(local_file(path), how)
    if is_saved(path):
        return table_from_saved(path)
    if is_voc(path):
        return table_from_voc(path)
    parts = parts_of_folder(path, lambda file: _ending(file) in TABLE_ENDINGS)
    if is_parted(path, parts):
        return joined_tables(path, [_from_file(local_file(part), how) for part in parts])
    return table_from_folder(path, lambda file: _text(local_file(file), how.encoding))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # opening it says what is wrong with it
        return False


def _ending(path: Path) -> str:
    ending = path.suffix.lower()
    return Path(path.stem).suffix.lower() if ending in PACKED else ending


def _text(file: SourceFile, encoding: str) -> str:
    with file.open() as content:
        return TextReader(content, file.where, encoding).text()


def _from_file(file: SourceFile, how: _How) -> Table:
    table = _unpacked(file, how)
    return replace(table, format=f"{table.format}, {file.packer}") if file.packer else table


def _unpacked(file: SourceFile, how: _How) -> Table:
    if file.ending in _TEXTS:
        with file.open() as content:
            return _from_text(TextReader(content, file.where, how.encoding), file.ending, how)
    with file.seekable() as content:
        if file.ending in _SEEKABLE:
            return _SEEKABLE[file.ending](content, file.where)
    if file.ending in _SQLITE:
        raise UserError(
            "this is a database, of which a table has to be named",
            where=file.where,
            fix=f"Write sqlite:///{file.where}?table=NAME, or sqlite:///{file.where}?query=SELECT ….",
        )
    raise UserError(
        f"files ending in {file.ending!r} cannot be read",
        where=file.where,
        fix="Save the data as .csv, .tsv, .json, .jsonl, .parquet or .xlsx.",
    )


def _from_text(text: TextReader, ending: str, how: _How) -> Table:
    if ending in _JSON_LINES:
        return table_from_json_lines(text)
    if ending == ".json":
        return table_from_json(text, as_written=how.as_written)
    if ending in _CONLL:
        return table_from_conll(text)
    return table_from_csv(text, "\t" if ending == ".tsv" and not how.delimiter else how.delimiter)
