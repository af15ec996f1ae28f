"""`manifest.json`: what a specialist's folder holds."""

from __future__ import annotations

import importlib.metadata
import platform
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from burnish.contracts import Targets
from burnish.errors import UserError
from burnish.run_folder import folder_digests, write_json

MANIFEST = "manifest.json"
CARD = "README.md"
FORMAT = 1
_LIBRARIES = ("burnish", "torch", "transformers", "safetensors", "onnxruntime", "scikit-learn")


class TargetsForm(BaseModel):
    """`contracts.Targets` as JSON."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    labels: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    descriptions: dict[str, str] = Field(default_factory=dict)
    statistics: dict[str, float] = Field(default_factory=dict)
    prompt: str = ""

    @classmethod
    def of(cls, targets: Targets) -> TargetsForm:
        """The JSON form of targets."""
        return cls(
            labels=targets.labels,
            counts=targets.counts,
            descriptions=dict(targets.descriptions),
            statistics=dict(targets.statistics),
            prompt=targets.prompt,
        )

    def targets(self) -> Targets:
        """The targets that this is the form of."""
        return Targets(
            labels=self.labels,
            counts=self.counts,
            descriptions=self.descriptions,
            statistics=self.statistics,
            prompt=self.prompt,
        )


class BaseModelNote(BaseModel):
    """The pre-trained model that a specialist comes from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    base: str
    licence: str
    digest: str
    origin: str


class Manifest(BaseModel):
    """What a specialist is and which files belong to it.

    Attributes:
        kind: `network` for a (fine-tuned) network, `baseline` for a kept baseline.
        columns: The column of the user's data by role; the names that `predict` looks for.
        baseline: The baseline's name, for that kind.
        onnx: The ONNX file's name, or "" where there is none.
        files: sha256 by relative path, of every file but this one and the card.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = FORMAT
    kind: Literal["network", "baseline"]
    task: str
    method: str
    columns: dict[str, str]
    targets: TargetsForm
    longest: int
    base: BaseModelNote
    baseline: str = ""
    onnx: str = ""
    versions: dict[str, str] = Field(default_factory=dict)
    files: dict[str, str] = Field(default_factory=dict)


def library_versions() -> dict[str, str]:
    """Versions of Python and of the libraries that matter for repeating a run."""
    versions = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def write_manifest(folder: Path, manifest: Manifest) -> Manifest:
    """Write the manifest of a finished folder, with the digests of its files and the versions in use."""
    digests = {name: digest for name, digest in folder_digests(folder).items() if name not in {MANIFEST, CARD}}
    complete = manifest.model_copy(update={"files": digests, "versions": library_versions()})
    write_json(folder / MANIFEST, complete.model_dump(mode="json"))
    return complete


def read_manifest(folder: Path) -> Manifest:
    """Read a specialist's manifest and check that every file is as it was written.

    Raises:
        UserError: The folder holds no specialist, one of a newer burnish, or files that are missing or changed.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise UserError("there is no specialist here", where=str(folder), fix="Name a run folder or a specialist's.")
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except ValueError as error:
        raise UserError(
            f"the manifest cannot be read: {str(error).splitlines()[0]}",
            where=str(path),
            fix="It may be damaged, or written by a newer burnish: update burnish, or export again.",
        ) from None
    found = folder_digests(folder)
    changed = [name for name, digest in manifest.files.items() if found.get(name) != digest]
    if changed:
        raise UserError(
            f"files of the specialist are missing or have changed: {', '.join(changed[:5])}",
            where=str(folder),
            fix="Copy it again, or run the same command again to export it anew.",
        )
    return manifest
