"""Download one file of known sha256; an interrupted download goes on where it stopped."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from pathlib import Path
from typing import BinaryIO

from burnish.errors import UserError
from burnish.events import Note, Progress, Work
from burnish.run_folder import DISK_FAULTS, file_digest

_BLOCK = 1 << 18
_SECONDS_WITHOUT_DATA = 60
_TRIES = 3


def download(url: str, destination: Path, sha256: str, name: str | None = None) -> Work[Path]:
    """Download `url` to `destination`, going on from a partial file beside it.

    Args:
        url: An http, https or file address.
        destination: Where the checked file goes; returned at once if it is there with that digest.
        sha256: The digest it must have, in hexadecimal.
        name: What to call it where the destination's name says nothing to a person.

    Raises:
        UserError: What arrived has another digest.
        OSError: The address cannot be reached (after several tries), or the file cannot be written.
    """
    name = name or destination.name
    if destination.is_file():
        if has_digest(destination, sha256):
            return destination
        yield Note(text=f"{name} in the cache is damaged; fetching it again", level="warning")
        destination.unlink()
    destination.parent.mkdir(parents=True, exist_ok=True)
    partial = destination.with_name(destination.name + ".part")
    for attempt in range(1, _TRIES + 1):
        try:
            yield from _continue(url, partial, name)
            break
        except (OSError, http.client.HTTPException) as error:
            if not isinstance(error, OSError):
                error = OSError(f"{type(error).__name__}: {error}")
            if attempt == _TRIES or isinstance(error, urllib.error.HTTPError) or error.errno in DISK_FAULTS:
                raise error from None
            yield Note(text=f"the connection broke ({error}); going on where it stopped", level="warning")
    check_digest(partial, sha256, url, name)
    partial.replace(destination)
    return destination


def has_digest(path: Path, sha256: str) -> bool:
    """Whether a file is there and has that digest."""
    return path.is_file() and file_digest(path) == sha256


def check_digest(path: Path, sha256: str, origin: str, name: str) -> None:
    """Remove `path` and raise UserError unless its bytes have the digest `sha256`."""
    found = file_digest(path)
    if found != sha256:
        path.unlink()
        raise UserError(
            f"{name} arrived damaged or changed: its sha256 is {found[:16]}…, {sha256[:16]}… was expected",
            where=origin,
            fix="Try again; if it happens again, the place it comes from is not to be trusted.",
        )


def _continue(url: str, partial: Path, name: str) -> Work[None]:
    have = partial.stat().st_size if partial.is_file() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urllib.request.urlopen(request, timeout=_SECONDS_WITHOUT_DATA)
    except urllib.error.HTTPError as error:
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:  # nothing is missing: the digest will tell
            return
        raise
    with response:
        continues = response.status == http.client.PARTIAL_CONTENT
        have = have if continues else 0
        length = response.headers.get("Content-Length")
        total = have + int(length) if length else None
        with partial.open("ab" if continues else "wb") as file:
            yield from _copy(response, file, have, total, name)


def _copy(response: http.client.HTTPResponse, file: BinaryIO, have: int, total: int | None, name: str) -> Work[None]:
    while block := response.read(_BLOCK):
        file.write(block)
        have += len(block)
        megabytes = f"{have / 1e6:.0f} of {total / 1e6:.0f} MB" if total else f"{have / 1e6:.0f} MB"
        yield Progress(work=f"downloading {name}", done=have, total=total, figures={"size": megabytes})
    if total is not None and have < total:
        raise ConnectionError(f"the connection ended after {have} of {total} bytes")
