"""Read a data file into a Table, or say what is wrong with it and on which lines."""

from __future__ import annotations

import re
from pathlib import Path

from burnish.data.read_csv import table_from_csv
from burnish.data.read_json import table_from_json, table_from_json_lines
from burnish.data.table import Table
from burnish.errors import UserError, did_you_mean

_TEXT_ENDINGS = {".csv", ".tsv", ".txt", ""}
_JSON_LINES_ENDINGS = {".jsonl", ".ndjson"}
_BYTE_ORDER_MARKS = {  # the longer first: UTF-32's begins with UTF-16's
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
_NO_TEXT = re.compile("[\0\ud800-\udfff]")  # NUL, and halves of surrogate pairs, which cannot be written as UTF-8


def read_table(path: Path, *, encoding: str = "", delimiter: str = "") -> Table:
    """Read a CSV, TSV, JSON or JSON Lines file.

    Args:
        path: The file. Its ending says the format: .csv, .tsv, .txt, .json, .jsonl, .ndjson.
        encoding: A Python codec name; "" takes the byte order mark's or UTF-8.
        delimiter: One character; "" finds it out.

    Raises:
        UserError: The file cannot be read as a table; the message names lines and what to do.
    """
    ending = path.suffix.lower()
    text, used_encoding = _decode(_read_bytes(path), path, encoding)
    if not text.strip():
        raise UserError("the file is empty", where=str(path), fix="Give a file with a header and at least a few rows.")
    if ending in _JSON_LINES_ENDINGS:
        return table_from_json_lines(text, path)
    if ending == ".json":
        return table_from_json(text, path)
    return table_from_csv(text, path, "\t" if ending == ".tsv" and not delimiter else delimiter, used_encoding)


def _read_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            if path.suffix.lower() not in {*_TEXT_ENDINGS, *_JSON_LINES_ENDINGS, ".json"}:
                raise UserError(
                    f"files ending in {path.suffix!r} cannot be read",
                    where=str(path),
                    fix="Save the data as .csv, .tsv, .json or .jsonl.",
                )
            return file.read()
    except IsADirectoryError:
        raise UserError(
            "this is a folder, not a data file", where=str(path), fix="Name a .csv, .tsv or .jsonl file."
        ) from None
    except FileNotFoundError:
        raise UserError("the file does not exist", where=str(path), fix=_files_beside(path)) from None
    except PermissionError:
        raise UserError("no permission to read the file", where=str(path), fix="Change its permissions.") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise UserError(f"the file cannot be read: {error}", where=str(path), fix="Check the path.") from None


def _files_beside(path: Path) -> str:
    if not path.parent.is_dir():
        return f"There is no folder {str(path.parent)!r}."
    try:
        beside = sorted(file.name for file in path.parent.iterdir() if file.is_file())
    except OSError:
        return "Check the path."
    return did_you_mean(path.name, beside) or "Check the path."


def _decode(data: bytes, path: Path, encoding: str) -> tuple[str, str]:
    if not encoding:
        marks = (name for mark, name in _BYTE_ORDER_MARKS.items() if data.startswith(mark))
        encoding = next(marks, "utf-8")
        if encoding.startswith("utf-8") and (at := data.find(b"\0")) >= 0:
            raise _no_text("a NUL byte", path, data.count(b"\n", 0, at) + 1)
    try:
        text = data.decode(encoding).removeprefix("\ufeff")
    except LookupError:
        raise UserError(
            f"{encoding!r} is not a known encoding", where="data.encoding", fix="Common ones: utf-8, cp1252, latin-1."
        ) from None
    except UnicodeDecodeError as error:
        raise _undecodable(error, path, encoding) from None
    except ValueError as error:  # the odder codecs' own errors
        raise UserError(
            f"the file cannot be read as {encoding!r}: {error}", where=str(path), fix="Save it as UTF-8."
        ) from None
    if found := _NO_TEXT.search(text):
        name = "a NUL character" if found[0] == "\0" else "half of a character (a lone surrogate)"
        raise _no_text(name, path, text.count("\n", 0, found.start()) + 1)
    return text, encoding


def _undecodable(error: UnicodeDecodeError, path: Path, encoding: str) -> UserError:
    data, start = error.object, error.start
    try:
        line = data[:start].decode(encoding).count("\n") + 1
    except UnicodeError:
        line = data.count(b"\n", 0, start) + 1
    other = "latin-1" if encoding == "cp1252" else "cp1252"
    around = data[max(0, start - 20) : start + 20].decode(other, errors="replace")
    return UserError(
        f"the file is not {encoding}: byte 0x{data[start]:02X} on line {line}",
        where=f"{path}:{line}",
        fix=f"Save it as UTF-8, or set `encoding: {other}` under `data:` (--encoding {other}); "
        f"read so, the place says: {' '.join(around.split())!r}.",
    )


def _no_text(found: str, path: Path, line: int) -> UserError:
    return UserError(
        f"the file is not plain text: line {line} holds {found}",
        where=f"{path}:{line}",
        fix="Save it as UTF-8 text; if it is UTF-16 without a mark, set `encoding: utf-16` under `data:` "
        "(--encoding utf-16).",
    )
