"""The models that burnish knows by name, from `catalogue.yaml`."""

from __future__ import annotations

from functools import cache
from importlib import resources

from pydantic import BaseModel, ConfigDict


class HubSource(BaseModel):
    """A repository on the Hugging Face Hub."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hub: str
    revision: str = "main"


class PackageSource(BaseModel):
    """A folder inside a pinned package archive."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    package: str
    version: str
    file: str
    sha256: str
    folder: str


class FolderSource(BaseModel):
    """A folder on this machine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str


class CatalogueEntry(BaseModel):
    """A model that has a name.

    Attributes:
        summary: What it is good for, in a sentence.
        family: The loader that reads it.
        tasks: Tasks that may start from it.
        licence: SPDX identifier, lower case, of the weights.
        languages: ISO 639-1 codes.
        parameters: Number of weights.
        megabytes: Size on disk.
        base: The Hub id that the model card names as its base.
        sources: Where to get it, in the order of trying.
        files: sha256 by file name; these files are what is kept.
        config: config.json, for sources that have none.
        gguf: Which of the files is to be converted to safetensors, in a folder of its own beside them; "" for none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    summary: str
    family: str
    tasks: tuple[str, ...]
    licence: str
    languages: tuple[str, ...]
    parameters: int
    megabytes: int
    base: str
    sources: tuple[PackageSource | HubSource | FolderSource, ...]
    files: dict[str, str]
    config: dict[str, str | int | float] = {}
    gguf: str = ""


@cache
def catalogue() -> dict[str, CatalogueEntry]:
    """Every catalogue entry by name."""
    import yaml

    text = resources.files("burnish.models").joinpath("catalogue.yaml").read_text(encoding="utf-8")
    return {name: CatalogueEntry.model_validate(entry) for name, entry in yaml.safe_load(text).items()}
