"""A folder per class: files are rows, subfolders are labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.contracts import Column
from burnish.data.columns import guess_columns
from burnish.data.profile import profile_table
from burnish.data.read import read_table
from burnish.errors import UserError

TEXT, LABEL = Column(role="text", summary="a text"), Column(role="label", summary="a label", target=True, kind="label")


def files(folder: Path, content: dict[str, bytes]) -> Path:
    for name, data in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def test_text_files(tmp_path: Path) -> None:
    table = read_table(
        files(tmp_path, {"good/b.txt": "é\nb".encode(), "good/a.TXT": b"\xef\xbb\xbfa", "bad/1/x.txt": b""})
    )
    assert table.columns == {"text": ["", "a", "é\nb"], "label": ["bad", "good", "good"]}
    assert [table.place(index) for index in range(3)] == [("bad/1/x.txt", 1), ("good/a.TXT", 1), ("good/b.txt", 1)]
    assert table.format == "a folder per class of text files"


@pytest.mark.parametrize(("kind", "ending"), [("image", ".JPEG"), ("audio", ".flac")])
def test_files_by_name(kind: str, ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files(
        tmp_path, {f"data/x/1{ending}": b"1", f"data/y/2{ending}": b"2", "data/notes.txt": b"", "data/x/.hidden": b""}
    )
    monkeypatch.chdir(tmp_path)
    table = read_table(Path("data"))
    assert table.columns == {
        kind: [str(tmp_path / f"data/x/1{ending}"), str(tmp_path / f"data/y/2{ending}")],
        "label": ["x", "y"],
    }
    assert table.format == f"a folder per class of {kind} files; 1 other files left alone"
    role = Column(role=kind, summary="a file", kind=kind)
    assert table.cells(role, kind) == table.columns[kind]
    profiles = profile_table(table)
    assert [profile.kind for profile in profiles] == [kind, "label"]
    assert guess_columns((role, LABEL), {}, profiles) == {kind: kind, "label": "label"}
    assert guess_columns((TEXT, LABEL), {}, profiles) == {"label": "label"}


def test_bytes_that_are_not_utf8_are_named(tmp_path: Path) -> None:
    files(tmp_path, {"a/1.txt": b"fine", "b/2.txt": b"x\n\xe9"})
    with pytest.raises(UserError) as caught:
        read_table(tmp_path)
    assert caught.value.where == f"{tmp_path / 'b' / '2.txt'}:2"
    assert read_table(tmp_path, encoding="latin-1").columns["text"] == ["fine", "x\né"]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ({"notes.txt": b""}, "no subfolders of text, image or audio files"),
        ({"a/1.xyz": b""}, "no subfolders of text, image or audio files"),
        ({"a/1.txt": b"", "b/2.png": b"", "b/3.png": b""}, "files of different kinds: 2 image files, 1 text files"),
        ({"train/a/1.txt": b"", "test/a/2.txt": b""}, r"parts of a data set \(test, train\), not classes"),
    ],
)
def test_folders_that_are_none(content: dict[str, bytes], what: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=what) as caught:
        read_table(files(tmp_path, content))
    assert caught.value.fix


def test_names_of_files_in_a_table_are_seen_from_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("photo,label\n pictures/1.png,a\n/there/2.png,b\n,c\n")
    table = read_table(path)
    assert table.cells(Column(role="image", summary="", kind="image"), "photo") == [
        str(tmp_path / "pictures" / "1.png"),
        "/there/2.png",
        "",
    ]
    assert table.cells(TEXT, "photo") == table.columns["photo"]


def test_a_folder_of_tables_is_one_table(tmp_path: Path) -> None:
    files(tmp_path, {"1.csv": b"text,label\na,x\n", "2.csv": b"label,text\ny,b\n\ny,c\n"})
    table = read_table(tmp_path)
    assert table.columns == {"text": ["a", "b", "c"], "label": ["x", "y", "y"]}
    assert [table.place(index) for index in range(3)] == [("1.csv", 2), ("2.csv", 2), ("2.csv", 4)]
    assert table.format == "2 files: CSV, comma, utf-8"
    files(tmp_path, {"3.csv": b"text,lable\na,x\n"})
    with pytest.raises(UserError, match="different columns: label, lable") as caught:
        read_table(tmp_path)
    assert caught.value.where == str(tmp_path / "3.csv")
