"""Registries and runs that tests make: the tables once, and runs as variations of a finished one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import burnish
from burnish.registry.address import registry_address
from burnish.registry.registry import Registry
from burnish.run_folder import folder_digests, read_json, write_json
from tests.once import made_once, shared_folder


def new_registry(factory: pytest.TempPathFactory, folder: Path) -> Registry:
    """An empty registry in a folder. MLflow takes seconds to make its tables, so they are copied."""

    def make(place: Path) -> None:
        Registry(registry_address(str(place))).make()

    made = made_once(shared_folder(factory) / "registry", make)
    shutil.copytree(made, folder)
    return Registry(registry_address(str(folder)))


def copied_run(run: burnish.Run, folder: Path, *, decision: str = "ship") -> Path:
    """A finished run of another name, with another verdict."""
    shutil.copytree(run.folder, folder)
    verdict = folder / "evaluate" / "verdict.json"
    write_json(verdict, {**read_json(verdict), "decision": decision})
    return folder


def worse_run(run: burnish.Run, folder: Path, turned: int = 1) -> Path:
    """The same run with a specialist that gives wrong answers: its head is turned round, by so many classes."""
    import torch
    from safetensors.torch import load_file, save_file

    copied_run(run, folder)
    place = folder / "evaluate" / "specialist"
    for path in [*place.rglob("*.safetensors"), place / "manifest.json"]:
        copy = path.read_bytes()
        path.unlink()  # it is linked to the export's
        path.write_bytes(copy)
    head = load_file(place / "head.safetensors")
    rolled = {name: torch.roll(value, turned, 0).contiguous() for name, value in head.items()}
    save_file(rolled, place / "head.safetensors", metadata={"pooling": "mean"})
    manifest = read_json(place / "manifest.json")
    digests = folder_digests(place)
    write_json(
        place / "manifest.json", {**manifest, "onnx": "", "files": {name: digests[name] for name in manifest["files"]}}
    )
    (folder / "train" / "probes.json").unlink()
    return folder
