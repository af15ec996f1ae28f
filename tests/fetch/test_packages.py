"""Pinned archives through pip, from an index on the loopback address."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.errors import UserError
from burnish.events import Note, Work, finish
from burnish.fetch.packages import PackageArchive, fetch_archive
from tests.fetch.index import PackageIndex, digest, told

WHEEL = "tiny_model-1.0-py3-none-any.whl"


def put_up(index: PackageIndex) -> PackageArchive:
    content = index.add_wheel("tiny-model", "1.0", {"tiny_model/weights.bin": b"weights" * 10_000})
    return PackageArchive(package="tiny-model", version="1.0", file=WHEEL, sha256=digest(content))


def notes(work: Work[Path]) -> tuple[list[str], Path]:
    events, path = told(work)
    return [event.text for event in events if isinstance(event, Note)], path


def test_a_wheel_is_found_fetched_and_kept(package_index: PackageIndex, own_cache: Path) -> None:
    archive = put_up(package_index)
    path = finish(fetch_archive(archive))
    assert path == own_cache / "archives" / f"{archive.sha256[:12]}-{WHEEL}"
    assert path.read_bytes() == package_index.files[f"/files/{WHEEL}"]
    package_index.requests.clear()
    assert finish(fetch_archive(archive)) == path
    assert package_index.requests == []


def test_a_download_that_was_killed_is_continued(package_index: PackageIndex, own_cache: Path) -> None:
    archive = put_up(package_index)
    partial = own_cache / "archives" / f"{archive.sha256[:12]}-{WHEEL}.part"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(package_index.files[f"/files/{WHEEL}"][:50])
    finish(fetch_archive(archive))
    assert package_index.requests[-1] == (f"/files/{WHEEL}", "bytes=50-")


def test_a_damaged_archive_in_the_cache_is_fetched_again(package_index: PackageIndex, own_cache: Path) -> None:
    archive = put_up(package_index)
    kept = own_cache / "archives" / f"{archive.sha256[:12]}-{WHEEL}"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"cut short")
    said, path = notes(fetch_archive(archive))
    assert path == kept
    assert digest(path.read_bytes()) == archive.sha256
    assert any("damaged" in text for text in said)


def test_where_only_pip_gets_through_pip_fetches(package_index: PackageIndex, own_cache: Path) -> None:
    """The index answers pip but not us, as one behind a key may."""
    archive = put_up(package_index)
    package_index.answer_only("pip/")
    said, path = notes(fetch_archive(archive))
    assert any("the package installer fetches it instead" in text for text in said)
    assert digest(path.read_bytes()) == archive.sha256
    assert [file.name for file in path.parent.iterdir() if not file.name.endswith(".part")] == [path.name]


def test_another_content_under_the_same_name_is_refused(package_index: PackageIndex, own_cache: Path) -> None:
    archive = put_up(package_index)
    changed = PackageArchive(package=archive.package, version="1.0", file=archive.file, sha256="0" * 64)
    with pytest.raises(UserError, match="sha256"):
        finish(fetch_archive(changed))
    assert list((own_cache / "archives").glob("*.whl")) == []


@pytest.mark.parametrize("file", ["nothing-1.0-py3-none-any.whl", "nothing-1.0.tar.gz"])
def test_a_package_that_does_not_exist(file: str, package_index: PackageIndex, own_cache: Path) -> None:
    with pytest.raises(UserError) as caught:
        finish(fetch_archive(PackageArchive(package="nothing", version="1.0", file=file, sha256="0" * 64)))
    assert caught.value.what == (
        "the package installer could not get nothing==1.0: No matching distribution found for nothing==1.0"
    )
    assert caught.value.fix
    assert [path.name for path in own_cache.iterdir()] == ["graphs"], "it left something behind"


def test_a_source_archive(package_index: PackageIndex, own_cache: Path) -> None:
    content = package_index.add_source("tiny-data", "2.0", {"rows.txt": b"a\tb\n"})
    archive = PackageArchive(package="tiny-data", version="2.0", file="tiny_data-2.0.tar.gz", sha256=digest(content))
    path = finish(fetch_archive(archive))
    assert path.read_bytes() == content


def test_a_changed_source_archive_is_refused_before_its_code_runs(
    package_index: PackageIndex, own_cache: Path, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    content = package_index.add_source("tiny-data", "2.0", {"backend.py": f"open({str(trace)!r}, 'w')".encode()})
    archive = PackageArchive(package="tiny-data", version="2.0", file="tiny_data-2.0.tar.gz", sha256="1" * 64)
    with pytest.raises(UserError):
        finish(fetch_archive(archive))
    assert not trace.exists()
    assert digest(content) != archive.sha256
