"""What a recipe may name as data."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.data.address import is_address
from burnish.data.digests import source_digest
from burnish.data.source import as_source, from_folder, source_name, to_folder

ADDRESS = "https://host.example/data/rows.csv?version=2"


def test_a_text_is_a_path_unless_it_is_an_address() -> None:
    assert as_source("data/rows.csv") == Path("data/rows.csv")
    assert as_source(ADDRESS) == ADDRESS
    assert as_source(None) is None
    assert not is_address("c:/rows.csv")
    assert not is_address(Path("https://host.example"))


@pytest.mark.parametrize(
    ("source", "name"), [(Path("a/rows.csv"), "rows.csv"), (ADDRESS, "rows.csv"), ("s3://bucket/folder/", "folder")]
)
def test_names(source: Path | str, name: str) -> None:
    assert source_name(source) == name


def test_the_folder_that_we_are_in_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert source_name(Path()) == tmp_path.name


def test_paths_are_seen_from_a_folder_and_addresses_from_everywhere() -> None:
    assert from_folder("rows.csv", Path("work")) == "work/rows.csv"
    assert to_folder("work/rows.csv", Path("work")) == "rows.csv"
    assert from_folder(ADDRESS, Path("work")) == to_folder(ADDRESS, Path("work")) == ADDRESS
    assert from_folder("sqlite:///a.db?table=b/c", Path("work")) == "sqlite:///work/a.db?table=b/c"
    assert to_folder("sqlite:///work/a.db?table=b/c", Path("work")) == "sqlite:///a.db?table=b/c"
    assert to_folder("sqlite:////full/a.db", Path("work")) == "sqlite:////full/a.db"


def test_the_digest_of_a_folder_covers_names_and_content(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.txt").write_text("one")
    digests = [source_digest(tmp_path)]
    (tmp_path / ".hidden").write_text("nothing to see")
    assert source_digest(tmp_path) == digests[0]
    for change in (
        lambda: (tmp_path / "a" / "1.txt").write_text("two"),
        lambda: (tmp_path / "a" / "1.txt").rename(tmp_path / "a" / "2.txt"),
        lambda: (tmp_path / "b.txt").write_text(""),
    ):
        change()
        digests.append(source_digest(tmp_path))
    assert len(set(digests)) == 4
    assert source_digest(tmp_path / "nothing") == ""
