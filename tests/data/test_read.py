"""Bytes to a table: encodings, endings, missing files, and nothing but tables or readable errors."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from burnish.data.read import read_table
from burnish.data.table import Table
from burnish.errors import UserError
from tests.data.privileges import unprivileged

ROWS = "text,label\ncafé,good\n€ 5,bad\n"
TABLE = {"text": ("café", "€ 5"), "label": ("good", "bad")}


def refusal(path: Path, encoding: str = "") -> UserError:
    with pytest.raises(UserError) as caught:
        read_table(path, encoding=encoding)
    return caught.value


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("utf-32-le", b"\xff\xfe\x00\x00"),
        ("utf-32-be", b"\x00\x00\xfe\xff"),
    ],
)
@pytest.mark.parametrize("named", [False, True])
def test_unicode_with_its_mark(encoding: str, mark: bytes, named: bool, tmp_path: Path) -> None:
    """The mark never ends up in the first column's name, even when the user names the encoding."""
    path = tmp_path / "rows.csv"
    path.write_bytes(mark + ROWS.encode(encoding))
    assert read_table(path, encoding=encoding if named else "").columns == TABLE


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "cp1250", "mac-roman"])
def test_a_given_encoding(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(ROWS.replace("€", "é").encode(encoding))
    table = read_table(path, encoding=encoding)
    assert table.columns["text"] == ("café", "é 5")
    assert table.format == f"CSV, comma, {encoding}"


def test_a_mark_before_json(tmp_path: Path) -> None:
    for name, text in (("rows.jsonl", '{"text": "é"}\n'), ("rows.json", '[{"text": "é"}]')):
        path = tmp_path / name
        path.write_bytes(b"\xef\xbb\xbf" + text.encode())
        assert read_table(path).columns == {"text": ["é"]}


def test_bytes_that_are_not_utf8_are_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes("text,label\nplain,good\nun café noir,bad\n".encode("latin-1"))
    error = refusal(path)
    assert error.what == "the file is not utf-8: byte 0xE9 on line 3"
    assert error.where == f"{path}:3"
    assert "--encoding cp1252" in error.fix
    assert "un café noir" in error.fix


def test_the_line_is_right_behind_a_mark_and_in_utf_16(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"\xef\xbb\xbftext,label\n\n\n\xe9,x\n")
    assert refusal(path).what == "the file is not utf-8-sig: byte 0xE9 on line 4"
    path.write_bytes(
        "\ufefftext,label\n\u0a0a,x\n".encode("utf-16-le") + b"\x00"
    )  # U+0A0A holds the byte of a line feed
    assert refusal(path).where == f"{path}:3"


def test_another_encoding_is_suggested_to_those_who_named_one(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"text,label\n\x81,x\n")
    error = refusal(path, encoding="cp1252")
    assert "byte 0x81 on line 2" in error.what
    assert "--encoding latin-1" in error.fix


@pytest.mark.parametrize("name", ["utf-9", "rot13", "hex", "no such", "a\0b", "undefined"])
def test_encodings_that_are_none(name: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(ROWS, encoding="utf-8")
    assert name.replace("\0", "\\x00") in refusal(path, encoding=name).what


def test_utf_16_without_a_mark_is_recognised_by_its_nul_bytes(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(ROWS.encode("utf-16-le"))
    error = refusal(path)
    assert "line 1 holds a NUL byte" in error.what
    assert "--encoding utf-16" in error.fix
    assert read_table(path, encoding="utf-16-le").columns == TABLE


def test_nul_and_half_characters_are_refused_in_any_encoding(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"text,label\na\0b,x\n")
    assert "line 2 holds a NUL" in refusal(path).what
    assert "line 2 holds a NUL" in refusal(path, encoding="latin-1").what
    path.write_bytes(b"text,label\nok,x\n\\ud800,x\n")
    assert "line 3 holds half of a character" in refusal(path, encoding="unicode_escape").what


@pytest.mark.parametrize("content", [b"", b"\n\n", b"  \r\n\t", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n", b"\xff\xfe\n\x00"])
@pytest.mark.parametrize("name", ["rows.csv", "rows.json", "rows.jsonl", "rows"])
def test_empty_files(content: bytes, name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    assert refusal(tmp_path / name).what == "the file is empty"


def test_a_folder(tmp_path: Path) -> None:
    assert "folder" in refusal(tmp_path).what


def test_a_missing_file_suggests_the_nearest_name_not_the_longest_path(tmp_path: Path) -> None:
    for name in ("reviews.csv", "unrelated.txt", "zebra.json"):
        (tmp_path / name).write_text("x")
    assert refusal(tmp_path / "review.csv").fix == "Did you mean 'reviews.csv'?"
    assert refusal(tmp_path / "qqq.parquet").fix == "There is: reviews.csv, unrelated.txt, zebra.json."


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    error = refusal(tmp_path / "nowhere" / "rows.csv")
    assert error.what == "the file does not exist"
    assert error.fix == f"There is no folder {str(tmp_path / 'nowhere')!r}."
    (tmp_path / "empty").mkdir()
    assert refusal(tmp_path / "empty" / "rows.csv").fix


def test_other_paths_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(ROWS)
    for path in (tmp_path / "rows.csv" / "more.csv", tmp_path / ("x" * 300 + ".csv"), Path("a\0b.csv")):
        assert refusal(path).fix


def test_no_permission(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(ROWS)
    path.chmod(0)
    with unprivileged():
        assert refusal(path).what == "no permission to read the file"


def test_an_unknown_ending_is_refused_for_what_it_is(tmp_path: Path) -> None:
    """A document is not called badly encoded."""
    path = tmp_path / "rows.docx"
    path.write_bytes(b"PK\x03\x04\xff\xfe\xfa")
    error = refusal(path)
    assert error.what == "files ending in '.docx' cannot be read"
    assert ".csv" in error.fix


@pytest.mark.parametrize(("name", "table"), [("ROWS.CSV", "CSV, comma, utf-8"), ("rows.txt", "CSV, comma, utf-8")])
def test_endings(name: str, table: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(ROWS, encoding="utf-8")
    assert read_table(tmp_path / name).format == table


def test_a_name_that_is_no_text_gives_a_printable_error(tmp_path: Path) -> None:
    """Names on disk are bytes; an error about them must not fail again when it is shown."""
    odd = tmp_path / os.fsdecode(b"caf\xe9.csv")
    str(refusal(odd)).encode("utf-8")
    assert "\\udce9" in refusal(odd).where


CONTENT: dict[str, Callable[[], st.SearchStrategy[bytes]]] = {
    "bytes": lambda: st.binary(max_size=60),
    "text": lambda: st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")),
    "delimited": lambda: st.text(alphabet='a",;\t|\r\n \x85\u2028é\0', max_size=40).map(str.encode),
    "json-like": lambda: st.text(alphabet='{}[]",:a1e\\u d8\r\n\u2028NaN', max_size=40).map(str.encode),
}


@pytest.mark.parametrize("kind", CONTENT)
@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_anything_is_a_table_or_a_user_error(kind: str, data: st.DataObject, tmp_path: Path) -> None:
    path = tmp_path / data.draw(st.sampled_from(["x.csv", "x.tsv", "x.json", "x.jsonl", "x"]))
    path.write_bytes(data.draw(CONTENT[kind]()))
    encoding = data.draw(st.sampled_from(["", "", "utf-8", "latin-1", "utf-16", "utf-7", "unicode_escape", "idna"]))
    delimiter = data.draw(st.sampled_from(["", "", ",", ";", "\\t", '"', "\n", "ab", "\0", "é"]))
    try:
        table = read_table(path, encoding=encoding, delimiter=delimiter)
    except UserError as error:
        check_readable(error)
    else:
        check_whole(table)


def check_readable(error: UserError) -> None:
    assert all((error.what, error.where, error.fix))
    str(error).encode("utf-8")


def check_whole(table: Table) -> None:
    assert len(table) >= 1
    assert table.names
    assert all(len(cells) == len(table) for cells in table.columns.values())
    assert list(table.lines) == sorted(table.lines)
    for cells in table.columns.values():
        "".join(cell for cell in cells if isinstance(cell, str)).encode("utf-8")
