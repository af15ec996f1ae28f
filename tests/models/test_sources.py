"""From a name to a checked folder: package archives, folders, caches, and what is said when all fails."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from burnish.errors import UserError
from burnish.events import Event, Note, finish
from burnish.models import sources
from burnish.models.catalogue import CatalogueEntry, FolderSource, HubSource, PackageSource
from burnish.models.sources import (
    BaseModelFolder,
    model_files_digest,
    named_folder,
    resolve_model,
    weights_digest,
)
from tests.fetch.index import PackageIndex, digest, told

FILES = {
    "config.json": b'{"model_type": "bert"}',
    "model.safetensors": b"weights" * 999,
    "1_Pooling/config.json": b"{}",
}
WHEEL = "tiny_model-1.0-py3-none-any.whl"


def put_up(index: PackageIndex, files: Mapping[str, bytes] = FILES) -> PackageSource:
    extra = {"tiny_model/__init__.py": b"raise SystemExit", "tiny_model/model/not-wanted.bin": b"x"}
    packed = index.add_wheel("tiny-model", "1.0", {f"tiny_model/model/{k}": v for k, v in files.items()} | extra)
    return PackageSource(
        package="tiny-model", version="1.0", file=WHEEL, sha256=digest(packed), folder="tiny_model/model"
    )


def written(folder: Path, files: Mapping[str, bytes] = FILES) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def know(monkeypatch: pytest.MonkeyPatch, *places: PackageSource | HubSource | FolderSource) -> None:
    """Put a model named `tiny` into the catalogue."""
    facts: dict[str, Any] = {"summary": "Tiny.", "family": "text-encoder", "tasks": [], "licence": "mit"}
    facts |= {"languages": ["en"], "parameters": 1, "megabytes": 1, "base": "someone/tiny"}
    pinned = {name: digest(content) for name, content in FILES.items()}
    entry = CatalogueEntry.model_validate({**facts, "sources": places, "files": pinned})
    monkeypatch.setattr(sources, "catalogue", lambda: {"tiny": entry})


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def resolve(name: str) -> tuple[BaseModelFolder, list[str]]:
    events, found = told(resolve_model(name))
    return found, notes(events)


def notes(events: Sequence[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Note)]


def refusal(name: str) -> UserError:
    with pytest.raises(UserError) as caught:
        finish(resolve_model(name))
    assert caught.value.fix
    return caught.value


def test_only_the_pinned_files_are_taken_out_of_a_wheel(
    package_index: PackageIndex, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    know(monkeypatch, put_up(package_index))
    found, _ = resolve("tiny")
    assert found.folder.parent == own_cache / "models"
    assert contents(found.folder) == FILES
    assert (found.name, found.base, found.licence) == ("tiny", "someone/tiny", "mit")
    assert found.origin == "the package tiny-model 1.0"
    assert found.digest == weights_digest(found.folder)

    package_index.requests.clear()
    again, _ = resolve("tiny")
    assert again.folder == found.folder
    assert again.digest == found.digest
    assert again.origin == "this machine's cache"
    assert package_index.requests == []


@pytest.mark.parametrize("damage", ["changed", "cut short", "missing"])
def test_a_damaged_cache_is_fetched_again_with_a_warning(
    damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    know(monkeypatch, FolderSource(path=str(written(tmp_path / "source"))))
    found, _ = resolve("tiny")
    weights = found.folder / "model.safetensors"
    match damage:
        case "changed":
            weights.write_bytes(b"Weights" + weights.read_bytes()[7:])
        case "cut short":
            weights.write_bytes(weights.read_bytes()[:-1])
        case "missing":
            weights.unlink()
    again, said = resolve("tiny")
    assert said == ["tiny in the cache is damaged (model.safetensors); fetching it again"]
    assert contents(again.folder) == FILES
    assert again.digest == found.digest


def test_sources_are_tried_in_order(
    package_index: PackageIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    know(monkeypatch, FolderSource(path=str(tmp_path / "nowhere")), put_up(package_index))
    assert resolve("tiny")[0].origin == "the package tiny-model 1.0"
    know(monkeypatch, FolderSource(path=str(written(tmp_path / "here"))), put_up(package_index))
    shutil.rmtree(resolve("tiny")[0].folder)
    assert resolve("tiny")[0].origin == f"the folder {tmp_path / 'here'}"


def test_when_all_fail_every_reason_is_given(
    package_index: PackageIndex, own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = written(tmp_path / "changed", {**FILES, "model.safetensors": b"others"})
    lacking = put_up(package_index, {"config.json": FILES["config.json"]})
    know(
        monkeypatch,
        FolderSource(path=str(tmp_path / "nowhere")),
        FolderSource(path=str(changed)),
        lacking,
        PackageSource(
            package="nothing", version="2.0", file="nothing-2.0-py3-none-any.whl", sha256="0" * 64, folder="x"
        ),
        HubSource(hub="someone/tiny"),
    )
    error = refusal("tiny")
    assert error.what.startswith("the model 'tiny' could not be fetched. Tried ")
    for reason in (
        f"the folder {tmp_path / 'nowhere'}: config.json cannot be copied: No such file or directory",
        f"the folder {changed}: model.safetensors does not have the expected sha256",
        "the package tiny-model 1.0: tiny_model/model/model.safetensors is missing",
        "the package nothing 2.0: the package installer could not get nothing==2.0: No matching distribution",
        "the Hugging Face Hub (someone/tiny): offline mode is on (HF_HUB_OFFLINE)",
    ):
        assert reason in error.what
    assert "a folder that holds the model" in error.fix
    assert not list((own_cache / "models").glob("*")), "nothing half-copied"


def test_a_folder(tmp_path: Path) -> None:
    folder = written(tmp_path / "mine")
    found, said = resolve(str(folder))
    assert (found.folder, found.base, found.licence, found.origin) == (folder, "mine", "", f"folder {folder}")
    assert said == []


def test_a_folder_from_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path / "mine")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert resolve("~/mine")[0].folder == tmp_path / "mine"


def test_folders_that_are_no_models(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert refusal(str(empty)).what == f"the folder of model {str(empty)!r} has no config.json"
    bare = written(tmp_path / "bare", {"config.json": b"{}"})
    assert refusal(str(bare)).what == "the model's folder has no weights"
    assert refusal(str(bare)).where == str(bare)


@pytest.mark.parametrize("name", ["./model", "/no/such/model", "~/model", "~nobody-of-this-name/x", "a/b/c", "../x"])
def test_names_that_look_like_paths_are_not_looked_for_elsewhere(name: str) -> None:
    error = refusal(name)
    assert error.what == f"there is no folder {name!r}"
    assert "config.json" in error.fix


def test_a_file_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "weights.bin").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    assert refusal("weights.bin").what == "there is no folder 'weights.bin'"


def test_an_unknown_name_suggests_the_nearest_and_says_what_was_tried() -> None:
    error = refusal("minilmm")
    assert error.what.startswith("the model 'minilmm' cannot be found; tried: catalogue (no such name), folder")
    assert "Hub (offline mode is on" in error.what
    assert error.fix.startswith("Did you mean 'minilm'?")


def test_names_that_nothing_can_have() -> None:
    assert "cannot be found" in refusal("two words").what
    assert "cannot be found" in refusal("nul\0byte").what


def test_the_digest_of_weights(tmp_path: Path) -> None:
    one = written(tmp_path / "one", {"a.safetensors": b"1", "b.safetensors": b"2", "config.json": b"x"})
    same = written(tmp_path / "same", {"a.safetensors": b"1", "b.safetensors": b"2", "config.json": b"y"})
    other = written(tmp_path / "other", {"a.safetensors": b"1", "b.safetensors": b"3", "config.json": b"x"})
    assert weights_digest(one) == weights_digest(same) != weights_digest(other)


def test_the_digest_of_a_folder_covers_all_that_loading_reads(tmp_path: Path) -> None:
    folder = written(tmp_path / "model", {**FILES, "README.md": b"A model."})
    before = model_files_digest(folder)
    assert model_files_digest(Path(shutil.copytree(folder, tmp_path / "copy"))) == before
    (folder / "README.md").write_bytes(b"The same model.")
    (folder / "checkpoints").mkdir()
    (folder / "checkpoints" / "model.safetensors").write_bytes(b"of another time")
    assert model_files_digest(folder) == before
    for name in (*FILES, "vocab.txt"):
        changed = Path(shutil.copytree(folder, tmp_path / f"other-{name.replace('/', '-')}"))
        (changed / name).write_bytes(b"something else")
        assert model_files_digest(changed) != before, name


def test_a_name_of_the_catalogue_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    know(monkeypatch)
    for name in ("tiny", "own"):
        Path(name).mkdir()
    assert named_folder("own") == Path("own")
    assert named_folder("tiny") is None
    assert named_folder("someone/hub") is None
