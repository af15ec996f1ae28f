"""CoNLL columns: a token a line, its tag last, and blank lines between sentences."""

from __future__ import annotations

from array import array

from burnish.data.decoding import TextReader
from burnish.data.readers.delimited import empty_file
from burnish.data.rows import RowPacker
from burnish.data.table import Table
from burnish.errors import UserError

_DOCUMENT = "-DOCSTART-"
_LISTED = 8


def table_from_conll(text: TextReader) -> Table:
    """Read sentences: columns `tokens`, `tags` (lists of the same length) and `document` (its number, from 0).

    Columns are parted by tabs where the first line has any, else by blanks; those between the first and the last are
    left alone. A line that begins with -DOCSTART- begins a document.

    Raises:
        UserError: Lines have another number of columns than the first one; they are listed.
    """
    rows, begins = RowPacker(), array("q")
    tokens: list[str] = []
    tags: list[str] = []
    wrong: list[int] = []
    document, width, begin = 0, 0, 1
    tabs = False
    for number, line in enumerate(text.lines(), start=1):
        bare = line.strip()
        if bare and not bare.startswith(_DOCUMENT):
            tabs = tabs or (not width and "\t" in bare)
            cells = bare.split("\t") if tabs else bare.split()
            width = width or len(cells)
            begin = begin if tokens else number
            if len(cells) != width or width < 2 or not cells[0].strip():
                wrong.append(number)
            tokens.append(cells[0])
            tags.append(cells[-1].strip())
            continue
        if tokens:
            rows.append({"tokens": tokens, "tags": tags, "document": document})
            begins.append(begin)
            tokens, tags = [], []
        document += bool(bare) and bool(len(rows))
    if tokens:
        rows.append({"tokens": tokens, "tags": tags, "document": document})
        begins.append(begin)
    if wrong:
        raise _uneven(wrong, width, text.where)
    if not len(rows):
        raise empty_file(text.where)
    return Table(
        file=text.where,
        columns=rows.done().columns,
        lines=begins,
        format=f"CoNLL, {width} columns, {document + 1} documents, {text.encoding}",
    )


def _uneven(wrong: list[int], width: int, where: str) -> UserError:
    shown = ", ".join(map(str, wrong[:_LISTED]))
    more = f" and {len(wrong) - _LISTED} more" if len(wrong) > _LISTED else ""
    return UserError(
        f"{len(wrong)} lines do not have a token and a tag in {max(width, 2)} columns: line {shown}{more}",
        where=f"{where}:{wrong[0]}",
        fix="Write a token, a tab and its tag on every line, and a blank line between sentences.",
    )
