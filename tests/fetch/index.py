"""Servers on the loopback address: a package index like those that pip reads, and files with or without ranges."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from burnish.events import Event, Result, Work

_BACKEND = """
import pathlib
def get_requires_for_build_wheel(config_settings=None):
    return []
def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    folder = pathlib.Path(metadata_directory) / "{stem}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
    (folder / "WHEEL").write_text("Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    return folder.name
"""


def digest(content: bytes) -> str:
    """The sha256 of bytes."""
    return hashlib.sha256(content).hexdigest()


def archive_bytes(files: Mapping[str, bytes]) -> bytes:
    """A .tar.gz of files by path."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def told(work: Work[Result]) -> tuple[list[Event], Result]:
    """Run a piece of work to its end; what it told, and its result."""
    events = []
    while True:
        try:
            events.append(next(work))
        except StopIteration as stop:
            return events, stop.value


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.requests.append((self.path, self.headers.get("Range", "")))
        if not self.headers.get("User-Agent", "").startswith(self.server.only_for):
            self.send_error(401)
            return
        content = self.server.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        begin = self._begin()
        if begin and begin >= len(content):
            self.send_error(416)
            return
        cut = self.server.cuts.pop(0) if self.server.cuts else None
        self.send_response(206 if begin else 200)
        self.send_header("Content-Type", "text/html" if self.path.endswith("/") else "application/octet-stream")
        self.send_header("Content-Length", str(len(content) - begin))
        self.end_headers()
        self.wfile.write(content[begin : len(content) if cut is None else begin + cut])
        self.close_connection = cut is not None

    def _begin(self) -> int:
        asked = self.headers.get("Range", "")
        return int(asked.removeprefix("bytes=").removesuffix("-")) if asked and self.server.ranges else 0

    def log_message(self, *_arguments: object) -> None:
        return


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.requests: list[tuple[str, str]] = []
        self.ranges = True
        self.only_for = ""
        self.cuts: list[int] = []


class FileServer:
    """Files served on the loopback address.

    Attributes:
        files: Content by path.
        requests: The path and the Range header of every request so far.
    """

    def __init__(self) -> None:
        self._server = _Server()
        self.files, self.requests = self._server.files, self._server.requests
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def address(self) -> str:
        """The server's address, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def ignore_ranges(self) -> None:
        """Answer every request with the whole file."""
        self._server.ranges = False

    def answer_only(self, agent: str) -> None:
        """Refuse all whose `User-Agent` does not begin so."""
        self._server.only_for = agent

    def cut_after(self, *sizes: int) -> None:
        """Close the connection after so many bytes of the next answers."""
        self._server.cuts += sizes

    def close(self) -> None:
        """Stop; nothing listens there any more."""
        self._server.shutdown()
        self._server.server_close()


class PackageIndex(FileServer):
    """A package index in its simple form."""

    @property
    def url(self) -> str:
        """What pip is told."""
        return f"{self.address}/simple"

    def add_wheel(self, name: str, version: str, files: Mapping[str, bytes]) -> bytes:
        """Put up a wheel that holds `files`, and return its bytes."""
        stem = f"{name.replace('-', '_')}-{version}"
        information = {
            "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            "WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            "RECORD": "",
        }
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as wheel:
            for path, content in files.items():
                wheel.writestr(path, content)
            for path, text in information.items():
                wheel.writestr(f"{stem}.dist-info/{path}", text)
        return self._add(name, f"{stem}-py3-none-any.whl", buffer.getvalue())

    def add_source(self, name: str, version: str, files: Mapping[str, bytes]) -> bytes:
        """Put up a source archive with a build backend of its own that needs nothing, and return its bytes."""
        stem = f"{name.replace('-', '_')}-{version}"
        build = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        backend = _BACKEND.replace("{stem}", stem).replace("{name}", name).replace("{version}", version)
        parts = {"pyproject.toml": build.encode(), "backend.py": backend.encode(), **files}
        packed = archive_bytes({f"{stem}/{path}": content for path, content in parts.items()})
        return self._add(name, f"{stem}.tar.gz", packed)

    def _add(self, name: str, file: str, content: bytes) -> bytes:
        link = f'<a href="/files/{file}#sha256={digest(content)}">{file}</a>'
        page = f"/simple/{name}/"
        known = self.files.get(page, b"<!DOCTYPE html><html><body>\n</body></html>")
        self.files[page] = known.replace(b"</body>", link.encode() + b"<br>\n</body>")
        self.files[f"/files/{file}"] = content
        return content


@contextlib.contextmanager
def served(server: FileServer) -> Iterator[FileServer]:
    """A server that is closed at the end."""
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def package_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PackageIndex]:
    """An empty package index, the only one that pip knows of."""
    index = PackageIndex()
    for name in [name for name in os.environ if name.upper().startswith("PIP_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    settings = {
        "PIP_INDEX_URL": index.url,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_RETRIES": "0",
        "PIP_DEFAULT_TIMEOUT": "5",
        "PIP_CACHE_DIR": str(tmp_path / "pip"),
        "NO_PROXY": "127.0.0.1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with served(index):
        yield index
