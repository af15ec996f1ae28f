"""Delimited text: every row comes back, with its line, or the file is refused with the lines that are wrong."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from burnish.data.read import read_table
from burnish.data.table import Table
from burnish.errors import UserError


def read(folder: Path, text: str, delimiter: str = "", name: str = "rows.csv") -> Table:
    path = folder / name
    path.write_bytes(text.encode("utf-8"))
    return read_table(path, delimiter=delimiter)


def refusal(folder: Path, text: str, delimiter: str = "") -> UserError:
    with pytest.raises(UserError) as caught:
        read(folder, text, delimiter)
    return caught.value


@pytest.mark.parametrize(("delimiter", "name"), [(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "pipe")])
def test_the_delimiter_is_found(delimiter: str, name: str, tmp_path: Path) -> None:
    others = "".join({",", ";", "|"} - {delimiter})
    rows = [("text", "label", "x"), (f"one {others} two", "good", ""), (f"{others}", "bad", f"a{others}b")]
    table = read(tmp_path, "\n".join(delimiter.join(row) for row in rows))
    assert table.names == ["text", "label", "x"]
    assert list(zip(*table.columns.values(), strict=True)) == rows[1:]
    assert table.format == f"CSV, {name}, utf-8"


def test_the_delimiter_is_found_in_spite_of_others_in_the_text(tmp_path: Path) -> None:
    rows = "".join(f"Well, yes, number {n}, it is;{n % 2}\n" for n in range(60))
    assert read(tmp_path, "text;label\n" + rows).names == ["text", "label"]
    quoted = "".join(f'"a; b; c {n}",{n % 2}\n' for n in range(60))
    assert read(tmp_path, "text,label\n" + quoted).columns["text"][0] == "a; b; c 0"


def test_a_given_delimiter_wins(tmp_path: Path) -> None:
    text = "a,b;c\n1,2;3\n"
    assert read(tmp_path, text, ";").columns == {"a,b": ("1,2",), "c": ("3",)}
    assert read(tmp_path, "a^b\n1^2\n", "^").format == "CSV, '^', utf-8"
    assert read(tmp_path, "a\tb\n1,1\t2\n", r"\t").columns == {"a": ("1,1",), "b": ("2",)}


def test_tsv_needs_no_guess(tmp_path: Path) -> None:
    assert read(tmp_path, "a,b,c\td,e,f\n1,1,1\t2,2,2\n", name="rows.tsv").names == ["a,b,c", "d,e,f"]


@pytest.mark.parametrize("delimiter", ["ab", '"', "\n", "\r"])
def test_delimiters_that_cannot_be(delimiter: str, tmp_path: Path) -> None:
    assert "one character" in refusal(tmp_path, "a,b\n1,2\n", delimiter).what


def test_quoted_line_breaks_keep_line_numbers_right(tmp_path: Path) -> None:
    text = 'text,label\r\n"one\r\ntwo\rthree",x\r\n\r\nplain,y\r\n"a ""quoted"" word",z\r\n'
    table = read(tmp_path, text)
    assert table.columns["text"] == ("one\r\ntwo\rthree", "plain", 'a "quoted" word')
    assert list(table.lines) == [2, 6, 7]


def test_old_and_new_line_ends(tmp_path: Path) -> None:
    for end in ("\n", "\r\n", "\r"):
        table = read(tmp_path, end.join(["text,label", "a,x", "b,y", ""]))
        assert table.columns == {"text": ("a", "b"), "label": ("x", "y")}
        assert list(table.lines) == [2, 3]


def test_only_line_feeds_and_returns_end_lines(tmp_path: Path) -> None:
    """Characters that `str.splitlines` would split at stay inside their cell."""
    odd = "a\u2028b\x85c\x0bd\x0ce\x1cf"
    assert read(tmp_path, f"text,label\n{odd},x\n").columns["text"] == (odd,)


def test_ragged_rows_are_listed(tmp_path: Path) -> None:
    error = refusal(tmp_path, 'text,label\na,x\nb\n"c\nc",y,z\nd,x\ne,x,\n')
    assert error.what == "3 of 5 rows do not have the header's 2 fields: line 3 (1 fields), 4 (3 fields), 7 (3 fields)"
    assert error.where.endswith("rows.csv:3")
    assert "double quotes" in error.fix


def test_many_ragged_rows_are_counted(tmp_path: Path) -> None:
    error = refusal(tmp_path, "text,label\n" + "a,b,c\n" * 20 + "a,b\n" * 40)
    assert "20 of 60 rows" in error.what
    assert error.what.endswith("9 (3 fields) and 12 more")


@pytest.mark.parametrize(
    ("text", "line"),
    [('text,label\nok,x\n"open,y\nmore,z\n', 3), ('text,label\n"a"b,x\n', 2), ('"text,label\na,x\n', 1)],
)
def test_quotes_that_do_not_close(text: str, line: int, tmp_path: Path) -> None:
    error = refusal(tmp_path, text)
    assert f"begins on line {line} " in error.what
    assert error.where.endswith(f":{line}")
    assert "quote" in error.fix


def test_column_names(tmp_path: Path) -> None:
    table = read(tmp_path, ' my text ,"the, label",,\nA,b,c,d\n')
    assert table.names == ["my text", "the, label", "column 3", "column 4"]
    error = refusal(tmp_path, "\n\ntext,label,text ,label\na,b,c,d\n")
    assert error.what == "two columns have the same name: 'label', 'text'"
    assert error.where.endswith(":3")


def test_only_a_header(tmp_path: Path) -> None:
    for text in ("text,label", "text,label\n\n \n"):
        assert refusal(tmp_path, text).what == "the file has a header but no rows"


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    table = read(tmp_path, "\n  \ntext,label\n\na,x\n   \nb,y\n,\n\n")
    assert table.columns == {"text": ("a", "b", ""), "label": ("x", "y", "")}
    assert list(table.lines) == [5, 7, 8]


def test_in_a_single_column_blank_lines_are_empty_cells(tmp_path: Path) -> None:
    """What answers are written beside would move if a row were left out."""
    table = read(tmp_path, 'text\na\n\nb\n""\n  \nc\n')
    assert table.columns == {"text": ("a", "", "b", "", "  ", "c")}
    assert list(table.lines) == [2, 3, 4, 5, 6, 7]


def test_a_quoted_empty_field_is_not_a_blank_line(tmp_path: Path) -> None:
    assert "1 of 2 rows" in refusal(tmp_path, 'text,label\na,x\n""\n').what


def test_a_huge_field(tmp_path: Path) -> None:
    huge = "x" * 400_000
    assert read(tmp_path, f'text,label\n"{huge}",y\n').columns["text"] == (huge,)


def test_many_columns(tmp_path: Path) -> None:
    wide = ",".join(f"c{n}" for n in range(20_000))
    assert len(read(tmp_path, f"{wide}\n{wide}\n").names) == 20_000


CELL = st.one_of(st.none(), st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=8))
NAME = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)


@st.composite
def written_tables(draw: st.DrawFn) -> tuple[list[str], list[list[str | None]]]:
    names = draw(st.lists(NAME, min_size=1, max_size=4, unique_by=str.strip))
    width = len(names)
    return names, draw(st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=6))


@given(
    table=written_tables(),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    # Before Python 3.13 the writer quotes line breaks only where they stand in the line's own end.
    style=st.sampled_from(
        [("\r\n", csv.QUOTE_MINIMAL), ("\r\n", csv.QUOTE_ALL), ("\n", csv.QUOTE_ALL), ("\r", csv.QUOTE_ALL)]
    ),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_csv_writes_comes_back_whole(
    table: tuple[list[str], list[list[str | None]]], delimiter: str, style: tuple[str, int], tmp_path: Path
) -> None:
    names, rows = table
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator=style[0], quoting=style[1])  # type: ignore[arg-type]
    writer.writerow(names)
    writer.writerows(rows)
    shown = [name.strip() or f"column {number}" for number, name in enumerate(names, start=1)]
    assume(len(set(shown)) == len(shown))
    assume(not (len(names) == 1 and names[0].isspace()))  # a first line of blanks is taken for a blank line
    assume(buffer.getvalue().strip() and not buffer.getvalue().startswith("\ufeff"))
    read_back = read(tmp_path, buffer.getvalue(), delimiter)
    assert read_back.names == shown
    assert list(zip(*read_back.columns.values(), strict=True)) == [tuple(cell or "" for cell in row) for row in rows]
    assert len(set(read_back.lines)) == len(rows)
