"""A real PostgreSQL server for tests, on this machine only, that lives as long as a block of code."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PASSWORD = "open: se/same@"


def programs() -> Path | None:
    """The folder of the server's programs, as Debian's package and others install them."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").is_file()), None)


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server that can be stopped and started.

    Attributes:
        port: Where it listens, on loopback.
    """

    port: int
    _control: Sequence[str]
    _options: str
    _user: str | None

    def start(self) -> None:
        self._call("-o", self._options, "start")

    def stop(self) -> None:
        self._call("-m", "immediate", "stop")

    def _call(self, *words: str) -> None:
        subprocess.run([*self._control, *words], user=self._user, check=True, capture_output=True, cwd="/")


@contextlib.contextmanager
def running_server(bin_folder: Path) -> Iterator[Server]:
    """A server that asks `reader` for a password."""
    user = "postgres" if os.geteuid() == 0 else None  # the server refuses to be run by root
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    try:
        (folder / "password").write_text(PASSWORD)
        if user:
            shutil.chown(folder, user)
            shutil.chown(folder / "password", user)
        base = str(folder / "base")
        begin = [str(bin_folder / "initdb"), "-D", base, "-U", "reader", "--auth=scram-sha-256", "--no-sync"]
        subprocess.run([*begin, f"--pwfile={folder / 'password'}"], user=user, check=True, capture_output=True, cwd="/")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} -c fsync=off"
        control = [str(bin_folder / "pg_ctl"), "-D", base, "-w", "-t", "300", "-l", str(folder / "log")]
        server = Server(port=port, _control=control, _options=options, _user=user)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
