"""A fake of the Hugging Face Hub on the loopback address: as much of its interface as its client asks for."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
_LARGE = (".safetensors", ".bin")


class _Handler(BaseHTTPRequestHandler):
    server: HubServer
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(with_content=False)

    def do_GET(self) -> None:
        self._answer(with_content=True)

    def _answer(self, *, with_content: bool) -> None:
        path = unquote(urlsplit(self.path).path).strip("/")
        self.server.requests.append(path)
        for name, files in self.server.repositories.items():
            if path.startswith(f"api/models/{name}/tree"):
                self._send(json.dumps(_tree(files, self.server.stated)).encode(), {}, with_content)
                return
            if path.startswith(f"api/models/{name}"):
                self._send(json.dumps(_described(name, files, self.server.stated)).encode(), {}, with_content)
                return
            if path.startswith(f"{name}/resolve/"):
                file = path.removeprefix(f"{name}/resolve/").partition("/")[2]
                if file in files:
                    self._send(files[file], _headers(file, files[file], self.server.stated), with_content)
                else:
                    self._refuse("EntryNotFound")
                return
        self._refuse("RepoNotFound")

    def _send(self, content: bytes, headers: Mapping[str, str], with_content: bool) -> None:
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        self.send_response(206 if start else 200)
        for name, value in {**headers, "Content-Length": str(len(content) - start)}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_content:
            self.server.starts.append(start)
            self.wfile.write(content[start : self.server.stall_after])
            if self.server.stall_after is not None and self.server.stall_after < len(content):
                self.server.released.wait()

    def _refuse(self, code: str) -> None:
        self.send_response(404)
        for name, value in {"X-Error-Code": code, "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        return


def _digest(file: str, content: bytes, stated: Mapping[str, str]) -> str:
    return stated.get(file) or hashlib.sha256(content).hexdigest()


def _headers(file: str, content: bytes, stated: Mapping[str, str]) -> dict[str, str]:
    etag = f'"{_digest(file, content, stated)}"'
    return {"X-Repo-Commit": COMMIT, "ETag": etag, "Content-Type": "application/octet-stream"}


def _described(name: str, files: Mapping[str, bytes], stated: Mapping[str, str]) -> dict[str, object]:
    siblings = []
    for file, content in files.items():
        entry: dict[str, object] = {"rfilename": file, "size": len(content)}
        if file.endswith(_LARGE):
            entry["lfs"] = {"sha256": _digest(file, content, stated), "size": len(content), "pointerSize": 134}
        siblings.append(entry)
    return {"id": name, "modelId": name, "sha": COMMIT, "private": False, "tags": [], "siblings": siblings}


def _tree(files: Mapping[str, bytes], stated: Mapping[str, str]) -> list[dict[str, object]]:
    entries = []
    for file, content in files.items():
        entry: dict[str, object] = {"type": "file", "path": file, "size": len(content), "oid": "0" * 40}
        if file.endswith(_LARGE):
            entry["lfs"] = {"oid": _digest(file, content, stated), "size": len(content), "pointerSize": 134}
        entries.append(entry)
    return entries


class HubServer(ThreadingHTTPServer):
    """Repositories by name, files by path.

    Attributes:
        repositories: What there is.
        stated: A sha256 by file name where the Hub is to state another than the file has.
        requests: The paths asked for.
        starts: The first byte of everything sent.
        stall_after: Where every answer stops coming, in bytes, until `released` is set.
    """

    daemon_threads = True

    def __init__(self, repositories: Mapping[str, Mapping[str, bytes]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repositories = repositories
        self.stated: dict[str, str] = {}
        self.requests: list[str] = []
        self.starts: list[int] = []
        self.stall_after: int | None = None
        self.released = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def address(self) -> str:
        """What HF_ENDPOINT is set to."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def close(self) -> None:
        """Stop; nothing listens there any more."""
        self.shutdown()
        self.server_close()
