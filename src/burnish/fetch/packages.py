"""Fetch a pinned package archive through the package installer, so that its mirrors, proxies and keys apply.

A wheel's code never runs: pip only says where the archive is, and we download and unpack it ourselves. A source archive
is fetched by pip, which checks its sha256 and then lets its build script state its metadata; nothing is installed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from burnish.errors import UserError
from burnish.events import Note, Work
from burnish.fetch.cache import cache_folder
from burnish.fetch.download import check_digest, download, has_digest
from burnish.run_folder import DISK_FAULTS, atomic_path


@dataclass(frozen=True, kw_only=True)
class PackageArchive:
    """One file on a package index.

    Attributes:
        package: The distribution's name.
        version: Its exact version.
        file: The archive's file name; a `.whl` is a wheel, all else a source archive.
        sha256: The archive's digest, in hexadecimal.
    """

    package: str
    version: str
    file: str
    sha256: str

    @property
    def requirement(self) -> str:
        """The pinned requirement, as the installer writes it."""
        return f"{self.package}=={self.version}"


def fetch_archive(archive: PackageArchive) -> Work[Path]:
    """The archive in the cache, fetched where it is not there yet.

    Raises:
        UserError: The installer finds no such archive, or it has another digest.
    """
    destination = cache_folder() / "archives" / f"{archive.sha256[:12]}-{archive.file}"
    if has_digest(destination, archive.sha256):
        return destination
    if archive.file.endswith(".whl"):
        try:
            return (yield from download(_locate(archive), destination, archive.sha256))
        except OSError as error:
            if error.errno in DISK_FAULTS:
                raise
            yield Note(text=f"{archive.file}: {error}; the package installer fetches it instead")
    yield Note(text=f"fetching {archive.requirement} through the package installer")
    _let_installer_download(archive, destination)
    return destination


def _locate(archive: PackageArchive) -> str:
    """The archive's address, as pip resolves it; nothing is installed."""
    options = ["install", "--quiet", "--dry-run", "--ignore-installed", "--no-deps", "--only-binary=:all:"]
    report = json.loads(_pip([*options, "--report", "-", archive.requirement], archive))
    return str(report["install"][0]["download_info"]["url"])


def _let_installer_download(archive: PackageArchive, destination: Path) -> None:
    kind = "--only-binary=:all:" if archive.file.endswith(".whl") else "--no-binary=:all:"
    with tempfile.TemporaryDirectory() as folder:
        pinned = Path(folder) / "requirements.txt"
        pinned.write_text(f"{archive.requirement} --hash=sha256:{archive.sha256}\n", encoding="utf-8")
        _pip(["download", "--quiet", "--no-deps", kind, "--require-hashes", "-d", folder, "-r", str(pinned)], archive)
        fetched = next(path for path in Path(folder).iterdir() if path != pinned)
        check_digest(fetched, archive.sha256, archive.requirement, fetched.name)
        with atomic_path(destination) as temporary:
            shutil.copyfile(fetched, temporary)


def _pip(arguments: list[str], archive: PackageArchive) -> str:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")] or lines
        raise UserError(
            f"the package installer could not get {archive.requirement}: {errors[-1] if errors else 'no reason given'}",
            where="pip, with its configured index",
            fix="Check the network or pip's index settings, and run the same command again.",
        )
    return done.stdout
