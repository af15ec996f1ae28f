"""The catalogue's entries are complete and well-formed."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from burnish.catalog import tasks
from burnish.models.catalogue import CatalogueEntry, HubSource, PackageSource, catalogue

SHA256 = re.compile("[0-9a-f]{64}")


def test_there_is_a_model_for_every_task() -> None:
    for task in tasks():
        assert any(task in entry.tasks for entry in catalogue().values()), task


@pytest.mark.parametrize("name", catalogue())
def test_an_entry_is_whole(name: str) -> None:
    entry = catalogue()[name]
    assert re.fullmatch("[a-z0-9][a-z0-9.-]*", name)
    assert entry.summary.endswith(".")
    assert entry.licence == entry.licence.lower() != ""
    assert entry.sources
    assert entry.parameters > 0
    assert entry.megabytes > 0
    assert all(re.fullmatch("[a-z]{2,3}", language) for language in entry.languages)
    assert set(entry.tasks) <= set(tasks())
    is_hugging_face = any(file.endswith(".safetensors") for file in entry.files)
    assert not is_hugging_face or {"config.json"} < set(entry.files)
    assert any(file.endswith((".safetensors", ".gguf", ".pth", ".bin")) for file in entry.files)
    assert all(SHA256.fullmatch(digest) for digest in entry.files.values())
    for source in entry.sources:
        match source:
            case PackageSource():
                assert SHA256.fullmatch(source.sha256)
                assert source.version in source.file
            case HubSource():
                assert source.hub.count("/") == 1


def test_a_misspelt_key_is_refused() -> None:
    entry = next(iter(catalogue().values())).model_dump()
    with pytest.raises(ValidationError, match="licens"):
        CatalogueEntry.model_validate({**entry, "license": "mit"})
    with pytest.raises(ValidationError):
        CatalogueEntry.model_validate({**entry, "sources": [{"package": "x", "hub": "y/z"}]})
