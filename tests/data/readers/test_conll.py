"""CoNLL columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.data.read import read_table
from burnish.data.table import Table
from burnish.errors import UserError


def read(folder: Path, text: str) -> Table:
    (folder / "rows.conll").write_text(text, encoding="utf-8")
    return read_table(folder / "rows.conll")


def test_sentences_and_documents(tmp_path: Path) -> None:
    table = read(
        tmp_path,
        "-DOCSTART- -X- O O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n\n\n-DOCSTART- -X- O O\n\nÉmile NN x B-PER",
    )
    assert table.columns == {
        "tokens": [["EU", "rejects"], ["Émile"]],
        "tags": [["B-ORG", "O"], ["B-PER"]],
        "document": [0, 1],
    }
    assert list(table.lines) == [3, 9]
    assert table.format == "CoNLL, 4 columns, 2 documents, utf-8"


def test_tabs_allow_blanks_in_tokens(tmp_path: Path) -> None:
    assert read(tmp_path, "New York\tB-LOC\nis\tO\n").columns["tokens"] == [["New York", "is"]]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a O\nb\n\nc x O\n", "2 lines do not have a token and a tag in 2 columns: line 2, 4"),
        ("alone\nalone\n", "2 lines do not have a token and a tag"),
        ("\n\n", "the file is empty"),
        ("-DOCSTART- x\n", "the file is empty"),
    ],
)
def test_uneven_lines_are_listed(text: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=what):
        read(tmp_path, text)
