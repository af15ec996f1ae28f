"""Digests of sources, by which a run knows that its data has changed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from burnish.data.address import DATABASES, HUB, is_address, scheme
from burnish.data.files import remote_file
from burnish.data.read import read_table
from burnish.data.source import Source, files_in
from burnish.run_folder import file_digest

_BLOCK = 2**20


def source_digest(source: Source) -> str:
    """A sha256 that changes with what a source holds, or "" where there is nothing to read.

    That of a folder covers names and content of all files in it that are not hidden, that of a database or a data set
    of the Hub all values as they are read.

    Raises:
        UserError: An address cannot be read.
    """
    if isinstance(source, str) and is_address(source):
        return _table_digest(source) if scheme(source) in {*DATABASES, HUB} else _address_digest(source)
    path = Path(source)
    if path.is_file():
        return file_digest(path)
    if not path.is_dir():
        return ""
    whole = hashlib.sha256()
    for file in files_in(path):
        whole.update(f"{file.relative_to(path).as_posix()}\0{file_digest(file)}\n".encode("utf-8", "surrogateescape"))
    return whole.hexdigest()


def _address_digest(address: str) -> str:
    with remote_file(address).open_packed() as content:
        whole = hashlib.sha256()
        while block := content.read(_BLOCK):
            whole.update(block)
        return whole.hexdigest()


def _table_digest(address: str) -> str:
    table = read_table(address)
    whole = hashlib.sha256(repr(table.names).encode())
    for values in zip(*table.columns.values(), strict=True):
        whole.update(repr(values).encode("utf-8", "surrogatepass"))
    return whole.hexdigest()
