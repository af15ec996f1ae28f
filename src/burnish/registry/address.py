"""Where a registry is: a folder with an SQLite file by default, or a tracking server."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from burnish.errors import UserError
from burnish.run_folder import expanded

VARIABLE, FOLDER, DATABASE_FILE = "BURNISH_REGISTRY", Path("registry"), "registry.db"


@dataclass(frozen=True, kw_only=True)
class Address:
    """A registry's address.

    Attributes:
        uri: As MLflow takes it.
        files: The folder that holds versions' files; None where a server keeps them.
        beside: The folder for what else belongs to its specialists on this machine: the logs of those that are served.
    """

    uri: str
    files: Path | None
    beside: Path

    @property
    def exists(self) -> bool:
        """Whether there is anything there; of a server it is supposed."""
        return self.files is None or (self.beside / DATABASE_FILE).is_file()


def registry_address(given: str = "") -> Address:
    """The address that was given, or `BURNISH_REGISTRY`, or the folder `registry` here.

    Raises:
        UserError: It is neither a folder nor the address of a tracking server.
    """
    named = given or os.environ.get(VARIABLE, "") or str(FOLDER)
    if named.startswith(("http://", "https://")):
        return Address(uri=named.rstrip("/"), files=None, beside=FOLDER.resolve())
    if "://" in named:
        raise UserError(
            f"a registry is a folder or a tracking server, not {named.partition('://')[0]!r}",
            where="--registry",
            fix="Give a folder, or http://HOST:PORT of an MLflow tracking server.",
        )
    folder = expanded(named).resolve()
    return Address(uri=f"sqlite:///{folder / DATABASE_FILE}", files=folder / "files", beside=folder)
