"""Excel workbooks (.xlsx, .xlsm): the first sheet, whose first filled row names the columns."""

from __future__ import annotations

import zipfile
from array import array
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from burnish.data.cells import CellsBuilder
from burnish.data.files import LEAST_BOUND, missing_package
from burnish.data.readers.plain import distinct_names, plain, refuse_no_text
from burnish.data.table import Table
from burnish.errors import UserError

_LISTED = 8


def table_from_workbook(file: BinaryIO, where: str) -> Table:
    """Read a workbook; a row's line is its number in the sheet. Rows without any value are no rows.

    Raises:
        UserError: It is no workbook, or rows have values beyond the named columns; they are listed.
    """
    try:
        import openpyxl
    except ImportError:
        raise missing_package("openpyxl", "Excel files", where) from None
    try:
        _refuse_bomb(file, where)
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        if not sheets:
            raise UserError("the workbook has no sheet", where=where, fix="Give one with a filled sheet.")
        sheets[0].reset_dimensions()
        table = _table(sheets[0].iter_rows(values_only=True), where, str(sheets[0].title))
    except (UserError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - broken workbooks break the library in many ways
        told = (" ".join(str(error).split()) or type(error).__name__)[:300]
        raise UserError(f"the file is no Excel workbook: {told}", where=where, fix="Save it anew.") from None
    others = f"; {len(sheets) - 1} other sheets left alone" if len(sheets) > 1 else ""
    return Table(file=where, columns=table.columns, lines=table.lines, format=table.format + others)


def _refuse_bomb(file: BinaryIO, where: str) -> None:
    with zipfile.ZipFile(file) as parts:
        whole = sum(part.file_size for part in parts.infolist())
        packed = sum(part.compress_size for part in parts.infolist())
    if whole > max(LEAST_BOUND, 100 * packed):
        raise UserError(
            "the workbook unpacks to more than 100 times its size", where=where, fix="Save it as .csv and look at it."
        )
    file.seek(0)


def _table(rows: Iterator[Sequence[Any]], where: str, sheet: str) -> Table:
    names: list[str] = []
    columns: list[CellsBuilder] = []
    lines, wide = array("q"), []
    for number, row in enumerate(rows, start=1):
        values = [plain(value) for value in row]
        while values and values[-1] in (None, ""):
            values.pop()
        if not values:
            continue
        refuse_no_text(values, number, where)
        if not names:
            told = [str(value).strip() if value is not None else "" for value in values]
            names = distinct_names([name or f"column {n}" for n, name in enumerate(told, start=1)], where)
            columns = [CellsBuilder() for _ in names]
            continue
        if len(values) > len(names):
            wide.append(number)
            continue
        lines.append(number)
        for cells, value in zip(columns, [*values, *[None] * (len(names) - len(values))], strict=True):
            cells.append(value)
    if wide:
        shown = ", ".join(map(str, wide[:_LISTED])) + (f" and {len(wide) - _LISTED} more" if wide[_LISTED:] else "")
        raise UserError(
            f"{len(wide)} of {len(wide) + len(lines)} rows have values beyond the {len(names)} named columns: "
            f"row {shown}",
            where=f"{where}:{wide[0]}",
            fix="Name every column in the first row, or clear the cells beyond.",
        )
    if not lines:
        what = "the sheet has a header but no rows" if names else "the file is empty"
        raise UserError(what, where=where, fix="Add rows below the header of the first sheet.")
    done = {name: cells.done() for name, cells in zip(names, columns, strict=True)}
    return Table(file=where, columns=done, lines=lines, format=f"Excel, sheet {sheet!r}")
