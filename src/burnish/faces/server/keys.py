"""API keys: only their hashes are ever kept, and comparing takes the same time whatever was sent."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from burnish.errors import UserError
from burnish.run_folder import disk_faults_explained

KEYS_VARIABLE = "BURNISH_API_KEYS"
_LINE = re.compile(r"([\w.@-]{1,64}):([0-9a-f]{64})")
_PREFIX = "burnish_"


def new_key() -> str:
    """A key of 256 random bits."""
    return _PREFIX + secrets.token_urlsafe(32)


def key_hash(key: str) -> str:
    """The sha256 of a key, in hexadecimal. Keys are long and random, so that a slow hash would add nothing."""
    return hashlib.sha256(key.encode()).hexdigest()


def key_line(name: str, key: str) -> str:
    """The line of a key file: the name of who holds the key, and the key's hash.

    Raises:
        UserError: The name has characters that a line cannot hold.
    """
    line = f"{name}:{key_hash(key)}"
    if not _LINE.fullmatch(line):
        raise UserError(
            f"{name!r} cannot name a key", where="--new-key", fix="Use letters, digits, and any of . @ _ - (up to 64)."
        )
    return line


def read_keys(path: Path | None) -> dict[str, str]:
    """Hashes by name: of a key file's lines, and of the environment variable's entries (split by commas).

    Raises:
        UserError: The file cannot be read, or an entry is no `NAME:HASH`; the message never shows the entry.
    """
    entries: list[tuple[str, str]] = []
    if path is not None:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            fault = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise UserError(
                f"the key file cannot be read: {fault}", where=str(path), fix="Check the path and its permissions."
            ) from None
        entries += [(f"{path}:{number}", line) for number, line in enumerate(lines, start=1)]
    entries += [(KEYS_VARIABLE, entry) for entry in os.environ.get(KEYS_VARIABLE, "").split(",")]
    keys: dict[str, str] = {}
    for where, entry in entries:
        line = entry.strip()
        if not line or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None or found[1] in keys:
            raise UserError(
                "this is not NAME:HASH" if found is None else f"the name {found[1]!r} stands there twice",
                where=where,
                fix="Make a key with `burnish serve --new-key NAME`, and copy the line that it prints.",
            )
        keys[found[1]] = found[2]
    return keys


def add_key(path: Path, name: str, line: str) -> None:
    """Add a line to a key file, which nobody else may read where it is new.

    Raises:
        UserError: The file has that name already, or cannot be read or written.
    """
    if path.exists() and name in read_keys(path):
        raise UserError(f"{name!r} has a key already", where=str(path), fix="Take the line out to give a new one.")
    with (
        disk_faults_explained(path),
        os.fdopen(os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600), "a+b") as file,
    ):
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            line = line if file.read(1) == b"\n" else f"\n{line}"
        file.write(f"{line}\n".encode())


def holder(keys: Mapping[str, str], sent: str) -> str:
    """The name of who holds the key that was sent, or "". All keys are compared, whether or not one has matched."""
    sent_hash, found = key_hash(sent), ""
    for name, known in keys.items():
        if hmac.compare_digest(known, sent_hash):
            found = name
    return found
