"""The manifest guards a specialist's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.errors import UserError
from burnish.exporting.manifest import (
    MANIFEST,
    BaseModelNote,
    Manifest,
    TargetsForm,
    read_manifest,
    write_manifest,
)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    (tmp_path / "weights").write_bytes(b"12345")
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "more.json").write_text("{}")
    note = BaseModelNote(name="minilm", base="org/minilm", licence="mit", digest="d", origin="a folder")
    manifest = Manifest(
        kind="network",
        task="text-classification",
        method="full",
        columns={"text": "review"},
        targets=TargetsForm(labels=("a", "b"), counts=(1, 2)),
        longest=64,
        base=note,
    )
    write_manifest(tmp_path, manifest)
    return tmp_path


def test_it_lists_every_file_and_reads_back(written: Path) -> None:
    (written / "README.md").write_text("the card may be written later")
    manifest = read_manifest(written)
    assert set(manifest.files) == {"weights", "part/more.json"}
    assert manifest.targets.labels == ("a", "b")
    assert "burnish" in manifest.versions


@pytest.mark.parametrize("change", [lambda p: p.write_bytes(b"12346"), lambda p: p.unlink()])
def test_a_changed_or_missing_file_is_found(written: Path, change: object) -> None:
    change(written / "weights")  # type: ignore[operator]
    with pytest.raises(UserError, match="weights"):
        read_manifest(written)


def test_no_manifest_and_a_damaged_one(written: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no specialist here"):
        read_manifest(tmp_path / "part")
    (written / MANIFEST).write_text("{")
    with pytest.raises(UserError, match="cannot be read"):
        read_manifest(written)
